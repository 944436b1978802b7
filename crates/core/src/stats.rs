//! The statistics of a release decision: pure functions from counts to evidence.
//!
//! Two questions are asked of every guard. HARM: is the candidate worse than the baseline at all? SAFE: is it worse by
//! less than the margin? Each has its own null hypothesis and its own error bound, and both may be asked as often as
//! one likes: every test here stays valid however often it is looked at.
//!
//! The rooms: [`evidence`] decides, [`sequence`] bounds what is estimated at every look, [`report`] is shown and never
//! decides, [`planning`] says how much evidence a decision will need, [`allocation`] which arm of an experiment gets
//! how much traffic. They stand on [`special`] functions, the shared
//! [`interval`], the sums of [`moments`] and the [`histogram`] of durations.
//!
//! Which test answers for which metric, and what follows from it, is decided by the analysis.

pub mod special;
pub mod interval;
pub mod moments;
pub mod histogram;
pub mod amounts;
pub mod sequence;
pub mod evidence;
pub mod report;
pub mod planning;
pub mod allocation;
