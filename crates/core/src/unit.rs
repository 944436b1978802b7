//! Units and groups: who a request belongs to, without saying who. A unit is known by a hash, and falls into one of
//! 64 groups that stay the same in every rollout.

use crate::id::ApplicationName;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// How many groups the units of an application fall into. Evidence of sticky units is summed per group.
pub const GROUPS: usize = 64;

/// Separates the application's name from the unit, a byte that neither can contain as text.
const SEPARATOR: u8 = 0x1f;

/// The part of an application's units a unit belongs to, the same in every rollout: 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group(pub u8);

/// Whether requests are evidence one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Every request was drawn by itself.
    Independent,
    /// Requests of one unit stay together.
    Sticky,
}

/// The identity of a unit within its application, for counting units and forming groups; no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitHash(pub u64);

impl UnitHash {
    /// The hash of a unit. It is independent of every salt, so that groups stay the same in every rollout.
    pub fn of(application: &ApplicationName, unit: &str) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(application.as_str().as_bytes());
        hasher.write(&[SEPARATOR]);
        hasher.write(unit.as_bytes());
        Self(hasher.finish())
    }

    /// The group the unit belongs to.
    pub const fn group(self) -> Group {
        Group((self.0 % GROUPS as u64) as u8)
    }
}
