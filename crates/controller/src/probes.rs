//! Requests the controller makes itself, beside the loop: smoke requests to a candidate, and connections to
//! both arms to see that they are alive. The loop only reads what they found; what is missing is started, so a crash in
//! between merely asks again.

use crate::nudge::Nudge;
use crate::readings::Readings;
use crate::senses::{Senses, Subject};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use viridian_core::application::Application;
use viridian_core::environment::{Endpoint, ReadinessCheck, SecretReference};
use viridian_core::gauge::Gauged;
use viridian_core::id::RolloutName;
use viridian_core::rollout::input::{Readiness, SmokeResult};
use viridian_core::rollout::plan::Step;
use viridian_core::rollout::state::Phase;
use viridian_core::routing::table::Placement;
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::{reach, smoke};
use viridian_store::StoredRollout;

/// How often the endpoints of both arms are tried while a rollout runs.
const INTERVAL: Duration = Duration::from_secs(2);

/// What the controller found out by asking.
pub(crate) struct Probes {
    runtime: Handle,
    client: Client,
    nudge: Nudge,
    found: Arc<Mutex<Found>>,
    readings: Readings,
}

#[derive(Default)]
struct Found {
    /// By rollout and step.
    smoke: HashMap<(RolloutName, usize), SmokeResult>,
    /// By endpoint, and how it is asked.
    reached: HashMap<Question, Reached>,
}

/// An endpoint, and how it is asked whether it is ready.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Question {
    endpoint: Endpoint,
    path: Option<String>,
}

struct Reached {
    asked_at: Instant,
    /// Absent while the first answer is awaited.
    readiness: Option<Readiness>,
}

impl Probes {
    pub(crate) fn new(runtime: Handle, nudge: Nudge) -> Self {
        let client = Client::new();
        let readings = Readings::new(runtime.clone(), client.clone(), nudge.clone());
        Self { runtime, client, nudge, found: Arc::default(), readings }
    }

    /// What is known of each endpoint of a placement; asks again where that is long ago.
    fn known(&self, application: &Application, placement: &Placement) -> Vec<Option<Readiness>> {
        let environment = application.environments.get(&placement.environment);
        let check = environment.and_then(|environment| environment.readiness.as_ref());
        let mut found = lock(&self.found);
        let mut known = Vec::new();
        for endpoint in &placement.endpoints {
            let question =
                Question { endpoint: endpoint.clone(), path: check.map(|check| check.path.clone()) };
            let reached = found.reached.get(&question);
            let readiness = reached.and_then(|reached| reached.readiness);
            known.push(readiness);
            if reached.is_none_or(|reached| reached.asked_at.elapsed() >= INTERVAL) {
                found.reached.insert(question.clone(), Reached { asked_at: Instant::now(), readiness });
                self.ask(question, check.cloned(), placement.bearer.clone());
            }
        }
        known
    }

    /// Asks an endpoint, and wakes the loop when that says something new.
    fn ask(&self, question: Question, check: Option<ReadinessCheck>, bearer: Option<SecretReference>) {
        let (client, shared, nudge) = (self.client.clone(), Arc::clone(&self.found), self.nudge.clone());
        self.runtime.spawn(async move {
            let endpoint = &question.endpoint;
            let answer = match &check {
                Some(check) => reach::ready(&client, endpoint, check, bearer.as_ref()).await,
                None => reach::endpoint(endpoint).await,
            };
            let readiness = if answer.is_ok() { Readiness::Ready } else { Readiness::NotReady };
            let reached = Reached { asked_at: Instant::now(), readiness: Some(readiness) };
            let before = lock(&shared).reached.insert(question, reached);
            if before.is_none_or(|before| before.readiness != Some(readiness)) {
                nudge.wake();
            }
        });
    }
}

impl Senses for Probes {
    /// How the smoke requests of the present step went; starts them when nobody has.
    fn smoke(&self, rollout: &StoredRollout, candidate: &Placement) -> SmokeResult {
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
            let result = match smoke::run(&client, &candidate, &requests, smoke::PATIENCE).await {
                Ok(()) => SmokeResult::Passed,
                Err(detail) => SmokeResult::Failed { detail },
            };
            lock(&shared).smoke.insert(key, result);
            nudge.wake();
        });
        SmokeResult::Pending
    }

    /// Whether any endpoint of the baseline is ready. Nothing known means ready: a restoration does not wait for an
    /// answer.
    fn baseline(&self, application: &Application, placement: &Placement) -> Readiness {
        let is_ready =
            self.known(application, placement).iter().any(|known| *known != Some(Readiness::NotReady));
        if is_ready { Readiness::Ready } else { Readiness::NotReady }
    }

    /// Whether every endpoint of the candidate is ready. Nothing known means not ready: nobody is sent to an endpoint
    /// that was not reached before.
    fn candidate(&self, application: &Application, placement: &Placement) -> Readiness {
        let is_ready =
            self.known(application, placement).iter().all(|known| *known == Some(Readiness::Ready));
        if is_ready { Readiness::Ready } else { Readiness::NotReady }
    }

    fn gauges(&self, subject: Subject<'_>, now: Timestamp) -> Vec<Gauged> {
        self.readings.standings(subject, now)
    }

    /// Forgets what was found for rollouts that are over.
    fn forget(&self, rollout: &RolloutName) {
        lock(&self.found).smoke.retain(|(name, _), _| name != rollout);
        self.readings.forget(rollout);
    }
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    // Every change is one insertion, so a poisoned map is still sound.
    found.lock().unwrap_or_else(PoisonError::into_inner)
}
