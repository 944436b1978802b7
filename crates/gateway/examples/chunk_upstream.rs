//! A model server that streams: `chunk_upstream <address>...`. Every request is answered with the same stream of a chat
//! completion, one event a millisecond, each in a chunk of its own. For the bench of the gateway.

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};

/// How many events a stream has, the one that ends it not counted.
const EVENTS: usize = 64;

/// How long an event is, in bytes, as those of large providers are.
const LENGTH: usize = 200;

/// How far apart events are.
const PAUSE: Duration = Duration::from_millis(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let addresses: Result<Vec<SocketAddr>, _> = std::env::args().skip(1).map(|text| text.parse()).collect();
    let addresses = addresses?;
    ensure!(!addresses.is_empty(), "usage: chunk_upstream <address>...");
    let local = LocalSet::new();
    for address in addresses {
        local.spawn_local(serve(TcpListener::bind(address).await?));
    }
    local.await;
    Ok(())
}

async fn serve(listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        // A caller that is gone already will not be served.
        let _gone = connection.set_nodelay(true);
        let service = service_fn(answer);
        tokio::task::spawn_local(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

async fn answer(
    request: Request<Incoming>,
) -> hyper::Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>> {
    request.into_body().collect().await?;
    let event = event();
    let mut ticks = interval(PAUSE);
    // A server that is late does not hurry after.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events =
        stream::repeat(event).take(EVENTS).chain(stream::iter([Bytes::from_static(b"data: [DONE]\n\n")]));
    let paced = stream::unfold((Box::pin(events), ticks), |(mut events, mut ticks)| async {
        ticks.tick().await;
        let event = events.next().await?;
        Some((Ok(Frame::data(event)), (events, ticks)))
    });
    let mut response = Response::new(StreamBody::new(Box::pin(paced)));
    let kind = http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    Ok(response)
}

/// An event as providers write them, filled up to its length.
fn event() -> Bytes {
    let beginning = r#"data: {"id":"chatcmpl-8c2f4e1b7a","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-2026-01","choices":[{"index":0,"delta":{"content":""#;
    let end = "\"},\"finish_reason\":null}]}\n\n";
    let text = "x".repeat(LENGTH.saturating_sub(beginning.len() + end.len()));
    Bytes::from(format!("{beginning}{text}{end}"))
}
