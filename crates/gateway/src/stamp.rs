//! What callers are told about the answer they get: which release gave it, in which role, and the id that feedback on it
//! names. Entry points: [`Stamp::signed`] and [`Stamp::mark`], and [`name`] for what was answered without a decision.

use crate::headers::REQUEST_ID;
use crate::prepared::table::Table;
use crate::request_id::{Claims, PlainId, Signer};
use crate::worker::Worker;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Instant;
use viridian_core::analysis::row;
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::routing::decide::{Decision, Exempt, Standing};

const RELEASE: HeaderName = HeaderName::from_static("x-viridian-release");
const ARM: HeaderName = HeaderName::from_static("x-viridian-arm");

/// What callers are told about an answer.
pub(crate) struct Stamp {
    release: HeaderValue,
    arm: HeaderValue,
    id: Option<HeaderValue>,
}

/// Gives an answer that has no id yet a plain one.
pub(crate) fn name(worker: &Worker, headers: &mut HeaderMap) {
    if headers.contains_key(REQUEST_ID) {
        return;
    }
    if let Ok(id) = HeaderValue::try_from(PlainId::new(worker.nonces.next()).to_string()) {
        headers.insert(REQUEST_ID, id);
    }
}

/// What was decided, which arms its unit has elsewhere, and for a request of when.
pub(crate) struct Decided<'a> {
    pub(crate) decision: &'a Decision,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) at: Instant,
}

impl Stamp {
    /// Of an answer that feedback can be given on.
    pub(crate) fn signed(worker: &Worker, signer: &Signer, table: &Table, decided: Decided<'_>) -> Self {
        let Decided { decision, elsewhere, at } = decided;
        let id = signer.sign(&Claims {
            application: table.hash,
            epoch: table.routing.epoch,
            arm: decision.arm,
            group: decision.group(),
            standing: standing(decision),
            issued_at: worker.node.clock().at(at),
            elsewhere,
            nonce: worker.nonces.next(),
        });
        let id = HeaderValue::from_bytes(id.as_bytes()).ok();
        Self { id, ..Self::unsigned(table, decision.arm) }
    }

    /// Of an answer that is not counted.
    pub(crate) fn unsigned(table: &Table, arm: Arm) -> Self {
        Self { release: table.placement(arm).version.clone(), arm: table.arm_name(arm), id: None }
    }

    /// Writes it into the headers of the answer.
    pub(crate) fn mark(self, headers: &mut HeaderMap) {
        headers.insert(RELEASE, self.release);
        headers.insert(ARM, self.arm);
        if let Some(id) = self.id {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// Feedback counts for an arm when the draw decided it, or when there was nothing to draw.
const fn standing(decision: &Decision) -> row::Standing {
    match decision.standing {
        Standing::Drawn(_) | Standing::Exempt(Exempt::NotCompared) => row::Standing::Measured,
        Standing::Exempt(_) => row::Standing::Exempt,
    }
}
