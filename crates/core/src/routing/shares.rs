//! The shares of an experiment's arms, and the buckets they own. [`Shares::new`] gives each arm a fixed place; its share grows
//! and shrinks within that place and nobody else's, so that no unit ever goes from one arm to another.

use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The whole, in buckets.
const WHOLE: u16 = 10_000;

/// Who owns which of the 10 000 buckets: the arms from their fixed starts on, the holdout the last ones, nobody the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Stored", into = "Stored")]
pub struct Shares {
    arms: Vec<Place>,
    holdout: Weight,
}

/// The buckets of one arm: `share` of them from `start` on, of the `room` there is before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    start: u16,
    room: Weight,
    share: Weight,
}

/// The stored form, which is held to the same rules when it is read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    rooms: Vec<Weight>,
    shares: Vec<Weight>,
    #[serde(default)]
    holdout: Weight,
}

/// Why shares are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharesError {
    /// Together with the holdout they are more than the whole, by so many basis points.
    TooMuch(u32),
    /// An arm has no share.
    Nothing {
        /// Which, counted from zero.
        arm: usize,
    },
    /// An arm would need more than its place holds.
    NoRoom {
        /// Which, counted from zero.
        arm: usize,
        /// What its place holds.
        room: Weight,
    },
    /// Shares of more arms than there are, or fewer.
    Arms(usize),
}

/// Who owns a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// An arm, counted from zero.
    Arm(usize),
    /// The holdout.
    Holdout,
    /// Nobody.
    Nobody,
}

impl Shares {
    /// The arms side by side, each with room for the share it has now; the holdout last.
    ///
    /// # Errors
    /// An arm has none, or all are more than the whole.
    pub fn new(shares: &[Weight], holdout: Weight) -> Result<Self, SharesError> {
        let laid = Self::anew(shares, holdout)?;
        match shares.iter().position(|share| *share == Weight::ZERO) {
            Some(arm) => Err(SharesError::Nothing { arm }),
            None => Ok(laid),
        }
    }

    /// The arms side by side wherever they fit, also those without a share. Units would change arms with every such change: it
    /// is for requests that are drawn by themselves.
    ///
    /// # Errors
    /// All are more than the whole.
    pub fn anew(shares: &[Weight], holdout: Weight) -> Result<Self, SharesError> {
        let sum: u32 = shares.iter().chain([&holdout]).map(|share| u32::from(share.basis_points())).sum();
        if sum > u32::from(WHOLE) {
            return Err(SharesError::TooMuch(sum - u32::from(WHOLE)));
        }
        let mut start = 0;
        let place = |share: &Weight| {
            let place = Place { start, room: *share, share: *share };
            start += share.basis_points();
            place
        };
        Ok(Self { arms: shares.iter().map(place).collect(), holdout })
    }

    /// The same places with other shares, each at most its room; an arm without a share is stopped.
    ///
    /// # Errors
    /// One does not fit, or there are more or fewer than arms.
    pub fn with(&self, shares: &[Weight]) -> Result<Self, SharesError> {
        if shares.len() != self.arms.len() {
            return Err(SharesError::Arms(shares.len()));
        }
        let fit = |(arm, (place, share)): (usize, (&Place, &Weight))| {
            if *share > place.room {
                return Err(SharesError::NoRoom { arm, room: place.room });
            }
            Ok(Place { share: *share, ..*place })
        };
        let arms: Result<_, _> = self.arms.iter().zip(shares).enumerate().map(fit).collect();
        Ok(Self { arms: arms?, holdout: self.holdout })
    }

    /// The share of each arm now.
    pub fn of_arms(&self) -> impl Iterator<Item = Weight> {
        self.arms.iter().map(|place| place.share)
    }

    /// The share of one arm now; nothing for an arm there is not.
    pub fn of(&self, arm: usize) -> Weight {
        self.arms.get(arm).map_or(Weight::ZERO, |place| place.share)
    }

    /// The share that every arm leaves alone.
    pub const fn holdout(&self) -> Weight {
        self.holdout
    }

    /// Who owns a bucket, 0 to 9 999.
    pub fn owner(&self, bucket: u16) -> Owner {
        if bucket >= WHOLE - self.holdout.basis_points() {
            return Owner::Holdout;
        }
        let owns = |place: &Place| bucket >= place.start && bucket - place.start < place.share.basis_points();
        self.arms.iter().position(owns).map_or(Owner::Nobody, Owner::Arm)
    }
}

impl TryFrom<Stored> for Shares {
    type Error = SharesError;

    fn try_from(stored: Stored) -> Result<Self, SharesError> {
        // An arm that a bandit has stopped has no room.
        Self::anew(&stored.rooms, stored.holdout)?.with(&stored.shares)
    }
}

impl From<Shares> for Stored {
    fn from(shares: Shares) -> Self {
        Self {
            rooms: shares.arms.iter().map(|place| place.room).collect(),
            shares: shares.of_arms().collect(),
            holdout: shares.holdout,
        }
    }
}

impl fmt::Display for SharesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMuch(by) => {
                let by = crate::hundredths::Hundredths(*by);
                write!(f, "the shares of the arms and the holdout are {by}% more than the whole")
            }
            Self::Nothing { arm } => write!(f, "arm {} has no share", arm + 1),
            Self::NoRoom { arm, room } => {
                write!(f, "arm {} has room for {room} and no more: others would change arms", arm + 1)
            }
            Self::Arms(count) => write!(f, "{count} shares are not one for each arm"),
        }
    }
}

impl std::error::Error for SharesError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weights(basis_points: &[u16]) -> Vec<Weight> {
        basis_points.iter().map(|share| Weight::from_basis_points(*share).unwrap()).collect()
    }

    fn check(shares: &[u16], holdout: u16, expected: Result<(), SharesError>) {
        let found = Shares::new(&weights(shares), weights(&[holdout])[0]);
        assert_eq!(found.map(|_| ()), expected, "{shares:?} and {holdout}");
    }

    #[test]
    fn shares_and_holdout_are_at_most_the_whole() {
        check(&[5_000, 5_000], 0, Ok(()));
        check(&[3_000, 3_000, 3_000], 1_000, Ok(()));
        check(&[1, 1], 0, Ok(()));
        check(&[5_000, 5_000], 1, Err(SharesError::TooMuch(1)));
        check(&[5_000, 0], 0, Err(SharesError::Nothing { arm: 1 }));
    }

    #[test]
    fn an_arm_grows_only_within_its_room() {
        let shares = Shares::new(&weights(&[4_000, 4_000]), Weight::ZERO).unwrap();
        let stopped = shares.with(&weights(&[4_000, 0])).unwrap();
        assert_eq!(stopped.owner(5_000), Owner::Nobody);
        assert_eq!(stopped.with(&weights(&[4_000, 4_000])), Ok(shares.clone()));
        let error = shares.with(&weights(&[4_001, 0])).unwrap_err();
        assert_eq!(error, SharesError::NoRoom { arm: 0, room: weights(&[4_000])[0] });
        assert_eq!(shares.with(&weights(&[1])), Err(SharesError::Arms(1)));
    }

    #[test]
    fn what_is_stored_is_held_to_the_same_rules() {
        let shares = Shares::new(&weights(&[2_500, 2_500]), weights(&[500])[0]).unwrap();
        let shares = shares.with(&weights(&[2_500, 100])).unwrap();
        let stored = serde_json::to_string(&shares).unwrap();
        assert_eq!(stored, r#"{"rooms":[2500,2500],"shares":[2500,100],"holdout":500}"#);
        assert_eq!(serde_json::from_str::<Shares>(&stored).unwrap(), shares);
        assert!(serde_json::from_str::<Shares>(r#"{"rooms":[9000,2000],"shares":[1,1]}"#).is_err());
        assert!(serde_json::from_str::<Shares>(r#"{"rooms":[9000,0],"shares":[9000,1]}"#).is_err());
        assert!(serde_json::from_str::<Shares>(r#"{"rooms":[10,20],"shares":[11,1]}"#).is_err());
    }

    /// As a bandit leaves them when one of its arms is stopped.
    #[test]
    fn shares_without_room_for_an_arm_that_was_stopped_are_read_back() {
        let shares = Shares::anew(&weights(&[8_100, 0, 900]), weights(&[500])[0]).unwrap();
        let stored = serde_json::to_string(&shares).unwrap();
        assert_eq!(serde_json::from_str::<Shares>(&stored).unwrap(), shares);
    }

    proptest! {
        /// Whatever the shares become, an arm owns exactly its share, and nobody is ever on two arms.
        #[test]
        fn nobody_changes_arms_when_shares_change(
            rooms in proptest::collection::vec(1_u16..=1_200, 2..=8),
            parts in proptest::collection::vec((0_u16..=100, 0_u16..=100), 8),
            holdout in 0_u16..=400,
        ) {
            let full = Shares::new(&weights(&rooms), weights(&[holdout])[0]).unwrap();
            let scaled = |pick: fn(&(u16, u16)) -> u16| -> Vec<Weight> {
                let parts = parts.iter().map(pick);
                weights(&rooms.iter().zip(parts).map(|(room, part)| u16::try_from(u32::from(*room) * u32::from(part) / 100).unwrap()).collect::<Vec<_>>())
            };
            let (before, after) = (scaled(|p| p.0), scaled(|p| p.1));
            let (one, other) = (full.with(&before).unwrap(), full.with(&after).unwrap());
            let mut owned = vec![0_u16; rooms.len()];
            for bucket in 0..WHOLE {
                if let Owner::Arm(arm) = one.owner(bucket) {
                    owned[arm] += 1;
                    // Only a change of one's own share takes one out, and never to another arm.
                    let now = other.owner(bucket);
                    prop_assert!(now == Owner::Arm(arm) || now == Owner::Nobody && after[arm] < before[arm]);
                }
                prop_assert_eq!(one.owner(bucket) == Owner::Holdout, bucket >= WHOLE - holdout);
            }
            prop_assert_eq!(weights(&owned), before);
        }
    }
}
