//! The walk of a request, top to bottom: [`walk`]. Each step is a file of its own.

use crate::address::{Address, Asked, Purpose, Question};
use crate::answer::Answer;
use crate::body::{self, Held};
use crate::peek::Peek;
use crate::reading::Reader;
use crate::refusal::Refusal;
use crate::relay::Relay;
use crate::route::{Arrival, route};
use crate::stamp;
use crate::tensors;
use crate::upstream::{self, Errand};
use crate::worker::Worker;
use http::header::CONTENT_ENCODING;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Instant;
use viridian_core::application::Protocol;
use viridian_wire::{open_inference, openai};

/// Answers a request. What is refused is told in the shape of the caller's protocol, and every answer has an id.
pub(crate) async fn walk(
    worker: Rc<Worker>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let at = Instant::now();
    let (head, incoming) = request.into_parts();
    let mut response = match Address::read(&head) {
        Ok(address) => answer(&Arrival { worker: &worker, head: &head, address, at }, incoming).await,
        Err(refusal) => refuse(&worker, &refusal, Protocol::Http),
    };
    stamp::name(&worker, response.headers_mut());
    Ok(response)
}

async fn answer(arrival: &Arrival<'_>, incoming: Incoming) -> Response<Answer> {
    let answered = if arrival.address.is_feedback() {
        take_feedback(arrival, incoming).await
    } else {
        pass(arrival, incoming).await
    };
    answered.unwrap_or_else(|refusal| {
        let protocol = arrival.address.protocol(&arrival.worker.node.tables.serving());
        refuse(arrival.worker, &refusal, protocol)
    })
}

async fn pass(arrival: &Arrival<'_>, incoming: Incoming) -> Result<Response<Answer>, Refusal> {
    let Arrival { worker, head, address, .. } = arrival;

    // Address: what the head alone can refuse is refused before the body is read.
    let asked = address.resolve(&worker.node.tables.serving(), None)?;
    match asked {
        Asked::Models(name) => return Ok(list_models(worker, name)),
        Asked::Gateway(question) => return Ok(tell(worker, question)),
        Asked::Of(..) | Asked::Unnamed => {}
    }

    // Body: read once, looked into without taking it apart.
    let held = body::read(incoming, &worker.node.config.limits, &worker.node.held).await?;
    let peek = look_into(arrival, &asked, &held)?;

    // Table, key, decision, rewriting: by the tables in service now. A rollback that was ordered while the body came in
    // holds for this request.
    let routed = route(arrival, &held.bytes, peek)?;

    // Upstream: its answer begins, or there is none.
    let placement = routed.table.placement(routed.arm);
    let errand = Errand {
        placement,
        call: routed.call,
        head,
        body: routed.body,
        json_length: routed.json_length,
        answering: routed.answering,
        timeouts: &routed.table.routing.timeouts,
    };
    let sent = upstream::send(worker, &errand).await;
    drop(held);

    // Record: one outcome, when the answer has passed to its last byte or broke off.
    let mut response = match sent {
        Ok(reply) => {
            let reader =
                routed.expected.map(|expected| Reader::of(&worker.desk, reply.response.headers(), expected));
            let read = routed.recorder.map(|recorder| (recorder, reader.map(Box::new)));
            Relay::respond(worker, reply, read, &routed.table.routing).map(Answer::Relay)
        }
        Err(failure) => {
            let refusal = failure.refusal(&placement.environment);
            if let Some(recorder) = routed.recorder {
                recorder.finish(refusal.class);
            }
            refuse(worker, &refusal, routed.table.routing.protocol)
        }
    };
    routed.stamp.mark(response.headers_mut());
    Ok(response)
}

/// Looks into the JSON of an inference whose protocol has some.
fn look_into<'b>(
    arrival: &Arrival<'_>,
    asked: &Asked<'_>,
    held: &'b Held<'_>,
) -> Result<Option<Peek<'b>>, Refusal> {
    let headers = &arrival.head.headers;
    let protocol = match asked {
        Asked::Of(_, call) if call.purpose == Purpose::Inspection => return Ok(None),
        Asked::Of(table, _) => table.routing.protocol,
        Asked::Unnamed => Protocol::OpenAi,
        Asked::Models(_) | Asked::Gateway(_) => return Ok(None),
    };
    let json = match protocol {
        Protocol::OpenAi => &held.bytes[..],
        Protocol::OpenInference => tensors::json(&held.bytes, headers)?,
        Protocol::Http => return Ok(None),
    };
    if json.is_empty() && tensors::follow(headers) {
        return Ok(None);
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Refusal::body_encoded());
    }
    Peek::at(json).map(Some)
}

fn refuse(worker: &Worker, refusal: &Refusal, protocol: Protocol) -> Response<Answer> {
    worker.counters().refused(refusal.blame).increment();
    tracing::debug!(code = refusal.code, blame = refusal.blame.word(), "refused a request");
    Answer::refuse(refusal, protocol)
}

/// The applications that speak OpenAI, as models: all of them, or the one that was named.
fn list_models(worker: &Worker, name: Option<&str>) -> Response<Answer> {
    let serving = worker.node.tables.serving();
    let mut names: Vec<&str> = match name {
        Some(name) => vec![name],
        None => serving.applications_speaking(Protocol::OpenAi).collect(),
    };
    names.sort_unstable();
    Answer::json(StatusCode::OK, openai::list_models(names))
}

/// What this gateway says of itself to those who speak Open Inference. It is ready when it has a table to serve by.
fn tell(worker: &Worker, question: Question) -> Response<Answer> {
    match question {
        Question::Live => Answer::json(StatusCode::OK, open_inference::live()),
        Question::Metadata => Answer::json(StatusCode::OK, open_inference::metadata()),
        Question::Ready => {
            let is_ready = worker.node.is_ready();
            let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            Answer::json(status, open_inference::ready(is_ready))
        }
    }
}

async fn take_feedback(arrival: &Arrival<'_>, incoming: Incoming) -> Result<Response<Answer>, Refusal> {
    if arrival.head.method != Method::POST {
        return Err(Refusal::method_not_allowed("POST"));
    }
    let node = &arrival.worker.node;
    let held = body::read(incoming, &node.config.limits, &node.held).await?;
    let request = serde_json::from_slice(&held.bytes).map_err(|_| Refusal::malformed_feedback())?;
    let (status, response) = node.feedback.receive(request, &node.tables.serving(), node.clock());
    Ok(Answer::json(status, response.to_json()))
}
