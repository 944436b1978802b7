//! A caller with one connection to a gateway. Entry point: [`Caller::connect`].

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A caller with one connection. Dropping it closes the connection, whatever is under way.
pub struct Caller {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as far as it came.
    pub body: Bytes,
    /// Whether the body came to the end that was announced.
    pub complete: bool,
}

impl Caller {
    /// Opens the connection.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).await.expect("the gateway accepts connections")
    }

    /// Opens the connection, unless it is refused.
    pub async fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let connection = tokio::spawn(async move {
            let _closed = connection.await;
        });
        Some(Self { sender, connection })
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, request: Request<Bytes>) -> Answer {
        read(self.open(request).await).await
    }

    /// Sends a request and returns when the head of the answer is there.
    pub async fn open(&mut self, request: Request<Bytes>) -> Response<Incoming> {
        self.try_open(request).await.expect("the gateway answers")
    }

    /// The same, unless the connection is closed first.
    pub async fn try_open(&mut self, request: Request<Bytes>) -> Option<Response<Incoming>> {
        let (mut head, body) = request.into_parts();
        head.headers.entry("host").or_insert(http::HeaderValue::from_static("gateway"));
        self.sender.ready().await.ok()?;
        self.sender.send_request(Request::from_parts(head, Full::new(body))).await.ok()
    }

    /// Whether the connection can take another request, as far as is known here.
    pub async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// `POST` of a JSON body.
    pub async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(post(path, body)).await
    }

    /// `GET`.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Bytes::new()).unwrap()).await
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Answer {
    /// A header as text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

/// A `POST` request with a JSON body.
pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(path).header("content-type", "application/json").body(body.into()).unwrap()
}

/// Reads an answer to its end, announced or not.
pub async fn read(response: Response<Incoming>) -> Answer {
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let mut complete = true;
    while let Some(frame) = incoming.frame().await {
        match frame {
            Ok(frame) => body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Err(_) => {
                complete = false;
                break;
            }
        }
    }
    Answer { status: head.status.as_u16(), headers: head.headers, body: body.into(), complete }
}
