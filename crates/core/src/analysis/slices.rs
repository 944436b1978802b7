//! Counts by slice: [`SliceTally`] adds like every tally, [`Values`] bounds how many slices there are.

use super::counts::Counts;
use super::score::score;
use crate::declared::{Declared, Found};
use crate::epoch::Thresholds;
use crate::metric::Metric;
use crate::outcome::Outcome;
use crate::slice::{MOST_VALUES, OTHER, Slicing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one arm's outcomes came to, by attribute, value and metric; kept per epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SliceTally(BTreeMap<String, BTreeMap<String, BTreeMap<Metric, Counts>>>);

/// The values that are told apart. Both arms of a comparison are counted by the same ones: if each had its own, what is
/// left over would be other callers on one arm than on the other.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<String, BTreeSet<String>>);

impl Values {
    /// The name a value is counted under: its own while there is room, and then always.
    pub fn admit<'v>(&mut self, attribute: &str, value: &'v str) -> &'v str {
        if let Some(known) = self.0.get_mut(attribute) {
            if known.contains(value) {
                return value;
            }
            if known.len() >= MOST_VALUES {
                return OTHER;
            }
            known.insert(value.to_owned());
        } else {
            self.0.insert(attribute.to_owned(), BTreeSet::from([value.to_owned()]));
        }
        value
    }
}

impl SliceTally {
    /// Counts an outcome in the slices it falls into, one for each attribute.
    pub fn record<'v>(
        &mut self,
        (slicing, values): (&Slicing, impl Iterator<Item = &'v str>),
        outcome: &Outcome,
        (thresholds, found): (&Thresholds, &[(Declared, Found)]),
    ) {
        let of_declared = |metric: Metric| {
            let mut known = found.iter().filter(|(declared, _)| metric == Metric::Declared(*declared));
            known.next().map(|(_, found)| Counts::of_found(*found))
        };
        let add = |counts: &mut BTreeMap<Metric, Counts>| {
            for metric in &slicing.metrics {
                if let Some(more) = score(*metric, outcome, thresholds).or_else(|| of_declared(*metric)) {
                    counts.entry(*metric).or_default().add(more);
                }
            }
        };
        for (attribute, value) in slicing.by.iter().zip(values) {
            // Names are copied for the first request of a slice alone.
            match self.0.get_mut(attribute.as_str()).and_then(|values| values.get_mut(value)) {
                Some(counts) => add(counts),
                None => add(self.slice_mut(attribute.as_str(), value)),
            }
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every slice: its attribute, its value.
    pub fn slices(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(attribute, values)| {
            values.keys().map(move |value| (attribute.as_str(), value.as_str()))
        })
    }

    /// What was counted in one slice.
    pub fn counts(&self, (attribute, value): (&str, &str)) -> impl Iterator<Item = (Metric, Counts)> {
        let counts = self.0.get(attribute).and_then(|values| values.get(value));
        counts.into_iter().flatten().map(|(metric, counts)| (*metric, *counts))
    }

    /// The requests of one slice, good or bad: by a metric that is asked of every one of them.
    pub fn requests(&self, slice: (&str, &str)) -> u64 {
        let asked = self.counts(slice).filter(|(metric, _)| metric.is_asked_of_all());
        asked.map(|(_, counts)| counts.trials).max().unwrap_or_default()
    }

    /// How many times a request was looked at, over all slices and metrics.
    pub fn trials(&self) -> u64 {
        let counts = self.0.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        counts.map(|counts| counts.trials).sum()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for slice in other.slices() {
            let mine = self.slice_mut(slice.0, slice.1);
            for (metric, more) in other.counts(slice) {
                mine.entry(metric).or_default().add(more);
            }
        }
    }

    fn slice_mut(&mut self, attribute: &str, value: &str) -> &mut BTreeMap<Metric, Counts> {
        self.0.entry(attribute.to_owned()).or_default().entry(value.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_beyond_the_bound_is_other_for_ever() {
        let mut values = Values::default();
        let names: Vec<String> = (0..MOST_VALUES + 3).map(|number| format!("tenant-{number}")).collect();
        for _ in 0..2 {
            for (number, name) in names.iter().enumerate() {
                let expected = if number < MOST_VALUES { name.as_str() } else { OTHER };
                assert_eq!(values.admit("tenant", name), expected);
            }
        }
        assert_eq!(values.admit("language", "de"), "de");
    }

    #[test]
    fn tallies_add_in_any_order() {
        let tally = |slices: &[(&str, &str, u64)]| {
            let mut tally = SliceTally::default();
            for (attribute, value, trials) in slices {
                let counts = tally.slice_mut(attribute, value).entry(Metric::Errors).or_default();
                counts.add(Counts::of_share(*trials, 1));
            }
            tally
        };
        let (a, b) =
            (tally(&[("language", "de", 5)]), tally(&[("language", "de", 7), ("language", "fr", 2)]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.add(&b);
        ba.add(&a);
        assert_eq!(ab, ba);
        assert_eq!(ab.trials(), 14);
        let german: Vec<_> = ab.counts(("language", "de")).collect();
        assert_eq!(german, [(Metric::Errors, Counts::of_share(12, 2))]);
    }
}
