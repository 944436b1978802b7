//! Counts by slice: [`SliceTally`] adds like every tally, [`Values`] bounds how many slices there are.

use super::counts::{Counts, check_groups};
use super::score::score;
use crate::declared::{Declared, Found};
use crate::epoch::Thresholds;
use crate::metric::Metric;
use crate::outcome::Outcome;
use crate::slice::{MOST_VALUES, OTHER, Slicing};
use crate::unit::{GROUPS, Group, UnitHash};
use serde::{Deserialize, Deserializer, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What one arm's outcomes came to, by attribute, value and metric; kept per epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SliceTally(BTreeMap<String, BTreeMap<String, OfSlice>>);

/// What was counted in one slice.
type OfSlice = BTreeMap<Metric, Counted>;

/// What one metric came to in one slice.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Counted {
    #[serde(flatten)]
    all: Counts,
    /// The same by group of units: [`GROUPS`] of them, or none where requests belong to no unit.
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty", deserialize_with = "groups")]
    groups: Vec<Counts>,
}

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
    /// Counts an outcome in the slices it falls into, one for each attribute, and there in the group of its unit.
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
        let group = outcome.decision.unit.map(UnitHash::group);
        let add = |slice: &mut OfSlice| {
            for metric in &slicing.metrics {
                if let Some(more) = score(*metric, outcome, thresholds).or_else(|| of_declared(*metric)) {
                    slice.entry(*metric).or_default().record(group, more);
                }
            }
        };
        for (attribute, value) in slicing.by.iter().zip(values) {
            // Names are copied for the first request of a slice alone.
            match self.0.get_mut(attribute.as_str()).and_then(|values| values.get_mut(value)) {
                Some(slice) => add(slice),
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
    pub fn counts(&self, slice: (&str, &str)) -> impl Iterator<Item = (Metric, Counts)> {
        self.of(slice).map(|(metric, counted)| (metric, counted.all))
    }

    /// What was counted in one slice by group of units: [`GROUPS`] counts of every metric whose requests belong to units.
    pub fn groups(&self, slice: (&str, &str)) -> impl Iterator<Item = (Metric, &[Counts])> {
        let grouped = self.of(slice).filter(|(_, counted)| !counted.groups.is_empty());
        grouped.map(|(metric, counted)| (metric, counted.groups.as_slice()))
    }

    fn of(&self, (attribute, value): (&str, &str)) -> impl Iterator<Item = (Metric, &Counted)> {
        let slice = self.0.get(attribute).and_then(|values| values.get(value));
        slice.into_iter().flatten().map(|(metric, counted)| (*metric, counted))
    }

    /// The requests of one slice, good or bad: by a metric that is asked of every one of them.
    pub fn requests(&self, slice: (&str, &str)) -> u64 {
        let asked = self.counts(slice).filter(|(metric, _)| metric.is_asked_of_all());
        asked.map(|(_, counts)| counts.trials).max().unwrap_or_default()
    }

    /// How many times a request was looked at, over all slices and metrics.
    pub fn trials(&self) -> u64 {
        let counted = self.0.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        counted.map(|counted| counted.all.trials).sum()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for slice in other.slices() {
            let mine = self.slice_mut(slice.0, slice.1);
            for (metric, more) in other.of(slice) {
                mine.entry(metric).or_default().add(more);
            }
        }
    }

    fn slice_mut(&mut self, attribute: &str, value: &str) -> &mut OfSlice {
        self.0.entry(attribute.to_owned()).or_default().entry(value.to_owned()).or_default()
    }
}

impl Counted {
    fn record(&mut self, group: Option<Group>, more: Counts) {
        self.all.add(more);
        if let Some(Group(group)) = group {
            self.groups.resize(GROUPS, Counts::default());
            self.groups[usize::from(group)].add(more);
        }
    }

    fn add(&mut self, other: &Self) {
        self.all.add(other.all);
        if !other.groups.is_empty() {
            self.groups.resize(GROUPS, Counts::default());
        }
        self.groups.iter_mut().zip(&other.groups).for_each(|(mine, theirs)| mine.add(*theirs));
    }
}

/// A slice by its attribute and value, and something of it.
pub(super) type Of<'a, T> = ((&'a str, &'a str), T);

/// The slices that are asked, and the others. Each worker may have met other values first, so that together they tell more apart
/// than one of them: of every attribute the largest are asked, as many as one worker tells apart, [`most_asked`] in all. Attributes
/// stand together, each from its largest slice to its smallest.
pub(super) fn largest<'a, T>(
    mut slices: Vec<Of<'a, T>>,
    requests: impl Fn(&T) -> u64,
) -> (Vec<Of<'a, T>>, Vec<Of<'a, T>>) {
    slices.sort_by_cached_key(|((attribute, value), of)| (*attribute, Reverse(requests(of)), *value));
    let mut of_attribute = ("", 0);
    slices.into_iter().partition(|((attribute, _), _)| {
        let before = if of_attribute.0 == *attribute { of_attribute.1 } else { 0 };
        of_attribute = (attribute, before + 1);
        before <= MOST_VALUES
    })
}

/// How many slices are asked at most, of so many attributes: the values that are told apart and what is left over.
pub(super) const fn most_asked(attributes: usize) -> usize {
    attributes * (MOST_VALUES + 1)
}

/// Reads the groups of a metric in a slice.
fn groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Counts>, D::Error> {
    let groups = Vec::deserialize(deserializer)?;
    check_groups(&groups)?;
    Ok(groups)
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
        // Requests that come in fives belong to a unit, others to none.
        let group = |trials: u64| trials.is_multiple_of(5).then_some(Group(63));
        let tally = |slices: &[(&str, &str, u64)]| {
            let mut tally = SliceTally::default();
            for (attribute, value, trials) in slices {
                let counted = tally.slice_mut(attribute, value).entry(Metric::Errors).or_default();
                counted.record(group(*trials), Counts::of_share(*trials, 1));
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
        let groups: Vec<_> = ab.groups(("language", "de")).collect();
        let mut expected = [Counts::default(); GROUPS];
        expected[63] = Counts::of_share(5, 1);
        assert_eq!(groups, [(Metric::Errors, &expected[..])]);
        assert_eq!(ab.groups(("language", "fr")).count(), 0);
    }
}
