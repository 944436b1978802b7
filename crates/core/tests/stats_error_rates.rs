//! The tests of the evidence by themselves, without `judge`: each holds its error at the edge of its null, looked at after
//! every outcome, while what befalls both arms moves; and each finds what is there about as soon as it should.
//!
//! `VIRIDIAN_SIMULATION_RUNS` sets the number of runs; run with `--nocapture` to read the rates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the rates are what one runs this for")]

#[path = "stats_error_rates/always.rs"]
mod always;
#[path = "stats_error_rates/counted.rs"]
mod counted;
#[path = "stats_error_rates/dealt.rs"]
mod dealt;
#[path = "stats_error_rates/groups.rs"]
mod groups;
#[path = "stats_error_rates/late.rs"]
mod late;
#[path = "stats_error_rates/many.rs"]
mod many;
#[path = "stats_error_rates/means.rs"]
mod means;
#[path = "stats_error_rates/one_look.rs"]
mod one_look;
#[path = "stats_error_rates/one_look_of_many.rs"]
mod one_look_of_many;
#[path = "stats_error_rates/pairs.rs"]
mod pairs;
#[path = "stats_error_rates/quantiles.rs"]
mod quantiles;
#[path = "stats_error_rates/runs.rs"]
#[expect(dead_code, reason = "shared with the tests of experiments")]
mod runs;
#[path = "stats_error_rates/splits.rs"]
mod splits;
