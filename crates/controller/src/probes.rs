//! Requests the controller makes itself, beside the loop: smoke requests to a candidate, and connections to the
//! baseline to see that it is alive. The loop only reads what they found; what is missing is started, so a crash in
//! between merely asks again.

use crate::nudge::Nudge;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use viridian_core::id::RolloutName;
use viridian_core::rollout::input::{Readiness, SmokeResult};
use viridian_core::rollout::plan::Step;
use viridian_core::rollout::state::Phase;
use viridian_core::routing::table::Placement;
use viridian_platform::client::Client;
use viridian_platform::{reach, smoke};
use viridian_store::StoredRollout;

/// How often the baseline's endpoints are tried while a rollout runs.
const INTERVAL: Duration = Duration::from_secs(2);

/// What the controller found out by asking.
pub(crate) struct Probes {
    runtime: Handle,
    client: Client,
    nudge: Nudge,
    found: Arc<Mutex<Found>>,
}

#[derive(Default)]
struct Found {
    /// By rollout and step.
    smoke: HashMap<(RolloutName, usize), SmokeResult>,
    /// By endpoint.
    reached: HashMap<String, Reached>,
}

struct Reached {
    asked_at: Instant,
    readiness: Readiness,
}

impl Probes {
    pub(crate) fn new(runtime: Handle, nudge: Nudge) -> Self {
        Self { runtime, client: Client::new(), nudge, found: Arc::default() }
    }

    /// How the smoke requests of the present step went; starts them when nobody has.
    pub(crate) fn smoke(&self, rollout: &StoredRollout, candidate: &Placement) -> SmokeResult {
        let (Phase::Progressing(at) | Phase::Held { at, .. }) = &rollout.state.phase else {
            return SmokeResult::Pending;
        };
        let Some(Step::Smoke(requests)) = rollout.plan.step(at.step) else {
            return SmokeResult::Pending;
        };
        let key = (rollout.proposal.name.clone(), at.step);
        let mut found = lock(&self.found);
        if let Some(result) = found.smoke.get(&key) {
            return result.clone();
        }
        found.smoke.insert(key.clone(), SmokeResult::Pending);
        let (client, candidate, requests) = (self.client.clone(), candidate.clone(), requests.clone());
        let (shared, nudge) = (Arc::clone(&self.found), self.nudge.clone());
        self.runtime.spawn(async move {
            let result = match smoke::run(&client, &candidate, &requests).await {
                Ok(()) => SmokeResult::Passed,
                Err(detail) => SmokeResult::Failed { detail },
            };
            lock(&shared).smoke.insert(key, result);
            nudge.wake();
        });
        SmokeResult::Pending
    }

    /// Whether a placement accepts connections, as far as is known; asks again when that is long ago. Nothing known
    /// means ready: a restoration does not wait for an answer.
    pub(crate) fn readiness(&self, placement: &Placement) -> Readiness {
        let mut found = lock(&self.found);
        let mut any_ready = false;
        for endpoint in &placement.endpoints {
            let known = found.reached.get(&endpoint.0);
            any_ready |= known.is_none_or(|reached| reached.readiness == Readiness::Ready);
            if known.is_some_and(|reached| reached.asked_at.elapsed() < INTERVAL) {
                continue;
            }
            let readiness = known.map_or(Readiness::Ready, |reached| reached.readiness);
            found.reached.insert(endpoint.0.clone(), Reached { asked_at: Instant::now(), readiness });
            let (endpoint, shared) = (endpoint.clone(), Arc::clone(&self.found));
            self.runtime.spawn(async move {
                let readiness = match reach::endpoint(&endpoint).await {
                    Ok(()) => Readiness::Ready,
                    Err(_) => Readiness::NotReady,
                };
                lock(&shared).reached.insert(endpoint.0, Reached { asked_at: Instant::now(), readiness });
            });
        }
        if any_ready { Readiness::Ready } else { Readiness::NotReady }
    }

    /// Forgets what was found for rollouts that are over.
    pub(crate) fn forget(&self, rollout: &RolloutName) {
        lock(&self.found).smoke.retain(|(name, _), _| name != rollout);
    }
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    // Every change is one insertion, so a poisoned map is still sound.
    found.lock().unwrap_or_else(PoisonError::into_inner)
}
