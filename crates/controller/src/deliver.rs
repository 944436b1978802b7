//! Tells people what happened. What is to be told was written down with the transition and is crossed out once it was
//! told, so a crash in between tells it twice rather than never. Everything is told in the log; what is critical also by the
//! notifier, where there is one, and is crossed out once that is done with it.

use crate::error::Error;
use crate::notifier::{Notice, Notifier};
use bytes::Bytes;
use std::collections::BTreeSet;
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_crash as crash;
use viridian_store::{OutboxId, OutboxRow, Store};
use viridian_wire::api::Moment;
use viridian_wire::notice::Importance;

/// Notices that may wait to be taken; of more the oldest are given up.
pub const MOST_WAITING: usize = 1_000;

/// What was told already, for as long as it cannot be crossed out.
#[derive(Default)]
pub(crate) struct Delivery {
    told: Option<OutboxId>,
    notifier: Option<Notifier>,
    /// What the notifier is at.
    handed: Option<OutboxId>,
    /// What it is done with.
    settled: BTreeSet<OutboxId>,
}

impl Delivery {
    /// Tells what is critical by a notifier as well.
    pub(crate) fn by(notifier: Option<Notifier>) -> Self {
        Self { notifier, ..Self::default() }
    }

    /// Delivers what has not been delivered yet, oldest first.
    pub(crate) fn deliver(&mut self, store: &Store) -> Result<(), Error> {
        self.look_what_is_settled();
        let mut waiting = Vec::new();
        for row in store.undelivered()? {
            if self.told.is_none_or(|told| told < row.id) {
                tell(&row);
                self.told = Some(row.id);
            }
            crash::at(crash::Place::Told);
            if self.is_awaited(&row) {
                waiting.push(row);
            } else {
                store.delivered(row.id)?;
                self.settled.remove(&row.id);
            }
        }
        self.call(waiting, store)
    }

    fn look_what_is_settled(&mut self) {
        let Some(notifier) = &self.notifier else { return };
        self.settled.extend(notifier.take_settled());
        self.handed = self.handed.filter(|handed| !self.settled.contains(handed));
    }

    /// Whether the notifier still has to do with it.
    fn is_awaited(&self, row: &OutboxRow) -> bool {
        let is_critical = matches!(row.effect, Effect::Notify { severity: Severity::Critical, .. });
        is_critical && self.notifier.is_some() && !self.settled.contains(&row.id)
    }

    /// Has people called for what waits, one notice after the other.
    fn call(&mut self, mut waiting: Vec<OutboxRow>, store: &Store) -> Result<(), Error> {
        let Some(notifier) = &self.notifier else { return Ok(()) };
        let mut surplus = waiting.len().saturating_sub(MOST_WAITING);
        let mut given_up = Vec::new();
        waiting.retain(|row| {
            let goes = surplus > 0 && self.handed != Some(row.id);
            if goes {
                surplus -= 1;
                given_up.push(row.id);
            }
            !goes
        });
        notifier.note(waiting.len(), given_up.len());
        if self.handed.is_none()
            && let Some(row) = waiting.first()
            && notifier.hand_over(notice(row))
        {
            self.handed = Some(row.id);
        }
        if !given_up.is_empty() {
            tracing::error!(count = given_up.len(), "too many notices wait: the oldest are given up");
            self.settled.extend(given_up.iter().copied());
        }
        given_up.into_iter().try_for_each(|id| store.delivered(id)).map_err(Error::from)
    }
}

fn tell(row: &OutboxRow) {
    let Effect::Notify { severity, message } = &row.effect else { return };
    let rollout = row.rollout.as_str();
    match severity {
        Severity::Info => tracing::info!(rollout, "{message}"),
        Severity::Warning => tracing::warn!(rollout, "{message}"),
        Severity::Critical => tracing::error!(rollout, "{message}"),
    }
}

fn notice(row: &OutboxRow) -> Notice {
    let message = match &row.effect {
        Effect::Notify { message, .. } => message.as_str(),
        _ => "",
    };
    let (rollout, at) = (&row.rollout, row.at);
    let once = format!("{rollout}-{}-{}", row.id.0, at.0);
    let told = viridian_wire::notice::Notice {
        text: format!("rollout {rollout}: {message}"),
        severity: Importance::Critical,
        rollout: rollout.clone(),
        message: message.to_owned(),
        at: Moment(at),
        id: once.clone(),
    };
    // Such a text can always be written.
    let text = serde_json::to_vec(&told).unwrap_or_default();
    Notice { id: row.id, once, text: Bytes::from(text) }
}
