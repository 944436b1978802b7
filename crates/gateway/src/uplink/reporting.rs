//! What the controller knows of this gateway's counters, and so what it has to be told. No input, no output, no clock.
//! Entry points: [`Reporting::due`] and [`Reporting::received`].

use std::collections::HashMap;
use std::time::Duration;
use viridian_core::analysis::row::{GroupRow, TallyRow};
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;
use viridian_wire::door::Receipt;
use viridian_wire::tally::TallyReport;

/// How long nothing is said at most.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// What was told, and what of it lasts.
#[derive(Debug, Default)]
pub struct Reporting {
    /// What the controller has called durable last.
    durable: Option<TallyReport>,
    told_at: Option<Timestamp>,
}

impl Reporting {
    /// What is to be told of counters as they stand: what is not durable yet, or at least that the gateway lives.
    /// Nothing when neither is due.
    pub fn due(&self, standing: &TallyReport, now: Timestamp) -> Option<TallyReport> {
        let news = self.news(standing);
        let is_due = self.told_at.is_none_or(|told_at| now.since(told_at) >= SIGN_OF_LIFE);
        let known_trips = self.durable.as_ref().map_or(&[][..], |durable| &durable.trips);
        let has_news = !(news.tallies.is_empty() && news.groups.is_empty() && news.feedback.is_empty());
        (is_due || has_news || known_trips != standing.trips).then_some(news)
    }

    /// What was told of `standing` was received. Answers what the gateway may forget of it.
    #[must_use]
    pub fn received(
        &mut self,
        standing: TallyReport,
        receipt: Receipt,
        now: Timestamp,
    ) -> Option<&TallyReport> {
        self.told_at = Some(now);
        if !receipt.durable {
            return None;
        }
        Some(self.durable.insert(standing))
    }

    /// What counters say that is not durable yet.
    fn news(&self, standing: &TallyReport) -> TallyReport {
        let mut news = standing.clone();
        if let Some(durable) = &self.durable {
            let tallies: HashMap<_, _> =
                durable.tallies.iter().map(|row| (slot_key(row), &row.tally)).collect();
            news.tallies.retain(|row| tallies.get(&slot_key(row)) != Some(&&row.tally));
            let groups: HashMap<_, _> =
                durable.groups.iter().map(|row| (epoch_key(row), &row.groups)).collect();
            news.groups.retain(|row| groups.get(&epoch_key(row)) != Some(&&row.groups));
        }
        news
    }
}

const fn slot_key(row: &TallyRow) -> (&ApplicationName, EpochId, Timestamp, Arm) {
    (&row.application, row.epoch, row.slot, row.arm)
}

const fn epoch_key(row: &GroupRow) -> (&ApplicationName, EpochId, Arm) {
    (&row.application, row.epoch, row.arm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::analysis::row::Origin;
    use viridian_core::analysis::tally::Tally;
    use viridian_core::id::{BootId, NodeName};

    /// Counters with so many requests in the first slot.
    fn standing(requests: u64) -> TallyReport {
        let mut tally = Tally::default();
        tally.classes[0] = requests;
        let row = TallyRow {
            application: ApplicationName::parse("chat").unwrap(),
            epoch: EpochId(1),
            slot: Timestamp(0),
            arm: Arm::Baseline,
            tally,
        };
        TallyReport {
            origin: Origin { node: NodeName::parse("gw").unwrap(), boot: BootId(1) },
            tallies: if requests > 0 { vec![row] } else { vec![] },
            groups: vec![],
            feedback: vec![],
            trips: vec![],
            vitals: None,
        }
    }

    /// How many rows are told at a millisecond with so many requests counted; nothing when nothing is.
    fn told(reporting: &Reporting, requests: u64, at: u64) -> Option<usize> {
        reporting.due(&standing(requests), Timestamp(at)).map(|news| news.tallies.len())
    }

    #[test]
    fn what_is_durable_is_told_no_more_and_everything_else_is() {
        let mut reporting = Reporting::default();
        assert_eq!(told(&reporting, 5, 0), Some(1));
        assert!(
            reporting
                .received(standing(5), Receipt { durable: false, clock_ahead: None }, Timestamp(0))
                .is_none()
        );
        assert_eq!(told(&reporting, 5, 10), Some(1), "it may have been lost");
        assert!(
            reporting
                .received(standing(5), Receipt { durable: true, clock_ahead: None }, Timestamp(10))
                .is_some()
        );
        assert_eq!(told(&reporting, 5, 20), None);
        assert_eq!(told(&reporting, 6, 30), Some(1));
    }

    #[test]
    fn a_sign_of_life_is_given_every_second() {
        let mut reporting = Reporting::default();
        assert_eq!(told(&reporting, 0, 0), Some(0));
        let _kept =
            reporting.received(standing(0), Receipt { durable: true, clock_ahead: None }, Timestamp(0));
        assert_eq!(told(&reporting, 0, 999), None);
        assert_eq!(told(&reporting, 0, 1_000), Some(0));
    }
}
