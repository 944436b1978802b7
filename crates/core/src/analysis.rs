//! Judging a candidate against its baseline: what is measured, how it is counted, and what follows from it.

pub use crate::{epoch, guard, metric};

pub mod calibration;
mod counts;
mod drawn;
pub mod drift;
pub mod percentiles;
mod sketch;
mod score;
pub mod slices;
pub mod cells;
pub mod tally;
pub mod pairs;
pub mod row;
mod remembered;
pub mod measurement;
pub mod verdict;
pub(crate) mod sentence;
mod turn;
pub mod judge;
