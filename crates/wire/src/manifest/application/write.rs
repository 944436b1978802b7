//! From an application back to its document: [`write()`]. Reading what was written gives the same application.

use super::{ApplicationManifest, declared, outside, scores};
use crate::manifest::document;
use crate::manifest::text::quantity;
use serde_json::{Map, Value, json};
use viridian_core::application::{Application, Timeouts};
use viridian_core::declared::Definition;
use viridian_core::environment::Environment;
use viridian_core::guard::{Guard, OnSlice, Unproven};
use viridian_core::id::SourceName;
use viridian_core::score;
use viridian_core::source::Source;

/// Writes an application.
pub(crate) fn write(manifest: &ApplicationManifest) -> Value {
    let ApplicationManifest { application, baseline } = manifest;
    let mut document = document::write("Application", application.name.as_str(), spec(application));
    if !application.labels.is_empty() {
        document["metadata"]["labels"] = json!(application.labels);
    }
    if let Some(baseline) = baseline {
        document["spec"]["baseline"] = json!(baseline);
    }
    document
}

fn spec(application: &Application) -> Value {
    let environments: Map<String, Value> = application
        .environments
        .iter()
        .map(|(name, environment)| (name.to_string(), self::environment(environment)))
        .collect();
    let mut spec = json!({
        "protocol": application.protocol,
        "unit": application.unit.to_string(),
        "environments": environments,
        "timeouts": timeouts(&application.timeouts),
    });
    if !application.allow_paths.is_empty() {
        spec["allowPaths"] = json!(application.allow_paths);
    }
    if !application.pins.is_empty() {
        spec["pins"] = json!(application.pins);
    }
    if let Some(guard) = application.local_guard {
        spec["localGuard"] = json!({"errors": guard.errors.to_string(), "minRequests": guard.min_requests});
    }
    if !application.guards.is_empty() {
        spec["guards"] = application.guards.iter().map(guard).collect();
    }
    if !application.metrics.is_empty() {
        let written =
            |definition: &Definition| (definition.metric.name().to_owned(), declared::write(definition));
        spec["metrics"] = Value::Object(application.metrics.iter().map(written).collect());
    }
    if !application.scores.is_empty() {
        let written =
            |definition: &score::Definition| (definition.score.name().to_owned(), scores::write(definition));
        spec["scores"] = Value::Object(application.scores.iter().map(written).collect());
    }
    if !application.feedback.is_usual() {
        spec["feedback"] = json!(application.feedback);
    }
    if !application.slices.is_empty() {
        spec["slices"] = json!(application.slices);
    }
    if !application.sources.is_empty() {
        let written = |(name, source): (&SourceName, &Source)| (name.to_string(), outside::source(source));
        spec["sources"] = Value::Object(application.sources.iter().map(written).collect());
    }
    if !application.gauges.is_empty() {
        spec["gauges"] = application.gauges.iter().map(outside::gauge).collect();
    }
    spec
}

fn environment(environment: &Environment) -> Value {
    let mut written = json!({"platform": environment.platform, "endpoints": environment.endpoints});
    if let Some(bearer) = &environment.bearer {
        written["auth"] = json!({"bearer": bearer});
    }
    if let Some(readiness) = &environment.readiness {
        written["readiness"] = json!({"path": readiness.path});
    }
    written
}

pub(crate) fn guard(guard: &Guard) -> Value {
    let mut written = json!({
        "metric": guard.metric.as_str(),
        "margin": guard.margin.to_string(),
        "onFail": guard.on_fail,
        "mode": guard.mode,
    });
    if guard.metric.arrives_late() {
        written["maturity"] = json!(quantity::duration_text(guard.maturity));
    }
    if guard.slices == OnSlice::Rollback {
        written["slices"] = json!(guard.slices);
    }
    if guard.strict {
        written["strict"] = json!(true);
    }
    match guard.unproven {
        Unproven::AsRollout => {}
        Unproven::Hold => written["onInsufficient"] = json!("hold"),
        Unproven::Rollback { after } => {
            written["onInsufficient"] = json!("rollback");
            if let Some(after) = after {
                written["maxHold"] = json!(quantity::duration_text(after));
            }
        }
    }
    written
}

fn timeouts(timeouts: &Timeouts) -> Value {
    json!({
        "connect": quantity::duration_text(timeouts.connect),
        "firstByte": quantity::duration_text(timeouts.first_byte),
        "idle": quantity::duration_text(timeouts.idle),
    })
}
