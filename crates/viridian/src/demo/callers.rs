//! The demo's callers: a few thousand users who send chat requests at a steady rate, whatever the answers, and say
//! now and then whether an answer helped.

use super::chance::Chance;
use super::ledger::Ledger;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the callers look whether requests are due; several are sent at once then.
const BEAT: Duration = Duration::from_millis(10);
/// The most requests under way; beyond, a request is not sent, as if its user had gone.
const MOST_UNDER_WAY: usize = 512;
/// One request in so many asks for a stream.
const STREAMED: f64 = 0.125;
/// The share of answers users say something about.
const FEEDBACK: f64 = 0.25;
/// The share of good answers users are unhappy with all the same.
const GRUMBLES: f64 = 0.05;

/// Who calls, how often, and where.
#[derive(Clone)]
pub(super) struct Callers {
    pub(super) gateway: SocketAddr,
    pub(super) users: usize,
    pub(super) per_second: u32,
    pub(super) ledger: Arc<Ledger>,
    pub(super) chance: Arc<Chance>,
}

type Http = Client<HttpConnector, Full<Bytes>>;

impl Callers {
    /// Calls until the task is dropped.
    pub(super) async fn call(self) {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http: Http = Client::builder(TokioExecutor::new()).build(connector);
        let under_way = Arc::new(Semaphore::new(MOST_UNDER_WAY));
        let began = Instant::now();
        let mut sent = 0;
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            beat.tick().await;
            let due = began.elapsed().as_millis() * u128::from(self.per_second) / 1_000;
            while sent < due {
                sent += 1;
                let Ok(place) = Arc::clone(&under_way).try_acquire_owned() else { continue };
                let (callers, http) = (self.clone(), http.clone());
                tokio::spawn(async move {
                    callers.one_request(&http).await;
                    drop(place);
                });
            }
        }
    }

    async fn one_request(&self, http: &Http) {
        let user = self.chance.caller(self.users);
        let streamed = self.chance.happens(STREAMED);
        let started = Instant::now();
        let Ok(response) = http.request(self.chat(user, streamed)).await else {
            self.ledger.lost();
            return;
        };
        let arm = header(&response, "x-viridian-arm");
        let id = header(&response, "x-request-id");
        let answered = response.status().is_success();
        let complete = response.into_body().collect().await.is_ok();
        let good = answered && complete;
        self.ledger.record(user, &arm, good, started);
        if self.chance.happens(FEEDBACK) {
            let helped = good && !self.chance.happens(GRUMBLES);
            let _ = self.send_feedback(http, &id, helped).await;
        }
    }

    fn chat(&self, user: usize, streamed: bool) -> Request<Full<Bytes>> {
        let body = json!({
            "model": "support-chat",
            "messages": [{"role": "system", "content": "You answer questions about orders, shortly and kindly."},
                         {"role": "user", "content": "Can I return the shoes I bought last week?"}],
            "stream": streamed,
        });
        let mut request = self.post("/v1/chat/completions", &body);
        if let Ok(name) = format!("user-{user:05}").parse() {
            request.headers_mut().insert("x-viridian-user", name);
        }
        request
    }

    async fn send_feedback(&self, http: &Http, id: &str, helped: bool) -> Option<()> {
        let request = self.post("/v1/feedback", &json!({"id": id, "value": helped}));
        let response = http.request(request).await.ok()?;
        response.into_body().collect().await.ok()?;
        Some(())
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(Bytes::from(body.to_string())));
        *request.method_mut() = http::Method::POST;
        if let Ok(uri) = format!("http://{}{path}", self.gateway).parse() {
            *request.uri_mut() = uri;
        }
        request.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        request
    }
}

fn header(response: &Response<Incoming>, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
