//! How a rollout moves: the plan it follows, the states it can be in, the orders people give it, and the one pure
//! function that decides what comes next and why.

pub mod plan;
pub mod command;
pub mod state;
pub mod input;
pub mod uncompared;
pub mod report;
pub mod noted;
pub mod effect;
pub mod step;
pub mod forecast;
