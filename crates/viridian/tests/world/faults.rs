//! Faults, each with callers at work and a ledger that is audited at the end. `docs/faults.md` says which test shows
//! which fault, by its number, and which faults there are none of here.

mod ambiguous;
mod clock;
mod controller_killed;
mod crash_places;
mod gateway_killed;
mod newer;
mod partitioned;
mod paused;
mod places;
mod poisoned;
mod scene;
mod store;
mod storm;
mod tampered;
mod two_controllers;

use scene::Scene;
