//! The rules of Viridian: how a request is routed, how evidence is judged, how a rollout moves.
//!
//! Everything here is an ordinary function on values. Nothing waits, fails for reasons outside itself, reads a
//! clock or rolls dice: the time and random numbers are arguments. Two walks cross this crate:
//!
//! - a request: [`routing::decide`] answers which release serves it and whether it counts as evidence;
//! - a decision: [`analysis::judge`] turns evidence into verdicts, [`rollout::step`] turns verdicts, orders and
//!   acknowledgements into the next state, [`routing::build`] turns that state into the table gateways serve from.
//! - an experiment: [`routing::draw`] puts a unit on one of several arms, [`experiment::analysis`] says which is better.
//!
//! The modules are listed in reading order.

pub mod id;
pub mod time;
mod hundredths;
pub mod weight;
pub mod arm;
pub mod unit;
mod grown;
mod own_name;
pub mod declared;
pub mod score;
pub mod metric;
pub mod meanings;
pub mod guard;
pub mod slice;
pub mod companion;
pub mod epoch;
pub mod environment;
pub mod contents;
pub mod source;
pub mod gauge;
pub mod question;
pub mod release;
pub mod application;
pub mod routing;
pub mod opinion;
pub mod outcome;
pub mod agreement;
pub mod stats;
pub mod analysis;
pub mod rollout;
pub mod experiment;
pub mod simulate;
