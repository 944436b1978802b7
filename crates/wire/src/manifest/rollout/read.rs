//! From a document to a proposal: [`read`]. Its strategy is read in [`steps`](super::steps).

use super::steps::strategy;
use crate::manifest::cursor::Cursor;
use crate::manifest::document;
use crate::manifest::fault::Fault;
use crate::manifest::text::quantity;
use std::time::Duration;
use viridian_core::id::{ApplicationName, ReleaseName, RolloutName};
use viridian_core::rollout::plan::{Policy, Proposal, Rejection};

/// Reads a proposal; nothing when its shape has faults. Faults of its meaning are added.
pub(crate) fn read(document: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Proposal> {
    let name = document::name(document, RolloutName::parse);
    let spec = document.field("spec")?;
    let strategy = spec.required("strategy", |field| strategy(field, faults));
    Some(Proposal {
        name: name?,
        application: spec.required("application", |text| text.parsed(ApplicationName::parse))?,
        candidate: spec.required("candidate", |text| text.parsed(ReleaseName::parse))?,
        strategy: strategy?,
        policy: policy(&spec)?,
    })
}

fn policy(spec: &Cursor<'_>) -> Option<Policy> {
    let default = Policy::default();
    Some(Policy {
        on_insufficient: spec.or("onInsufficientData", default.on_insufficient, |word| word.word())?,
        max_hold: spec.or("maxHold", default.max_hold, duration)?,
        patience: spec.or("patience", default.patience, duration)?,
        risk_budget: spec.or("riskBudget", default.risk_budget, |text| text.parsed(quantity::share))?,
        warmup: spec.or("warmup", default.warmup, |number| number.number())?,
        rejection: spec.or("rollback", default.rejection, rejection)?,
    })
}

fn rejection(rollback: &Cursor<'_>) -> Option<Rejection> {
    let rejects = rollback.or("rejectRelease", true, |value| value.boolean())?;
    Some(if rejects { Rejection::Reject } else { Rejection::Keep })
}

fn duration(text: &Cursor<'_>) -> Option<Duration> {
    text.parsed(quantity::duration)
}
