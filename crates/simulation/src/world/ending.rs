//! The end of a run: nothing goes wrong any more, and everything has to come to rest. What has not after long enough is
//! a fault as much as a rule that was broken.

use super::World;
use crate::model::Health;
use crate::queue::Moment;
use crate::script::{Deed, Order, Weather};
use crate::truth::{Completeness, Rule};
use std::time::Duration;
use viridian_core::analysis::row::Origin;
use viridian_core::id::BootId;
use viridian_core::rollout::input::Readiness;
use viridian_core::rollout::state::{Hold, Phase};

/// How long everything may take to come to rest: two leases, an hour by which a clock may have been set back, and the
/// rollout itself.
const LONGEST: Moment = 3 * 3_600 * 1_000;
/// How long nothing has to go wrong before anything is looked at: everything under way arrives within it.
const CALM: Moment = 60_000;
/// Within how long the last counters are told once nobody calls any more: an answer that is waited for, and a little.
const TOLD: Moment = 12_000;
/// For how long a rollout may wait for what a person passed over before that person goes on.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

impl World {
    /// From here on nothing goes wrong.
    pub(super) fn calm_down(&mut self) {
        self.tell(|| "* nothing goes wrong any more".to_owned());
        self.is_over = true;
        self.ordered_on = self.now;
        self.weather = Weather { loss: 0, twice: 0, delay: Duration::from_millis(5) };
        self.cuts.fill([0; 2]);
        self.database.set(Health::Fine);
        self.sight.baseline.set(Readiness::Ready);
        self.resume_all();
        self.end_all_but_latest();
        if self.acting().is_none() {
            self.start_controller();
        }
        self.gateways.iter_mut().for_each(|gateway| gateway.fill(|_| 0));
        for place in 0..self.gateways.len() {
            self.wake_gateway(place);
            self.start_gateway(place);
        }
    }

    /// Whether everything has come to its end: looked at after every event, cheapest first.
    pub(super) fn has_come_to_rest(&mut self) -> bool {
        if self.now > millis_of(self.script.length) + LONGEST {
            return true;
        }
        if self.now < self.rest_checked + 1_000 {
            return false;
        }
        self.rest_checked = self.now;
        if let Some(quiet_since) = self.quiet_since {
            return self.now > quiet_since + 3 * self.pace() + TOLD;
        }
        self.release_holds();
        if self.unrest().is_none() {
            self.quiet_since = Some(self.now);
        }
        false
    }

    /// What has not come to its end yet.
    fn unrest(&self) -> Option<String> {
        if self.now < millis_of(self.script.length) + CALM {
            return Some("it has not been calm for long enough".to_owned());
        }
        if let Some(rollout) = self.database.rollouts().iter().find(|stored| stored.ended_at.is_none()) {
            let report = rollout.latest_report.as_ref().map(|report| report.sentence.clone());
            let phase = rollout.state.phase.word();
            return Some(format!("{} is {phase}: {}", rollout.proposal.name, report.unwrap_or_default()));
        }
        let Some(acting) = self.acting() else { return Some("no controller acts".to_owned()) };
        let controller = &self.controllers[acting];
        for name in &self.applications {
            let committed = self.database.committed(name);
            if committed.is_none() || controller.hub.table(name) != committed {
                return Some(format!("what is published of {name} is not what was committed"));
            }
            for (place, gateway) in self.gateways.iter().enumerate() {
                let serving = gateway.process.as_ref().and_then(|process| process.handle.table(name));
                if serving != committed {
                    return Some(format!("gateway-{place} does not serve {name} by the newest table"));
                }
            }
            let seen = controller.hub.gateways(name);
            if !seen.all_acknowledged() || seen.exposed > 0 || seen.known != self.gateways.len() {
                return Some(format!("the controller sees {seen:?} of {name}"));
            }
        }
        None
    }

    /// What people hold they let go of.
    fn release_holds(&mut self) {
        let is_held = self.database.rollouts().iter().any(|stored| {
            matches!(
                stored.state.phase,
                Phase::Held {
                    reason: Hold::Paused { .. } | Hold::PlannedPause | Hold::Regression { .. },
                    ..
                }
            )
        });
        if is_held {
            self.resume_rollouts();
        }
        self.go_on_passing_over();
    }

    /// A rollout that was ordered past the step that gives the candidate a share has nothing to judge in the next one:
    /// whoever ordered it there has to order it on.
    fn go_on_passing_over(&mut self) {
        let is_promoted = |act: &crate::script::Act| matches!(act.deed, Deed::Order(_, Order::Promote));
        let waited = self.now >= self.ordered_on + millis_of(PATIENCE);
        if waited && self.script.acts.iter().any(is_promoted) {
            self.ordered_on = self.now;
            for application in 0..self.applications.len() {
                self.order(application, Order::Promote);
            }
        }
    }

    /// What has to be true at the end.
    pub(super) fn check_ending(&mut self) {
        if let Some(unrest) = self.unrest() {
            self.truth.breaks(Rule::Convergence, unrest);
            return;
        }
        self.check_counts();
    }

    /// What was counted is known: everything of gateways that live, and of those that died no more than there was.
    fn check_counts(&mut self) {
        for place in 0..self.gateways.len() {
            let gateway = &self.gateways[place];
            let Some(living) = gateway.process.as_ref().map(|process| process.origin.clone()) else {
                continue;
            };
            for boot in 1..=living.boot.0 {
                let origin = Origin { node: living.node.clone(), boot: BootId(boot) };
                let known = self.database.counted(|counted| counted.requests(&origin));
                let is_alive = origin == living;
                let whole = if is_alive { Completeness::Whole } else { Completeness::Partial };
                self.truth.known(&origin, &known, whole);
            }
        }
    }
}

fn millis_of(span: Duration) -> Moment {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
