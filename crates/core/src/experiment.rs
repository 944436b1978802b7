//! Experiments: several releases of one application, or of several applications together, side by side to learn which is best.
//!
//! Start with [`definition`], what people ask for; [`asks`] says what that asks of answers, and [`hasty`] when it leaves callers no time to speak. [`crate::routing::draw`] puts a unit on an arm; [`renewal`] says what a span of
//! the experiment is drawn and scored by. [`evidence`] is what was counted, with [`early`] failures apart, and [`analysis`] what follows from it: a [`verdict`] with its [`sentence`], valid at every look. It stands on [`compare`] (two arms),
//! [`harm`] (guards), [`checks`] (whether the counts can be trusted), [`factors`] (arms that cross two applications), [`interactions`] (experiments elsewhere, which [`company`] says) and [`days`]
//! (whether the effect lasts). [`allocate`] moves traffic to the arms that do best, and [`step`] says what the experiment does next.
//!
//! An experiment only learns: its winner is released by a rollout, under the same guards as any other release.

pub mod definition;
pub mod asks;
pub mod hasty;
pub mod evidence;
mod scored;
pub mod early;
pub mod compare;
pub mod harm;
pub mod checks;
pub mod factors;
pub mod interactions;
pub mod days;
pub mod verdict;
pub mod analysis;
pub mod sentence;
pub mod allocate;
pub mod step;
pub mod report;
pub mod company;
pub mod renewal;
