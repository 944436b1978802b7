//! What decides: tests whose error holds however often they are looked at.
//!
//! [`capital`] is the additive form evidence is kept in. [`race`] judges events of independent requests, [`betting`]
//! shares of them in percentage points, [`exceedance`] says how quantiles of durations become races, [`contrast`] judges
//! sticky units, [`srm`] watches the split of traffic. [`starts`] finds changes that come late, and [`combine`] joins
//! several guards.

pub mod capital;
pub mod race;
pub mod betting;
pub mod exceedance;
pub mod starts;
pub mod combine;
pub mod srm;
pub mod contrast;
