//! The draw of an experiment: [`Draw::of`] puts a unit on an arm, into the holdout or outside, the same on every gateway and in
//! every application that takes part.
//!
//! Two keyed hashes decide. One, of the layer's name and the unit, says which experiment of the layer the unit belongs to; it is
//! the same for all of them, so that they exclude one another. The other, of the experiment's name and the unit, says which arm:
//! what a unit was on in an earlier experiment of the layer, or is on in another layer, tells nothing of it. The hash is that of
//! [`super::bucket`], under a secret salt.

use super::bucket::Bucket;
use super::layer::Part;
use super::shares::{Owner, Shares};
use super::table::Salt;
use crate::id::{ExperimentName, LayerName};
use crate::weight::Weight;
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// Separates what is hashed together, a byte that no name contains.
const SEPARATOR: u8 = 0x1f;
/// What the two hashes of a unit are told apart by.
const OF_LAYER: &[u8] = b"layer";
const OF_ARM: &[u8] = b"arm";

/// How an experiment draws.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// The secret key of all draws of the layer.
    pub salt: &'a Salt,
    /// The layer.
    pub layer: &'a LayerName,
    /// The experiment.
    pub experiment: &'a ExperimentName,
    /// Its part of the layer.
    pub part: Part,
    /// Its arms.
    pub shares: &'a Shares,
}

/// Who is drawn.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A unit, by the name that requests carry.
    Unit(&'a str),
    /// A request by itself, by a uniform random number of its own.
    Request(u64),
}

/// What the draw came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// An arm, counted from zero, with its probability among the experiment's units.
    Arm {
        /// Which.
        arm: usize,
        /// The probability with which it was drawn.
        probability: Weight,
    },
    /// The part that every arm leaves alone.
    Holdout,
    /// Not in the experiment: it belongs to another part of the layer, or to no arm.
    Outside,
}

impl Draw<'_> {
    /// Where a unit is, for as long as its arm's share does not fall below its place.
    pub fn of(&self, who: Who<'_>) -> Drawn {
        if !self.part.holds(self.bucket(OF_LAYER, self.layer.as_str(), who)) {
            return Drawn::Outside;
        }
        match self.shares.owner(self.bucket(OF_ARM, self.experiment.as_str(), who)) {
            Owner::Arm(arm) => Drawn::Arm { arm, probability: self.shares.of(arm) },
            Owner::Holdout => Drawn::Holdout,
            Owner::Nobody => Drawn::Outside,
        }
    }

    fn bucket(&self, of: &[u8], name: &str, who: Who<'_>) -> u16 {
        let mut hasher = SipHasher24::new_with_key(&self.salt.0);
        hasher.write(of);
        hasher.write(&[SEPARATOR]);
        hasher.write(name.as_bytes());
        hasher.write(&[SEPARATOR]);
        match who {
            Who::Unit(unit) => hasher.write(unit.as_bytes()),
            Who::Request(uniform) => hasher.write(&uniform.to_le_bytes()),
        }
        Bucket::from_uniform(hasher.finish()).index()
    }
}

#[cfg(test)]
mod tests;
