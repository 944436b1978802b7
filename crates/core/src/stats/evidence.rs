//! What decides: tests whose error holds however often they are looked at.
//!
//! [`capital`] is the additive form evidence is kept in. Requests drawn one by one: [`race`] judges events, [`conditional`] those of which not every request is a case, [`betting`]
//! shares in percentage points, [`bounded`] values between two ends and [`scored`] scores from counts of them, [`capped`] costs and other means, [`per_success`] a ratio of sums, [`exceedance`] says how quantiles of
//! durations become races, [`means`] what is told beside bets; [`centre`] makes bets vary less by what was known before. [`paired`] judges shadow traffic and
//! evals, [`graded`] the scores of either, [`finite`] evals of a fixed set of cases. [`contrast`] judges sticky units and [`clustered`] races their events, [`srm`] watches the split of traffic,
//! [`interaction`] two experiments at once, [`linear`] any number of arms by groups. [`starts`] finds changes that come late, [`combine`] joins several guards into
//! one decision, and [`discovery`] says which of many stand out.

pub mod capital;
pub mod race;
pub mod conditional;
pub mod betting;
pub mod exceedance;
pub mod contrast;
pub mod clustered;
pub mod linear;
pub mod bounded;
pub mod centre;
pub mod capped;
pub mod amounts;
pub mod per_success;
mod means;
pub mod paired;
pub mod graded;
pub mod scored;
pub mod finite;
pub mod srm;
pub mod interaction;
pub mod starts;
pub mod combine;
pub mod discovery;
