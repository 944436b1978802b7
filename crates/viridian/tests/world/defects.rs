//! A model server whose answers are flawless, or have the defect that a request's `defect` names. Entry point: [`start`].
//!
//! A request with tools is answered with a call of one, any other with a JSON object.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// How much longer a slow answer takes, and each token of one whose tokens are slow.
const SLOW: Duration = Duration::from_millis(60);
/// How much longer every third answer takes of a model that is slow at times.
const VERY_SLOW: Duration = Duration::from_millis(400);
/// Longer than an application waits.
const TOO_LONG: Duration = Duration::from_secs(5);
/// In so many pieces an answer is streamed.
const PIECES: usize = 4;

/// How many have asked a model that declines every second request.
static USELESS: AtomicU64 = AtomicU64::new(0);
/// How many Germans have asked a model that fails every second of them.
static GERMAN: AtomicU64 = AtomicU64::new(0);

/// How many have asked a model that is slow at times.
static SOMETIMES: AtomicU64 = AtomicU64::new(0);

type Body = BoxBody<Bytes, Infallible>;

/// Starts it on a port of its own; it stops when the runtime of the test does.
pub(crate) async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            connection.set_nodelay(true).unwrap();
            tokio::spawn(
                http1::Builder::new().serve_connection(TokioIo::new(connection), service_fn(answer)),
            );
        }
    });
    address
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let language = request.headers().get("accept-language").and_then(|value| value.to_str().ok());
    let is_german = language.is_some_and(|language| language.starts_with("de"));
    let body = request.into_body().collect().await?.to_bytes();
    let chat: Value = serde_json::from_slice(&body).unwrap_or_default();
    let defect = chat["defect"].as_str().unwrap_or_default().to_owned();
    match defect.as_str() {
        "errors" => return Ok(whole(500, &json!({"error": {"message": "out of memory"}}))),
        "german" if is_german && GERMAN.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
            return Ok(whole(500, &json!({"error": {"message": "no German tokenizer"}})));
        }
        "rateLimited" => return Ok(whole(429, &json!({"error": {"message": "too many"}}))),
        "callerErrors" => return Ok(whole(400, &json!({"error": {"message": "unknown parameter"}}))),
        "timeouts" => tokio::time::sleep(TOO_LONG).await,
        "slow" => tokio::time::sleep(SLOW).await,
        "slowInGerman" if is_german => tokio::time::sleep(SLOW).await,
        "sometimesSlow" if SOMETIMES.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) => {
            tokio::time::sleep(VERY_SLOW).await;
        }
        _ => {}
    }
    let is_useless = defect == "useless" && USELESS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
    let (message, end) = message(&chat, if is_useless { "refusals" } else { &defect });
    let usage = usage(&defect);
    if chat["stream"] == true {
        let pause = if defect == "slowTokens" { SLOW } else { Duration::ZERO };
        return Ok(streamed(&message, end, &usage, pause));
    }
    let choice = json!({"index": 0, "message": message, "finish_reason": end});
    Ok(whole(200, &json!({"object": "chat.completion", "choices": [choice], "usage": usage})))
}

/// What is said, and why it ends.
fn message(chat: &Value, defect: &str) -> (Value, &'static str) {
    let call = |arguments: &str| json!({"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "find", "arguments": arguments}}]});
    match defect {
        "refusals" => (json!({"refusal": "I cannot help with that."}), "stop"),
        "emptyAnswers" => (json!({"content": ""}), "stop"),
        "truncatedAnswers" => (json!({"content": "{\"city\": \"Bo"}), "length"),
        "invalidToolCalls" => (call("{\"town\": \"Bonn\"}"), "tool_calls"),
        _ if chat["tools"].is_array() => (call("{\"city\": \"Bonn\"}"), "tool_calls"),
        "invalidOutput" => (json!({"content": "It is Bonn."}), "stop"),
        _ => (json!({"content": "{\"city\": \"Bonn\"}"}), "stop"),
    }
}

fn usage(defect: &str) -> Value {
    let factor = if defect == "tokens" { 3 } else { 1 };
    // A tenth cheaper by request: what is useless is dear by what is of use.
    let prompt = if defect == "useless" { 90 } else { 100 };
    let cached = if defect == "cacheMisses" { 0 } else { 64 };
    json!({
        "prompt_tokens": prompt * factor,
        "completion_tokens": PIECES * factor,
        "prompt_tokens_details": {"cached_tokens": cached},
    })
}

fn whole(status: u16, body: &Value) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Full::new(Bytes::from(body.to_string())).boxed()).unwrap()
}

/// The message after a few empty pieces, one event each.
fn streamed(message: &Value, end: &str, usage: &Value, pause: Duration) -> Response<Body> {
    let piece =
        |delta: &Value, end: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": end}]});
    let mut pieces = vec![piece(&json!({"role": "assistant"}), Value::Null); PIECES - 1];
    pieces.push(piece(message, Value::Null));
    pieces.push(piece(&json!({}), json!(end)));
    pieces.push(json!({"choices": [], "usage": usage}));
    let data = pieces.into_iter().map(|piece| piece.to_string()).chain(["[DONE]".to_owned()]);
    let events = stream::iter(data).then(move |data| async move {
        tokio::time::sleep(pause).await;
        Ok(Frame::data(Bytes::from(format!("data: {data}\n\n"))))
    });
    let response = Response::builder().header("content-type", "text/event-stream");
    response.body(BodyExt::boxed(StreamBody::new(events))).unwrap()
}
