//! The sides of a comparison.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most arms an experiment has, its control included.
pub const MOST: usize = 8;

/// The role of a placement in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Arm {
    /// What served before the rollout or the experiment; the control of an experiment.
    Baseline,
    /// What is on trial in a rollout.
    Candidate,
    /// What is compared with the control of an experiment.
    Treatment(Treatment),
}

/// Which arm of an experiment beside its control: 1 to 7, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Treatment(u8);

/// A word that names no arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoArm(String);

/// Every arm with its word, in the order of the counters. Treatments have their numbers, because their names are those of
/// one experiment alone.
const WORDS: [(Arm, &str); 1 + MOST] = [
    (Arm::Baseline, "baseline"),
    (Arm::Candidate, "candidate"),
    (Arm::Treatment(Treatment(1)), "treatment1"),
    (Arm::Treatment(Treatment(2)), "treatment2"),
    (Arm::Treatment(Treatment(3)), "treatment3"),
    (Arm::Treatment(Treatment(4)), "treatment4"),
    (Arm::Treatment(Treatment(5)), "treatment5"),
    (Arm::Treatment(Treatment(6)), "treatment6"),
    (Arm::Treatment(Treatment(7)), "treatment7"),
];

impl Treatment {
    /// The one with this number; nothing when there is none.
    pub fn numbered(number: usize) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..MOST).contains(&usize::from(*number))).map(Self)
    }

    /// Its number: its place among the arms of the experiment, where the control has zero.
    pub const fn number(self) -> usize {
        self.0 as usize
    }
}

impl Arm {
    /// How many there are.
    pub const COUNT: usize = WORDS.len();

    /// Every arm, in the order of the counters.
    pub fn all() -> impl Iterator<Item = Self> {
        WORDS.into_iter().map(|(arm, _)| arm)
    }

    /// Its place in the order of the counters.
    pub const fn index(self) -> usize {
        match self {
            Self::Baseline => 0,
            Self::Candidate => 1,
            Self::Treatment(treatment) => 1 + treatment.number(),
        }
    }

    /// The arm of an experiment at this place, where the control has zero; nothing when there is none.
    pub fn of_experiment(place: usize) -> Option<Self> {
        if place == 0 { Some(Self::Baseline) } else { Treatment::numbered(place).map(Self::Treatment) }
    }

    /// The word for it, as in logs and tables.
    pub const fn as_str(self) -> &'static str {
        WORDS[self.index()].1
    }
}

impl TryFrom<String> for Arm {
    type Error = NoArm;

    fn try_from(word: String) -> Result<Self, NoArm> {
        let found = WORDS.into_iter().find(|(_, known)| *known == word);
        found.map(|(arm, _)| arm).ok_or(NoArm(word))
    }
}

impl From<Arm> for String {
    fn from(arm: Arm) -> Self {
        arm.as_str().to_owned()
    }
}

impl fmt::Display for NoArm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no arm is called '{}'", self.0)
    }
}

impl std::error::Error for NoArm {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_has_its_place_and_its_word() {
        for (place, arm) in Arm::all().enumerate() {
            assert_eq!(arm.index(), place);
            assert_eq!(Arm::try_from(arm.as_str().to_owned()), Ok(arm));
            assert_eq!(serde_json::to_string(&arm).unwrap(), format!("\"{}\"", arm.as_str()));
        }
        assert_eq!(Arm::of_experiment(0), Some(Arm::Baseline));
        assert_eq!(Arm::of_experiment(7), Arm::all().last());
        assert_eq!(Arm::of_experiment(8), None);
        assert!(Arm::try_from("treatment0".to_owned()).is_err());
    }
}
