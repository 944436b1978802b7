//! What the loop finds out by asking, beside what gateways report. Entry point: [`Senses`]: probes over the network in
//! production, a script in the simulation of whole fleets.

use viridian_core::application::Application;
use viridian_core::gauge::Gauged;
use viridian_core::id::RolloutName;
use viridian_core::rollout::input::{Readiness, SmokeResult};
use viridian_core::routing::table::Placement;
use viridian_core::time::Timestamp;
use viridian_store::StoredRollout;

/// A rollout that sources are asked about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The application, with its sources.
    pub application: &'a Application,
    /// The rollout, with its gauges.
    pub rollout: &'a StoredRollout,
    /// What is to serve.
    pub candidate: &'a Placement,
}

/// What is known of the arms of an application. No call waits: what is not known yet is being found out.
pub trait Senses {
    /// How the smoke requests of the present step went; starts them when nobody has.
    fn smoke(&self, rollout: &StoredRollout, candidate: &Placement) -> SmokeResult;
    /// Whether the baseline can be sent requests; ready unless something is known against it.
    fn baseline(&self, application: &Application, placement: &Placement) -> Readiness;
    /// Whether the candidate can; ready only when that is known.
    fn candidate(&self, application: &Application, placement: &Placement) -> Readiness;
    /// What sources outside say of a rollout, in the order of its gauges; asks those whose turn it is.
    fn gauges(&self, subject: Subject<'_>, now: Timestamp) -> Vec<Gauged>;
    /// Forgets what was found for a rollout that is over.
    fn forget(&self, rollout: &RolloutName);
}
