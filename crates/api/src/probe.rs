//! What a gateway without a control plane answers about itself, to whoever watches over it: whether it is alive, whether
//! it can serve, and what it counts. Entry point: [`serve_probes`].

use crate::error::Error;
use crate::metrics::{Share, encode, of_certificate, of_traffic, whole};
use crate::state::{Certificate, Traffic};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use viridian_core::time::Timestamp;

/// The media type of the OpenMetrics text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether a gateway can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// It has something to serve by.
    Ready,
    /// It has no table at all: whoever calls would be told that there is no such application.
    WithoutTables,
    /// It ends, and takes nobody new.
    Draining,
}

/// What is known of a gateway that is alone in its process.
#[derive(Debug, Clone)]
pub struct Alone {
    /// Whether it can serve.
    pub fitness: Fitness,
    /// What it has served.
    pub traffic: Traffic,
    /// How many applications it serves.
    pub applications: usize,
    /// How many of them an operator pinned to their baselines.
    pub pinned: usize,
    /// For how long the controller was not heard; absent when it has not been since the start.
    pub silence: Option<Duration>,
    /// Whether candidates have lost their shares because of that.
    pub withdrawn: bool,
    /// How many tables it refused.
    pub rejected_tables: u64,
    /// How many pieces of feedback it could not keep until the controller took them.
    pub lost: u64,
    /// What it shows the controller, if that is anything.
    pub certificate: Option<Certificate>,
    /// What the time is.
    pub now: Timestamp,
}

type Look = Arc<dyn Fn() -> Alone + Send + Sync>;

/// Answers `/healthz`, `/readyz` and `/metrics` until `shutdown`.
///
/// # Errors
/// The listener failed.
pub async fn serve_probes(
    listener: TcpListener,
    look: Look,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(look);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn ready(State(look): State<Look>) -> (StatusCode, &'static str) {
    match look().fitness {
        Fitness::Ready => (StatusCode::OK, "ready\n"),
        Fitness::WithoutTables => (StatusCode::SERVICE_UNAVAILABLE, "there is no table to serve by yet\n"),
        Fitness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "the gateway ends\n"),
    }
}

async fn metrics(State(look): State<Look>) -> Result<Response, Error> {
    let text = exposition(&look())?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

fn exposition(alone: &Alone) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("viridian");
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version that runs", build);
    of_traffic(&mut registry, &alone.traffic);
    for (name, help, value) in [
        ("tables", "Applications that are served", alone.applications as u64),
        ("pinned", "Applications that an operator pinned to their baselines", alone.pinned as u64),
        (
            "candidates_withdrawn",
            "1 while candidates have no share for want of the controller",
            alone.withdrawn.into(),
        ),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(whole(value));
        registry.register(name, help, gauge);
    }
    for (name, help, value) in [
        ("tables_rejected", "Tables that were refused", alone.rejected_tables),
        ("feedback_lost", "Feedback that could not be kept until the controller took it", alone.lost),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    if let Some(silence) = alone.silence {
        let gauge = Share::default();
        gauge.set(silence.as_secs_f64());
        registry.register("controller_silence_seconds", "Since when the controller was not heard", gauge);
    }
    if let Some(certificate) = &alone.certificate {
        of_certificate(&mut registry, certificate, alone.now);
    }
    encode(&registry)
}
