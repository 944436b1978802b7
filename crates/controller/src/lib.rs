//! The loop that moves rollouts. It is woken by a timer or a nudge, looks at what is committed and what was
//! measured, decides by the rules of the core, commits, and publishes the table that follows.
//!
//! Reading order: [`reconcile`] is the walk of a decision, one function; [`present`] is what it loads, [`observe`]
//! what it sees, [`draft`] the table that follows, by its [number](generations); [`hub`] is where gateways are met, `registry` who of them outlasts the process, [`intake`] where their
//! counters arrive; [`runner`] is the thread it all runs on.
//! [`Housekeeper`] keeps the database small, beside all that.
//!
//! Nothing here serves traffic, and nothing here is asked during a request.

mod error;
mod experiment;
mod nudge;
pub mod hub;
pub mod intake;
mod ledger;
mod senses;
mod readings;
mod probes;
mod present;
mod observe;
mod generations;
mod length;
mod draft;
pub mod reconcile;
mod deliver;
mod notifier;
mod registry;
pub mod door;
pub mod runner;
mod housekeeping;

pub use deliver::MOST_WAITING;
pub use door::{Behind, Door, Entrance, TurnedAway};
pub use error::Error;
pub use housekeeping::Housekeeper;
pub use hub::{Hub, Subscription, Taken, Unheard, Update};
pub use intake::{Intake, Received};
pub use ledger::Ledger;
pub use notifier::{Notices, Patience};
pub use nudge::{Clock, Nudge};
pub use registry::Registry;
pub use runner::{Config, Controller};
pub use senses::{Senses, Subject};
