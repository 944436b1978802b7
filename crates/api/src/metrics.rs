//! What is counted, as Prometheus reads it: requests and gateways as the composition knows them, rollouts and the log
//! as the store knows them. Everything is read when it is asked for, so nothing here can go stale.

use crate::error::Error;
use crate::state::{Certificate, GatewayStatus, Internal, Notices, State, Traffic};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use viridian_core::outcome::Class;
use viridian_core::time::Timestamp;
use viridian_store::{Activity, RolloutFilter, Store};

/// A gauge of something that is not a whole number.
pub(crate) type Share = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    application: String,
    arm: &'static str,
    class: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RefusalLabels {
    blame: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PhaseLabels {
    phase: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RolloutLabels {
    application: String,
    rollout: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct GatewayLabels {
    gateway: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ServingLabels {
    gateway: String,
    application: String,
}

/// Everything in the OpenMetrics text format. Blocks on the disk.
pub(crate) fn exposition(state: &State) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("viridian");
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version that runs", build);
    of_traffic(&mut registry, &(state.traffic)());
    of_gateways(&mut registry, &(state.gateways)(), (state.clock)());
    if let Some(internal) = (state.internal)() {
        of_internal(&mut registry, &internal, (state.clock)());
    }
    if let Some(notices) = (state.notices)() {
        of_notices(&mut registry, notices);
    }
    of_store(&mut registry, &state.store)?;
    encode(&registry)
}

/// What is counted, as text.
pub(crate) fn encode(registry: &Registry) -> Result<String, Error> {
    let mut exposition = String::new();
    text::encode(&mut exposition, registry).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(exposition)
}

fn of_internal(registry: &mut Registry, internal: &Internal, now: Timestamp) {
    let turned_away = Counter::<u64>::default();
    turned_away.inc_by(internal.turned_away);
    registry.register("internal_turned_away", "Attempts of gateways that were not let in", turned_away);
    if let Some(certificate) = &internal.certificate {
        of_certificate(registry, certificate, now);
    }
}

fn of_notices(registry: &mut Registry, notices: Notices) {
    let Notices { posted, lost, waiting } = notices;
    for (name, help, count) in [
        ("notices_posted", "Critical notices that the webhook took", posted),
        ("notices_lost", "Critical notices that were given up", lost),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(count);
        registry.register(name, help, counter);
    }
    let gauge = Gauge::<i64>::default();
    gauge.set(waiting.try_into().unwrap_or(i64::MAX));
    registry.register("notices_waiting", "Critical notices that the webhook has not taken yet", gauge);
}

/// How a certificate stands that controller and gateways know each other by.
pub(crate) fn of_certificate(registry: &mut Registry, certificate: &Certificate, now: Timestamp) {
    let left = Share::default();
    left.set((certificate.expires_at.0 as f64 - now.0 as f64) / 1_000.0);
    registry.register("internal_certificate_expires_in_seconds", "When the certificate in use ends", left);
    let failures = Counter::<u64>::default();
    failures.inc_by(certificate.failures);
    registry.register(
        "internal_certificate_failures",
        "Changes of the certificate's files that could not be used",
        failures,
    );
    let stale = Gauge::<i64>::default();
    stale.set(certificate.is_stale.into());
    registry.register(
        "internal_certificate_stale",
        "1 while the certificate's files hold something that cannot be used",
        stale,
    );
}

/// What gateways have served.
pub(crate) fn of_traffic(registry: &mut Registry, traffic: &Traffic) {
    let requests = Family::<RequestLabels, Counter>::default();
    for served in &traffic.requests {
        let labels = RequestLabels {
            application: served.application.clone(),
            arm: served.arm.as_str(),
            class: word(served.class),
        };
        requests.get_or_create(&labels).inc_by(served.count);
    }
    registry.register("requests", "Requests that have ended, by arm and by how they ended", requests);
    let in_flight = Gauge::<i64>::default();
    in_flight.set(whole(traffic.in_flight));
    registry.register("requests_in_flight", "Requests that are being served now", in_flight);
    let refused = Family::<RefusalLabels, Counter>::default();
    for (blame, count) in &traffic.refusals {
        refused.get_or_create(&RefusalLabels { blame }).inc_by(*count);
    }
    registry.register(
        "refusals",
        "Requests answered with an error of the gateway's own, by who is to blame",
        refused,
    );
}

fn of_gateways(registry: &mut Registry, gateways: &[GatewayStatus], now: Timestamp) {
    let heard = Family::<GatewayLabels, Share>::default();
    let serving = Family::<ServingLabels, Gauge>::default();
    let rejected = Family::<ServingLabels, Gauge>::default();
    let ahead = Family::<GatewayLabels, Share>::default();
    let lost = Family::<GatewayLabels, Counter>::default();
    let pinned = Family::<ServingLabels, Gauge>::default();
    for status in gateways {
        let gateway = status.node.to_string();
        let since = now.since(status.heard_at).as_secs_f64();
        heard.get_or_create(&GatewayLabels { gateway: gateway.clone() }).set(since);
        if let Some(clock_ahead) = status.clock_ahead {
            let labels = GatewayLabels { gateway: gateway.clone() };
            ahead.get_or_create(&labels).set(clock_ahead as f64 / 1_000.0);
        }
        lost.get_or_create(&GatewayLabels { gateway: gateway.clone() }).inc_by(status.lost);
        for application in &status.pinned {
            let labels = ServingLabels { gateway: gateway.clone(), application: application.to_string() };
            pinned.get_or_create(&labels).set(1);
        }
        for (application, generation) in &status.serving {
            let labels = ServingLabels { gateway: gateway.clone(), application: application.to_string() };
            serving.get_or_create(&labels).set(whole(generation.0));
        }
        for (application, _) in &status.rejected {
            let labels = ServingLabels { gateway: gateway.clone(), application: application.to_string() };
            rejected.get_or_create(&labels).set(1);
        }
    }
    registry.register("gateway_silence_seconds", "Since when a gateway was not heard", heard);
    registry.register("gateway_generation", "The table a gateway serves an application by", serving);
    registry.register("gateway_table_rejected", "1 while a gateway refuses the latest table", rejected);
    registry.register("gateway_clock_ahead_seconds", "By how much a gateway's clock is ahead", ahead);
    registry.register("gateway_feedback_lost", "Feedback a gateway could not keep until it was taken", lost);
    registry.register("gateway_pinned", "1 while an operator pins an application on a gateway", pinned);
}

fn of_store(registry: &mut Registry, store: &Store) -> Result<(), Error> {
    let rollouts = Family::<PhaseLabels, Gauge>::default();
    let weights = Family::<RolloutLabels, Share>::default();
    for (phase, count) in store.rollouts_by_phase()? {
        rollouts.get_or_create(&PhaseLabels { phase }).set(whole(count));
    }
    let going_on = RolloutFilter { application: None, activity: Activity::NotEnded };
    for rollout in store.rollouts(&going_on)? {
        let labels = RolloutLabels {
            application: rollout.proposal.application.to_string(),
            rollout: rollout.proposal.name.to_string(),
        };
        weights.get_or_create(&labels).set(rollout.state.weight().probability());
    }
    registry.register("rollouts", "Rollouts by phase", rollouts);
    registry.register("rollout_candidate_share", "The candidate's share of a rollout that goes on", weights);
    let applications = Gauge::<i64>::default();
    applications.set(store.applications()?.len().try_into().unwrap_or(i64::MAX));
    registry.register("applications", "Applications", applications);
    let latest = Gauge::<i64>::default();
    latest.set(whole(store.latest_event()?));
    registry.register("events_latest", "The number of the latest event in the log", latest);
    let undelivered = Gauge::<i64>::default();
    undelivered.set(store.undelivered()?.len().try_into().unwrap_or(i64::MAX));
    registry.register("notifications_waiting", "Notifications that were not delivered yet", undelivered);
    Ok(())
}

pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const fn word(class: Class) -> &'static str {
    match class {
        Class::Ok => "ok",
        Class::CallerError => "caller_error",
        Class::RateLimited => "rate_limited",
        Class::UpstreamError => "upstream_error",
        Class::Unreachable => "unreachable",
        Class::Timeout => "timeout",
        Class::Truncated => "truncated",
        Class::Cancelled => "cancelled",
    }
}
