//! A model server that speaks the OpenAI API, streams when asked to, and fails as often as it is told to. Entry point:
//! [`ChatModel::start`]. Callers steer it by the model they name: see [`BROKEN_OFF`] and [`UNWELL`].

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpListener;

/// The model whose streams break off after [`WORDS_BEFORE_THE_BREAK`] words.
const BROKEN_OFF: &str = "broken-off";
const WORDS_BEFORE_THE_BREAK: usize = 2;
/// The model that only answers with errors.
const UNWELL: &str = "unwell";
/// What the answers say, word by word when streamed.
const WORDS: [&str; 5] = ["It", " will", " arrive", " on", " Monday."];

/// How often a model server fails.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failing {
    /// Never.
    Never,
    /// One request in so many.
    OneIn(u64),
}

/// A running model server. It stops when the runtime of the test does.
pub(crate) struct ChatModel {
    address: SocketAddr,
    received: Arc<Received>,
}

/// The chat requests a model server has received.
#[derive(Default)]
struct Received {
    count: AtomicU64,
    last: Mutex<Option<Instant>>,
    /// How often each id that callers put into their questions has come.
    ids: Mutex<HashMap<String, u32>>,
}

type Body = BoxBody<Bytes, io::Error>;

impl ChatModel {
    /// Starts it on a port of its own.
    pub(crate) async fn start(failing: Failing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Received>::default();
        let counter = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                connection.set_nodelay(true).unwrap();
                let counter = Arc::clone(&counter);
                let service = service_fn(move |request| answer(request, failing, Arc::clone(&counter)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
        });
        Self { address, received }
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many chat requests it has received.
    pub(crate) fn received(&self) -> u64 {
        self.received.count.load(Ordering::SeqCst)
    }

    /// How often each request that says what it is called has come.
    pub(crate) fn received_ids(&self) -> HashMap<String, u32> {
        self.received.ids.lock().unwrap().clone()
    }

    /// When it received the latest of them.
    pub(crate) fn last_received(&self) -> Option<Instant> {
        *self.received.last.lock().unwrap()
    }
}

async fn answer(
    request: Request<Incoming>,
    failing: Failing,
    received: Arc<Received>,
) -> Result<Response<Body>, hyper::Error> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/models") => Ok(whole(StatusCode::OK, &models())),
        (&Method::POST, "/v1/chat/completions") => {
            let number = received.one_more();
            let body = request.into_body().collect().await?.to_bytes();
            let chat = serde_json::from_slice(&body);
            if let Some(id) = chat.as_ref().ok().and_then(id_in) {
                received.note(id);
            }
            Ok(match chat {
                Ok(_) if failing.strikes(number) => unwell(),
                Ok(chat) => complete(&chat),
                Err(_) => failure(StatusCode::BAD_REQUEST, "the body is not JSON"),
            })
        }
        _ => Ok(failure(StatusCode::NOT_FOUND, "no such path")),
    }
}

impl Received {
    fn note(&self, id: &str) {
        *self.ids.lock().unwrap().entry(id.to_owned()).or_default() += 1;
    }

    fn one_more(&self) -> u64 {
        *self.last.lock().unwrap() = Some(Instant::now());
        self.count.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Failing {
    const fn strikes(self, number: u64) -> bool {
        match self {
            Self::Never => false,
            Self::OneIn(count) => number.is_multiple_of(count),
        }
    }
}

fn complete(chat: &Value) -> Response<Body> {
    let model = &chat["model"];
    if model == UNWELL {
        return unwell();
    }
    if chat["stream"] == true {
        return streamed(model, chat["stream_options"]["include_usage"] == true);
    }
    whole(StatusCode::OK, &completion(model, id_in(chat)))
}

/// The body of the answer to a request of a model under an id, to the byte.
pub(crate) fn answer_to(model: &str, id: &str) -> String {
    completion(&json!(model), Some(id)).to_string()
}

fn completion(model: &Value, id: Option<&str>) -> Value {
    let message = json!({"role": "assistant", "content": WORDS.concat()});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let mut body = head(model, "chat.completion");
    body["choices"] = json!([choice]);
    body["usage"] = usage();
    if let Some(id) = id {
        body["system_fingerprint"] = json!(id);
    }
    body
}

/// What a question says it is called: its last word, when that begins with a `#`.
fn id_in(chat: &Value) -> Option<&str> {
    let question = chat["messages"].as_array()?.last()?["content"].as_str()?;
    question.split_whitespace().last().filter(|word| word.starts_with('#'))
}

fn streamed(model: &Value, with_usage: bool) -> Response<Body> {
    let chunk = |delta: Value, finish: Value| {
        let mut body = head(model, "chat.completion.chunk");
        body["choices"] = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
        event(&body.to_string())
    };
    let delta = |word: &&str| json!({"role": "assistant", "content": word});
    let mut events: Vec<_> = WORDS.iter().map(|word| chunk(delta(word), Value::Null)).collect();
    if model == BROKEN_OFF {
        events.truncate(WORDS_BEFORE_THE_BREAK);
        events.push(Err(io::Error::other("broken off")));
    } else {
        events.push(chunk(json!({}), json!("stop")));
        if with_usage {
            let mut body = head(model, "chat.completion.chunk");
            body["choices"] = json!([]);
            body["usage"] = usage();
            events.push(event(&body.to_string()));
        }
        events.push(event("[DONE]"));
    }
    // Each event is sent by itself, as models do that are still thinking about the next.
    let events = stream::iter(events).then(|event| async {
        tokio::task::yield_now().await;
        event
    });
    respond(StatusCode::OK, "text/event-stream", BodyExt::boxed(StreamBody::new(events)))
}

fn event(data: &str) -> io::Result<Frame<Bytes>> {
    Ok(Frame::data(Bytes::from(format!("data: {data}\n\n"))))
}

fn head(model: &Value, object: &str) -> Value {
    json!({"id": "chatcmpl-1", "object": object, "created": 0, "model": model})
}

fn usage() -> Value {
    json!({"prompt_tokens": 7, "completion_tokens": WORDS.len(), "total_tokens": 7 + WORDS.len()})
}

fn models() -> Value {
    json!({"object": "list", "data": [{"id": "small", "object": "model", "created": 0, "owned_by": "world"}]})
}

fn unwell() -> Response<Body> {
    failure(StatusCode::INTERNAL_SERVER_ERROR, "the model ran out of memory")
}

fn failure(status: StatusCode, message: &str) -> Response<Body> {
    whole(
        status,
        &json!({"error": {"message": message, "type": "server_error", "param": null, "code": null}}),
    )
}

fn whole(status: StatusCode, body: &Value) -> Response<Body> {
    let bytes = Full::new(Bytes::from(body.to_string()));
    respond(status, "application/json", bytes.map_err(|never| match never {}).boxed())
}

fn respond(status: StatusCode, kind: &str, body: Body) -> Response<Body> {
    Response::builder().status(status).header("content-type", kind).body(body).unwrap()
}
