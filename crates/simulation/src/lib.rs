//! Whole fleets in one thread under a clock that is moved: controllers and gateways that run the code of production, a
//! network and a disk on which everything goes wrong that can, and the rules that hold all the same.
//!
//! Start with [`run`]: a [`Script`] is drawn from a seed, played event by event ([`world`]), and every rule is looked at
//! after each of them ([`truth`]). A script that breaks one is made as short as it can be ([`shrink()`]) and told. What is
//! made up here is only what surrounds the code: the [`model`] of the database keeps to the contract of the real one, and
//! a test compares the two.
//!
//! Nothing here is part of the product.

mod chance;
mod controller;
pub mod furniture;
mod gateway;
mod message;
mod model;
mod queue;
mod script;
mod shrink;
mod story;
mod truth;
mod world;

pub use chance::Chance;
pub use model::{Database, Health, Model};
pub use script::{Act, Deed, Disk, Order, Script, Way, Weather};
pub use shrink::{Shrunk, shrink};
pub use truth::{Rule, Violation};
pub use world::Outcome;

use story::Story;
use world::World;

/// Plays a script.
pub fn run(script: &Script) -> Outcome {
    World::run(script.clone(), Story::default())
}

/// Plays a script and tells what happens.
pub fn tell(script: &Script) -> Outcome {
    World::run(script.clone(), Story::told())
}
