//! The statistics of a release decision: pure functions from counts to evidence.
//!
//! Two questions are asked of every guard. HARM: is the candidate worse than the baseline at all? SAFE: is it worse by
//! less than the margin? Each has its own null hypothesis and its own error bound, and both may be asked as often as
//! one likes: every test here stays valid however often it is looked at.
//!
//! In reading order: [`special`] holds the few special functions, [`intervals`] the shared interval and the confidence
//! sequences, [`race`] judges event counts of independent requests, [`betting`] judges shares of them in percentage
//! points, [`histogram`] holds durations, [`quantile`] turns them into exceedance races and rank bounds,
//! [`combine`] joins several guards, [`srm`] watches the split of traffic, [`contrast`] judges sticky units, and
//! [`planning`] says how much evidence a decision will need.
//!
//! Which test answers for which metric, and what follows from it, is decided by the analysis.

pub mod special;
pub mod intervals;
pub mod race;
pub mod betting;
pub mod histogram;
pub mod quantile;
pub mod combine;
pub mod srm;
pub mod contrast;
pub mod planning;
