//! Requests by group of units as they were drawn, before anything came of them: [`DrawnByGroup`].

use crate::unit::{GROUPS, Group};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// How many requests of each group of units were drawn: [`GROUPS`] numbers, or none where no unit was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct DrawnByGroup(Vec<u64>);

impl DrawnByGroup {
    /// Counts a request of a group.
    pub fn record(&mut self, group: Group) {
        self.0.resize(GROUPS, 0);
        if let Some(drawn) = self.0.get_mut(usize::from(group.0)) {
            *drawn += 1;
        }
    }

    /// The requests of the group in one place.
    pub fn of(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or_default()
    }

    /// The requests of all groups.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Whether nothing was counted.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        if !other.is_empty() {
            self.0.resize(GROUPS, 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

impl<'de> Deserialize<'de> for DrawnByGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let drawn: Vec<u64> = Deserialize::deserialize(deserializer)?;
        match drawn.len() {
            0 | GROUPS => Ok(Self(drawn)),
            found => Err(D::Error::custom(format_args!("{found} groups of units instead of {GROUPS}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(groups: &[u8]) -> DrawnByGroup {
        let mut drawn = DrawnByGroup::default();
        groups.iter().for_each(|group| drawn.record(Group(*group)));
        drawn
    }

    #[test]
    fn it_adds_in_any_order_and_is_read_as_it_was_written() {
        let (some, others) = (drawn(&[0, 63, 63]), drawn(&[63, 7]));
        let (mut sum, mut turned) = (some.clone(), others.clone());
        sum.add(&others);
        turned.add(&some);
        assert_eq!(sum, turned);
        assert_eq!([0, 7, 63, 64].map(|place| sum.of(place)), [1, 1, 3, 0]);
        assert_eq!(sum.all(), 5);
        let written = serde_json::to_string(&sum).unwrap();
        assert_eq!(serde_json::from_str::<DrawnByGroup>(&written).unwrap(), sum);
        let mut nothing = DrawnByGroup::default();
        nothing.add(&DrawnByGroup::default());
        assert!(nothing.is_empty());
    }

    #[test]
    fn few_groups_are_a_mistake() {
        let error = serde_json::from_str::<DrawnByGroup>("[1, 2]").unwrap_err().to_string();
        assert_eq!(error, "2 groups of units instead of 64");
    }
}
