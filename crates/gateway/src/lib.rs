//! The data plane: every request to an application passes here, and nothing on its way waits for the control plane.
//!
//! [`Gateway::start`] serves; a [`Handle`] gives it tables to serve by and takes its counters. Inside, start at
//! `proxy::walk`, which reads from top to bottom. What a request needs is prepared when a snapshot is taken, so that
//! deciding, rewriting and counting a request look nothing up, read no secret and take no lock another worker holds.
//!
//! The modules are listed in reading order: how a request walks, what it walks by, who runs the walk.

mod proxy;

mod address;
mod answer;
mod bell;
mod body;
mod budget;
mod blame;
mod peek;
mod refusal;

mod key;
mod route;
mod splice;
mod stamp;
mod tensors;

mod connect;
mod headers;
mod link;
mod pool;
mod upstream;

mod events;
mod record;
mod relay;

mod archive;
mod disk;
mod durable;
mod seal;

mod guard;
mod lease;
mod pinned;
mod prepared;
mod request_id;
mod snapshot;
mod tally;

mod falls;
mod feedback;
mod metrics;
mod node;
mod random;
mod reading;
mod worker;

mod clock;
mod config;
mod error;
mod handle;
mod rehearsal;
mod socket;
mod serve;
mod sliced;
mod uplink;

pub use blame::Blame;
pub use clock::{Clock, Hands};
pub use config::{Config, Limits, State, StateKey};
pub use disk::Disk;
pub use error::{Error, PinError};
pub use handle::Handle;
pub use metrics::{FeedbackCounts, Metrics, Refusals, Requests, Traffic};
pub use rehearsal::Rehearsed;
pub use serve::Gateway;
pub use uplink::{Error as UplinkError, Following, Reporting, Uplink};
