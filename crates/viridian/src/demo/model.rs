//! A small model server for the demo: it speaks the OpenAI API, streams when asked to, answers with usage, takes
//! at least 20 ms, and is as good or as bad as it is told to be.

use super::chance::Chance;
use anyhow::Context;
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The least an answer takes, so that the noise of a busy machine decides nothing.
const LEAST: Duration = Duration::from_millis(20);
/// What the answers say, word by word when streamed.
const WORDS: [&str; 6] = ["You", " can", " return", " it", " within", " 30 days."];

/// How good a model server is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    /// The share of requests it fails.
    pub(super) errors: f64,
    /// How much longer than [`LEAST`] it takes on average.
    pub(super) extra: Duration,
}

/// The parts of a chat request that matter here.
#[derive(Deserialize)]
struct ChatRequest {
    #[serde(default)]
    model: String,
    #[serde(default)]
    stream: bool,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// Starts a model server on a loopback port of its own; it runs as long as the runtime does.
pub(super) async fn start(quality: Quality, seed: u64) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no port for a model server")?;
    let address = listener.local_addr()?;
    let chance = Arc::new(Chance::new(seed));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let _ = connection.set_nodelay(true);
            let chance = Arc::clone(&chance);
            let answer = service_fn(move |request| answer(request, quality, Arc::clone(&chance)));
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(connection), answer));
        }
    });
    Ok(address)
}

async fn answer(
    request: Request<Incoming>,
    quality: Quality,
    chance: Arc<Chance>,
) -> Result<Answer, hyper::Error> {
    if request.method() != Method::POST || request.uri().path() != "/v1/chat/completions" {
        return Ok(failure(StatusCode::NOT_FOUND, "no such path"));
    }
    let body = request.into_body().collect().await?.to_bytes();
    let Ok(chat) = serde_json::from_slice::<ChatRequest>(&body) else {
        return Ok(failure(StatusCode::BAD_REQUEST, "the body is not a chat request"));
    };
    let delay = LEAST + quality.extra.mul_f64(2.0 * chance.uniform());
    tokio::time::sleep(delay).await;
    if chance.happens(quality.errors) {
        return Ok(failure(StatusCode::INTERNAL_SERVER_ERROR, "the model ran out of memory"));
    }
    Ok(if chat.stream { streamed(&chat.model) } else { whole(&chat.model) })
}

fn whole(model: &str) -> Answer {
    let body = json!({
        "id": "chatcmpl-demo", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": WORDS.concat()}}],
        "usage": usage(),
    });
    respond(StatusCode::OK, "application/json", Full::new(Bytes::from(body.to_string())).boxed())
}

fn streamed(model: &str) -> Answer {
    let chunk = |delta: serde_json::Value, end: serde_json::Value| {
        let body = json!({
            "id": "chatcmpl-demo", "object": "chat.completion.chunk", "created": 0, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": end}],
        });
        format!("data: {body}\n\n")
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), serde_json::Value::Null)];
    events.extend(WORDS.iter().map(|word| chunk(json!({"content": word}), serde_json::Value::Null)));
    events.push(chunk(json!({}), json!("stop")));
    let last = json!({"id": "chatcmpl-demo", "object": "chat.completion.chunk", "created": 0, "model": model,
                      "choices": [], "usage": usage()});
    events.push(format!("data: {last}\n\n"));
    events.push("data: [DONE]\n\n".to_owned());
    let frames = stream::iter(events.into_iter().map(|event| Ok(Frame::data(Bytes::from(event)))));
    respond(StatusCode::OK, "text/event-stream", BodyExt::boxed(StreamBody::new(frames)))
}

fn usage() -> serde_json::Value {
    json!({"prompt_tokens": 24, "completion_tokens": WORDS.len(), "total_tokens": 24 + WORDS.len()})
}

fn failure(status: StatusCode, message: &str) -> Answer {
    let body = json!({"error": {"message": message, "type": "server_error", "param": null, "code": null}});
    respond(status, "application/json", Full::new(Bytes::from(body.to_string())).boxed())
}

fn respond(status: StatusCode, kind: &'static str, body: BoxBody<Bytes, Infallible>) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}
