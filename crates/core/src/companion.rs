//! Companions: the experiments that run at the same time as one, elsewhere, and draw the same kind of unit. A unit then has an arm in
//! each of them, and what it meets there may change what an arm does here. [`Companions`] says which there are during a span,
//! [`Elsewhere`] which arm one unit has in each.

use crate::arm::{self, Arm};
use crate::grown;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// So many companions are looked at at most: each makes the id of an answer say one arm more.
pub const MOST: usize = 4;

/// The number of an experiment. No other ever has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(pub u64);

/// An experiment elsewhere, during a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Companion {
    /// Which.
    pub experiment: Number,
    /// The share of each of its arms, the control first; nothing for those that were stopped and those there are not.
    #[serde(deserialize_with = "grown::array")]
    pub shares: [Weight; arm::MOST],
}

/// The companions of an experiment during a span, each in a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Companion>", into = "Vec<Companion>")]
pub struct Companions([Option<Companion>; MOST]);

/// The arm that a unit has in each companion, by its place; none where it is on no arm. Four bits for each companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Elsewhere(u16);

/// The bits of one companion.
const BITS: usize = 4;
const MASK: u16 = (1 << BITS) - 1;

/// One arm of one companion, both by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seat {
    /// The place of the companion.
    #[serde(rename = "c")]
    pub companion: u8,
    /// The arm, where the control has zero.
    #[serde(rename = "a")]
    pub arm: u8,
}

impl Companions {
    /// These, in their order; those beyond [`MOST`] are left out.
    pub fn of(companions: impl IntoIterator<Item = Companion>) -> Self {
        let mut places = [None; MOST];
        places.iter_mut().zip(companions).for_each(|(place, companion)| *place = Some(companion));
        Self(places)
    }

    /// Each, in the order of the places.
    pub fn iter(&self) -> impl Iterator<Item = &Companion> {
        self.0.iter().flatten()
    }

    /// The place of an experiment, and what it is drawn by; nothing when it is no companion.
    pub fn find(&self, experiment: Number) -> Option<(u8, &Companion)> {
        (0..).zip(self.iter()).find(|(_, companion)| companion.experiment == experiment)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Elsewhere {
    /// On no arm anywhere.
    pub const NOWHERE: Self = Self(0);

    /// With one seat more. Places beyond [`MOST`] and arms beyond the most an experiment has change nothing.
    #[must_use]
    pub fn with(self, Seat { companion, arm }: Seat) -> Self {
        if usize::from(companion) >= MOST || usize::from(arm) >= arm::MOST {
            return self;
        }
        let at = usize::from(companion) * BITS;
        Self(self.0 & !(MASK << at) | (u16::from(arm) + 1) << at)
    }

    /// The seats there are, in the order of the companions.
    pub fn seats(self) -> impl Iterator<Item = Seat> {
        (0..MOST).filter_map(move |place| {
            let arm = usize::from(self.0 >> (place * BITS) & MASK).checked_sub(1)?;
            // More arms than there can be were written by nobody.
            Arm::of_experiment(arm)?;
            Some(Seat { companion: u8::try_from(place).ok()?, arm: u8::try_from(arm).ok()? })
        })
    }

    /// As bits, as an id carries it.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From the bits of an id.
    pub const fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether it says nothing.
    pub const fn is_nowhere(&self) -> bool {
        self.0 == 0
    }
}

impl TryFrom<Vec<Companion>> for Companions {
    type Error = &'static str;

    fn try_from(companions: Vec<Companion>) -> Result<Self, Self::Error> {
        if companions.len() > MOST {
            return Err("more companions than an experiment has");
        }
        Ok(Self::of(companions))
    }
}

impl From<Companions> for Vec<Companion> {
    fn from(companions: Companions) -> Self {
        companions.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn companions_are_known_by_their_places() {
        let companion = |number| Companion { experiment: Number(number), shares: [Weight::ZERO; arm::MOST] };
        let all = Companions::of([7, 3, 9, 4, 5].map(companion));
        assert_eq!(all.iter().count(), MOST);
        assert_eq!(all.find(Number(9)).map(|(place, _)| place), Some(2));
        assert_eq!(all.find(Number(5)), None);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Companions>(&text).unwrap(), all);
        let longer = text.replacen('[', &format!("[{},", serde_json::to_string(&companion(1)).unwrap()), 1);
        assert!(serde_json::from_str::<Companions>(&longer).is_err());
        assert!(Companions::default().is_empty() && !all.is_empty());
    }

    proptest! {
        /// Whatever arms a unit has, they come back, also through the bits of an id.
        #[test]
        fn every_arm_comes_back(arms in proptest::collection::vec(proptest::option::of(0u8..8), MOST)) {
            let seats: Vec<Seat> = (0..).zip(&arms).filter_map(|(companion, arm)| Some(Seat { companion, arm: (*arm)? })).collect();
            let elsewhere = seats.iter().fold(Elsewhere::NOWHERE, |all, seat| all.with(*seat));
            prop_assert_eq!(elsewhere.seats().collect::<Vec<_>>(), seats.clone());
            prop_assert_eq!(Elsewhere::of_bits(elsewhere.bits()), elsewhere);
            prop_assert_eq!(elsewhere.is_nowhere(), seats.is_empty());
        }

        /// Bits that nobody wrote never say an arm that no experiment has.
        #[test]
        fn no_bits_say_an_arm_there_is_not(bits: u16) {
            for Seat { companion, arm } in Elsewhere::of_bits(bits).seats() {
                prop_assert!(usize::from(companion) < MOST && usize::from(arm) < arm::MOST);
            }
        }
    }
}
