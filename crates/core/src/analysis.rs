//! Judging a candidate against its baseline: what is measured, how it is counted, and what follows from it.

pub mod epoch;
pub mod guard;
pub mod judge;
pub mod measurement;
pub mod metric;
pub mod row;
mod sentence;
pub mod tally;
pub mod verdict;
