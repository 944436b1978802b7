//! A rollout on gateways that are reached over lines, while callers call and everything is written down. Entry points:
//! [`Scene::set`], and at the end [`Scene::audit`].

use crate::apart::{self, APPLICATION, Apart};
use crate::chat_model::Failing;
use crate::ledger::{self, FLOOR, Totals};
use crate::load::STEADY;
use crate::published::Published;
use crate::{history, manifests};
use serde_json::Value;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_core::arm::Arm;

/// The rollout.
pub(super) const ROLLOUT: &str = "parcels-v2";
/// How rollouts end.
pub(super) const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
/// A plan that judges twice and watches for a while.
pub(super) const STEPS: [&str; 5] = [
    "weight: 10%",
    "analysis: {minSamples: 50}",
    "weight: 50%",
    "analysis: {minSamples: 100}",
    "bake: {for: 2s, holdback: 10%, minSamples: 50}",
];
/// What that plan gives the candidate, in per cent, one after the other.
pub(super) const SHARES: [f64; 4] = [0.0, 10.0, 50.0, 90.0];
/// How many requests a gateway may have under way: one of each caller.
pub(super) const CALLERS: usize = 8;
/// A plan that stops at the half until somebody says something.
pub(super) const HALF: [&str; 2] = ["weight: 50%", "pause: {}"];

/// A world with a fault in it.
pub(super) struct Scene {
    pub(super) world: Apart,
    pub(super) published: Published,
    /// When the fault began and when it ended.
    fault: Option<(Instant, Option<Instant>)>,
    /// When the candidate was known to be withdrawn everywhere.
    withdrawn: Option<Instant>,
}

/// How much may be missing at the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    /// Requests that got no answer.
    pub(super) lost: usize,
    /// Requests that were answered and not counted; the product has to have said that there are such.
    pub(super) uncounted: usize,
}

impl Scene {
    /// Starts so many gateways, a controller and callers, with a candidate that fails so.
    pub(super) async fn set(gateways: usize, failing: Failing) -> Self {
        Self::set_in(TempDir::new().unwrap(), gateways, failing).await
    }

    /// The same with everything that is kept in a directory.
    pub(super) async fn set_in(home: TempDir, gateways: usize, failing: Failing) -> Self {
        Self::of(Apart::on_lines(home, (gateways, failing, STEADY), apart::plain).await)
    }

    /// The same with a local guard, and callers who wait so long.
    pub(super) async fn guarded(gateways: usize, failing: Failing, pace: Duration) -> Self {
        let guarded = |urls: [&str; 2]| {
            let local_guard = "unit: request\n  localGuard: {errors: 50%, minRequests: 5}";
            apart::plain(urls).replacen("unit: request", local_guard, 1)
        };
        Self::of(Apart::on_lines(TempDir::new().unwrap(), (gateways, failing, pace), guarded).await)
    }

    fn of(world: Apart) -> Self {
        let published = Published::watch(&world.lines);
        Self { world, published, fault: None, withdrawn: None }
    }

    /// Starts the rollout by these steps.
    pub(super) fn begin(&self, steps: &[&str]) {
        let manifest = manifests::rollout(ROLLOUT, APPLICATION, steps);
        self.world.controller.start_rollout(self.world.home.path(), &manifest);
    }

    /// The fault begins, when enough requests were answered before it.
    pub(super) async fn fault_begins(&mut self) {
        self.some_more().await;
        self.fault = Some((Instant::now(), None));
    }

    /// The fault has ended.
    pub(super) fn fault_ends(&mut self) {
        if let Some((_, ended)) = &mut self.fault {
            *ended = Some(Instant::now());
        }
    }

    /// Waits until callers of every gateway got enough answers more.
    pub(super) async fn some_more(&self) {
        for load in &self.world.loads {
            load.until_more_of_any(FLOOR + CALLERS).await;
        }
    }

    /// Waits until the rollout has ended, and expects that it did so.
    pub(super) fn until_it_ends(&mut self, end: &str) -> Value {
        let status = self.world.controller.until_phase(ROLLOUT, &ENDS);
        if end == "RolledBack" {
            self.withdrawn = Some(Instant::now());
        }
        assert_eq!(status["phase"], end, "{status:#}");
        status
    }

    /// The log of the rollout, by the plan [`STEPS`].
    pub(super) fn expect_sound_history(&self, end: &str) {
        history::expect_sound(&self.world.controller, ROLLOUT, end, &SHARES);
    }

    /// The candidate was known to be withdrawn everywhere at this moment.
    pub(super) const fn withdrawn_at(&mut self, moment: Instant) {
        self.withdrawn = Some(moment);
    }

    /// Lets callers finish, ends every process in order, and holds everything that was written down against each other.
    pub(super) async fn audit(self, allowed: Allowed) -> Totals {
        self.published.expect_sound();
        self.audit_unwatched(allowed).await
    }

    /// The same where the test itself tampered with what was published.
    pub(super) async fn audit_unwatched(mut self, allowed: Allowed) -> Totals {
        self.some_more().await;
        let totals = self.world.audit().await;
        let (began, ended) = self.fault.and_then(|(began, ended)| Some((began, ended?))).unwrap();
        ledger::expect_load_around(&self.world.ledgers(), began, ended);
        ledger::expect_losses_between(&self.world.ledgers(), began, ended);
        if let Some(since) = self.withdrawn {
            ledger::expect_none_by(&self.world.ledgers(), "v2", since);
        }
        assert!(totals.refused.is_empty(), "answered by nobody's release: {totals:?}");
        assert!(totals.lost <= allowed.lost, "{} lost: {totals:?}", totals.lost);
        for arm in [Arm::Baseline, Arm::Candidate] {
            let answered = totals.by_arm.get(arm.as_str()).copied().unwrap_or_default();
            let counted = self.world.counted(arm);
            // A request that was lost on the way back was served all the same.
            let range = answered.saturating_sub(allowed.uncounted)..=answered + totals.lost;
            assert!(range.contains(&counted), "{arm:?}: {counted} counted, {answered} answered, {totals:?}");
        }
        totals
    }
}
