//! Counts by cell: what one arm's outcomes came to of those units that are on one arm of a companion. [`CellTally`] adds like every
//! tally.

use super::counts::{Counts, check_groups};
use super::score::score;
use crate::companion::{Elsewhere, Seat};
use crate::declared::{Declared, Found};
use crate::epoch::Thresholds;
use crate::metric::Metric;
use crate::outcome::Outcome;
use crate::score::Given;
use crate::unit::{GROUPS, Group};
use serde::{Deserialize, Deserializer, Serialize};

/// What one arm's outcomes came to, by the arm that units have elsewhere, metric and group; kept per epoch, which says which
/// experiment a place elsewhere is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellTally(Vec<Cell>);

/// What one metric came to in one cell. They are kept in the order of their keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Cell {
    #[serde(flatten)]
    seat: Seat,
    #[serde(rename = "m")]
    metric: Metric,
    /// [`GROUPS`] of them.
    #[serde(rename = "g", deserialize_with = "groups")]
    groups: Vec<Counts>,
}

impl CellTally {
    /// Counts an outcome of a unit by these metrics, once in each cell it falls into.
    pub fn record(
        &mut self,
        (metrics, elsewhere, group): (&[Metric], Elsewhere, Group),
        outcome: &Outcome,
        (thresholds, found): (&Thresholds, &[(Declared, Found)]),
    ) {
        let of_declared = |metric: Metric| {
            let mut known = found.iter().filter(|(declared, _)| metric == Metric::Declared(*declared));
            known.next().map(|(_, found)| Counts::of_found(*found))
        };
        for metric in metrics {
            if let Some(more) = score(*metric, outcome, thresholds).or_else(|| of_declared(*metric)) {
                self.record_counts(elsewhere, *metric, group, more);
            }
        }
    }

    /// Counts a score that so many answers to a group got.
    pub fn record_score(&mut self, elsewhere: Elsewhere, given: Given, group: Group, answers: u64) {
        let below = answers * u64::from(given.level.hundredths());
        self.record_counts(elsewhere, Metric::Score(given.score), group, Counts::of_sum(answers, below));
    }

    /// Adds counts of one metric to one group of each cell.
    pub fn record_counts(&mut self, elsewhere: Elsewhere, metric: Metric, Group(group): Group, more: Counts) {
        for seat in elsewhere.seats() {
            if let Some(counts) = self.cell_mut(seat, metric).get_mut(usize::from(group)) {
                counts.add(more);
            }
        }
    }

    /// The counts of a metric in one cell, by group: [`GROUPS`] of them, or none where nothing was counted.
    pub fn counts(&self, seat: Seat, metric: Metric) -> &[Counts] {
        let found = self.0.iter().find(|cell| (cell.seat, cell.metric) == (seat, metric));
        found.map_or(&[], |cell| &cell.groups)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many times a request was looked at, over all cells and metrics.
    pub fn trials(&self) -> u64 {
        self.0.iter().flat_map(|cell| &cell.groups).map(|counts| counts.trials).sum()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for Cell { seat, metric, groups } in &other.0 {
            let mine = self.cell_mut(*seat, *metric);
            mine.iter_mut().zip(groups).for_each(|(mine, theirs)| mine.add(*theirs));
        }
    }

    fn cell_mut(&mut self, seat: Seat, metric: Metric) -> &mut [Counts] {
        let key = (seat, metric);
        let place = self.0.iter().position(|cell| (cell.seat, cell.metric) >= key).unwrap_or(self.0.len());
        if self.0.get(place).is_none_or(|cell| (cell.seat, cell.metric) != key) {
            self.0.insert(place, Cell { seat, metric, groups: vec![Counts::default(); GROUPS] });
        }
        &mut self.0[place].groups
    }
}

/// Reads the groups of a cell.
fn groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Counts>, D::Error> {
    let mut groups = Vec::deserialize(deserializer)?;
    check_groups(&groups)?;
    groups.resize(GROUPS, Counts::default());
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_in_any_order() {
        let at = |arms: &[u8]| {
            let seats = (0..).zip(arms).map(|(companion, arm)| Seat { companion, arm: *arm });
            seats.fold(Elsewhere::NOWHERE, Elsewhere::with)
        };
        let tally = |counted: &[(&[u8], Metric, u8, u64)]| {
            let mut tally = CellTally::default();
            for (arms, metric, group, trials) in counted {
                tally.record_counts(at(arms), *metric, Group(*group), Counts::of_share(*trials, 1));
            }
            tally
        };
        let one = tally(&[(&[1, 0], Metric::Errors, 63, 5), (&[0], Metric::Feedback, 2, 3)]);
        let other = tally(&[(&[0], Metric::Errors, 63, 7), (&[1, 1], Metric::Errors, 63, 2)]);
        let (mut ab, mut ba) = (one.clone(), other.clone());
        ab.add(&other);
        ba.add(&one);
        assert_eq!(ab, ba);
        // Who is on an arm of two companions is counted with either.
        assert_eq!(ab.trials(), 5 * 2 + 3 + 7 + 2 * 2);
        let of = |companion, arm| ab.counts(Seat { companion, arm }, Metric::Errors)[63];
        assert_eq!((of(0, 1), of(1, 0)), (Counts::of_share(7, 2), Counts::of_share(5, 1)));
        assert!(ab.counts(Seat { companion: 3, arm: 0 }, Metric::Errors).is_empty());
        let text = serde_json::to_string(&ab).unwrap();
        assert_eq!(serde_json::from_str::<CellTally>(&text).unwrap(), ab);
        let short = text.replacen("{\"n\":0,\"x\":0,\"xs\":0},", "", 1);
        assert!(serde_json::from_str::<CellTally>(&short).is_err());
        assert!(CellTally::default().is_empty());
    }
}
