//! What it costs a controller to bring the tables of many applications to many gateways.
//!
//! The controller is a process of its own, so that its figures are its own. The gateways' side is this process: it comes,
//! takes, and acknowledges as gateways do, and serves nobody by what it takes.

use crate::manifests;
use crate::process::{PATIENCE, PAUSE, free_ports};
use crate::result;
use crate::viridian::{TOKEN, Viridian};
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::caller::{Caller, post};

/// How many applications one manifest has: a text of more than 1 MiB is not read.
const AT_ONCE: usize = 1_000;
/// Says how many applications there are.
const APPLICATIONS: &str = "VIRIDIAN_APPLICATIONS";
/// Says how many gateways there are.
const GATEWAYS: &str = "VIRIDIAN_GATEWAYS";

/// A gateway that takes tables.
struct Taker {
    node: String,
    serving: Vec<Value>,
    /// What has come and was no whole line yet.
    rest: BytesMut,
    bytes: usize,
}

impl Taker {
    fn new(number: usize) -> Self {
        Self { node: format!("gw-{number}"), serving: Vec::new(), rest: BytesMut::new(), bytes: 0 }
    }

    /// Comes with what it serves by, takes what it lacks and acknowledges it. Answers the stream, which goes on for as long
    /// as whoever opened it is there.
    async fn come(&mut self, internal: SocketAddr) -> (Caller, Response<Incoming>) {
        let hello = json!({
            "protocol": 1, "node": self.node, "boot": 1, "version": "bench", "serving": self.serving,
        });
        let mut caller = Caller::connect(internal).await;
        let mut stream = caller.open(authorized("/internal/v1/tables", &hello)).await;
        assert!(stream.status().is_success(), "{} is refused with {}", self.node, stream.status());
        let mut answers = Caller::connect(internal).await;
        loop {
            let line = self.line(&mut stream).await;
            let Some(delta) = line.get("delta") else { continue };
            let tables = delta["tables"].as_array().unwrap().iter();
            let taken: Vec<Value> = tables
                .map(|table| json!({"application": table["application"], "generation": table["generation"]}))
                .collect();
            let acknowledged: Vec<Value> = taken
                .iter()
                .map(|table| json!({"application": table["application"], "serving": table["generation"]}))
                .collect();
            self.serving.extend(taken);
            let body = json!({"node": self.node, "boot": 1, "answers": acknowledged});
            let answer = answers.send(authorized("/internal/v1/acknowledgements", &body)).await;
            assert_eq!(answer.status, 204, "{}", answer.text());
            if delta["complete"] == true {
                return (caller, stream);
            }
        }
    }

    /// The next line of the stream.
    async fn line(&mut self, stream: &mut Response<Incoming>) -> Value {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line = self.rest.split_to(end + 1);
                return serde_json::from_slice(&line).unwrap();
            }
            let frame = stream.body_mut().frame().await.unwrap().unwrap();
            let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
            self.bytes += data.len();
            self.rest.extend_from_slice(&data);
        }
    }
}

fn authorized(path: &str, body: &Value) -> Request<Bytes> {
    let mut request = post(path, body.to_string());
    let token = format!("Bearer {TOKEN}").parse().unwrap();
    request.headers_mut().insert("authorization", token);
    request.headers_mut().insert("host", "controller".parse().unwrap());
    request
}

/// All of them at once; answers their streams and how long it took until the last had everything.
async fn all_come(
    takers: &mut Vec<Taker>,
    internal: SocketAddr,
) -> (Vec<(Caller, Response<Incoming>)>, Duration) {
    let begun = Instant::now();
    let coming: Vec<_> = std::mem::take(takers)
        .into_iter()
        .map(|mut taker| {
            tokio::spawn(async move {
                let stream = taker.come(internal).await;
                (taker, stream)
            })
        })
        .collect();
    let mut streams = Vec::new();
    for gateway in coming {
        let (taker, stream) = gateway.await.unwrap();
        takers.push(taker);
        streams.push(stream);
    }
    (streams, begun.elapsed())
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: `cargo xtask bench delivery` runs it on the release build"]
async fn tables_of_many_applications_reach_many_gateways() {
    let (applications, gateways) = (number(APPLICATIONS, 10_000), number(GATEWAYS, 50));
    let home = TempDir::new().unwrap();
    let manifests: Vec<String> = (0..applications)
        .map(|n| manifests::application(&format!("app-{n}"), "http://127.0.0.1:9"))
        .collect();
    let [internal] = free_ports();
    let begun = Instant::now();
    let mut parts = manifests.chunks(AT_ONCE).map(|part| part.join("---"));
    let controller = Viridian::control(home.path(), &parts.next().unwrap_or_default(), internal);
    for part in parts {
        controller.apply(home.path(), &part);
    }
    let internal = SocketAddr::from(([127, 0, 0, 1], internal));
    // One gateway that takes everything there is, until that is everything there will be.
    let mut first = Taker::new(gateways);
    let (caller, mut stream) = first.come(internal).await;
    while first.serving.len() < applications {
        assert!(begun.elapsed() < PATIENCE * 3, "{} of {applications} tables", first.serving.len());
        let line = first.line(&mut stream).await;
        let tables = line["delta"]["tables"].as_array().cloned().unwrap_or_default();
        first.serving.extend(tables);
    }
    drop((caller, stream));
    let made = begun.elapsed();
    let idle = controller.cost();
    tokio::time::sleep(PAUSE).await;

    let mut takers: Vec<Taker> = (0..gateways).map(Taker::new).collect();
    let before = controller.cost();
    let (streams, delivered) = all_come(&mut takers, internal).await;
    let after = controller.cost();
    assert!(takers.iter().all(|taker| taker.serving.len() == applications));
    let bytes: usize = takers.iter().map(|taker| taker.bytes).sum();
    drop(streams);
    // The same again with everything there, as after a restart of the controller's network.
    let (_streams, again) = all_come(&mut takers, internal).await;
    let settled = controller.cost();
    result::tell(
        &json!({
            "applications": applications,
            "gateways": gateways,
            "made_seconds": made.as_secs_f64(),
            "delivered_seconds": delivered.as_secs_f64(),
            "delivered_cpu_seconds": after.cpu_seconds - before.cpu_seconds,
            "delivered_megabytes": bytes as f64 / 1e6,
            "again_seconds": again.as_secs_f64(),
            "again_cpu_seconds": settled.cpu_seconds - after.cpu_seconds,
            "idle_megabytes": idle.resident_megabytes,
            "most_megabytes": settled.most_megabytes,
        })
        .to_string(),
    );
}
