//! Experiments under simulated traffic: how often they conclude what is not so, looked at again and again, and how soon they find
//! what is there.
//!
//! `VIRIDIAN_SIMULATION_RUNS` sets the number of runs; run with `--nocapture` to read the rates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the rates are what one runs this for")]

#[path = "experiment/broken.rs"]
mod broken;
#[path = "experiment/cards.rs"]
mod cards;
#[path = "experiment/crossed.rs"]
mod crossed;
#[path = "experiment/elsewhere.rs"]
mod elsewhere;
#[path = "experiment/errors.rs"]
mod errors;
#[path = "experiment/found.rs"]
mod found;
#[path = "experiment/guards.rs"]
mod guards;
#[path = "experiment/late.rs"]
mod late;
#[path = "experiment/moves.rs"]
mod moves;
#[path = "stats_error_rates/runs.rs"]
#[expect(dead_code, reason = "shared with the estimators' own tests")]
mod runs;
#[path = "experiment/own.rs"]
mod own;
#[path = "experiment/times.rs"]
mod times;
#[path = "experiment/told.rs"]
mod told;
#[path = "experiment/world.rs"]
mod world;
