//! What goes wrong, as the script says, and what people want meanwhile.

use super::World;
use crate::controller::Condition;
use crate::furniture;
use crate::model::Health;
use crate::queue::{Event, Moment};
use crate::script::{Deed, Disk, Order};
use crate::truth::Rule;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::input::Readiness;
use viridian_core::routing::table::Salt;
use viridian_store::{Error, Retry, Start, Takeover};

/// How long somebody waits before they ask again.
const AGAIN: Moment = 5_000;
/// How often they ask.
const PATIENCE: u32 = 30;

/// Something a person wants.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    application: usize,
    what: What,
    asked: u32,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Order(Order),
    Start(u64),
}

impl World {
    pub(super) fn begin_act(&mut self, place: usize) {
        let Some(act) = self.script.acts.get(place).cloned() else { return };
        if self.is_over {
            return;
        }
        let line = act.deed.to_string();
        self.tell(|| format!("* {line}"));
        if act.deed.lasts() {
            let end = self.after(act.lasts);
            self.queue.put(end, Event::End(place));
        }
        match act.deed {
            Deed::CrashGateway(gateway, disk) => self.kill_gateway(gateway, disk),
            Deed::StopGateway(gateway) => self.stop_gateway(gateway),
            Deed::SuspendGateway(gateway) => self.suspend_gateway(gateway),
            Deed::CrashController => {
                if let Some(acting) = self.acting() {
                    self.end_controller(acting);
                }
            }
            Deed::PauseController => {
                if let Some(controller) = self.acting().and_then(|acting| self.controllers.get_mut(acting)) {
                    controller.condition = Condition::Stopped;
                }
            }
            Deed::Usurp => self.usurp(),
            Deed::Cut(gateway, way) => self.cut(gateway, way, |cuts| cuts + 1),
            Deed::Storm(weather) => self.weather = weather,
            Deed::Disk(health) => self.database.set(health),
            Deed::FullDisk(gateway) => self.fill_disk(gateway, |fills| fills + 1),
            Deed::SetGatewayClock(gateway, by) => {
                if let Some(gateway) = self.gateways.get_mut(gateway) {
                    gateway.set_clock(by * 1_000);
                }
            }
            Deed::SetControllerClock(by) => self.controllers_ahead += by * 1_000,
            Deed::BaselineDown => self.sight.baseline.set(Readiness::NotReady),
            Deed::CandidateBad(application) => {
                if let Some(bad) = self.bad.get_mut(application) {
                    *bad = true;
                }
            }
            Deed::Order(application, order) => self.wish(application, What::Order(order)),
            Deed::Start(application) => {
                let number = self.number();
                self.wish(application, What::Start(number));
            }
        }
    }

    pub(super) fn end_act(&mut self, place: usize) {
        let Some(act) = self.script.acts.get(place).cloned() else { return };
        if self.is_over {
            return;
        }
        let line = act.deed.to_string();
        self.tell(|| format!("* no longer: {line}"));
        match act.deed {
            Deed::CrashGateway(gateway, _) | Deed::StopGateway(gateway) => self.start_gateway(gateway),
            Deed::SuspendGateway(gateway) => self.wake_gateway(gateway),
            Deed::CrashController => {
                if self.acting().is_none() {
                    self.start_controller();
                }
            }
            Deed::PauseController => self.resume_all(),
            Deed::Usurp => self.end_all_but_latest(),
            Deed::Cut(gateway, way) => self.cut(gateway, way, |cuts| cuts.saturating_sub(1)),
            Deed::Storm(_) => self.weather = self.script.weather,
            Deed::Disk(_) => self.database.set(Health::Fine),
            Deed::BaselineDown => self.sight.baseline.set(Readiness::Ready),
            Deed::FullDisk(gateway) => self.fill_disk(gateway, |fills| fills.saturating_sub(1)),
            Deed::SetGatewayClock(..)
            | Deed::SetControllerClock(_)
            | Deed::CandidateBad(_)
            | Deed::Order(..)
            | Deed::Start(_) => {}
        }
    }

    /// A gateway drains: it brings its last counters, says farewell and ends.
    fn stop_gateway(&mut self, place: usize) {
        let acting = self.acting();
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let Some(process) = &mut gateway.process else { return };
        for request in process.underway.drain(..) {
            self.truth.counted(&process.origin, &request);
            request.finish(viridian_core::outcome::Class::Ok, 1);
        }
        process.reported = None;
        let (origin, retired) = (process.origin.clone(), process.handle.retire());
        self.report_now(place);
        if let Err(error) = retired {
            self.truth.breaks(Rule::Soundness, format!("gateway-{place} cannot retire: {error}"));
        } else if let Some(controller) = acting {
            let said = crate::message::Said::Farewell { origin: origin.clone() };
            self.send(crate::message::Message { gateway: place, boot: origin.boot, controller, said });
        }
        self.kill_gateway(place, Disk::Kept);
    }

    fn suspend_gateway(&mut self, place: usize) {
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place).filter(|gateway| gateway.process.is_some()) else {
            return;
        };
        gateway.show(now);
        gateway.is_asleep = true;
    }

    /// Another controller starts; some gateways are sent to it at once, the others when their streams end.
    fn usurp(&mut self) {
        self.start_controller();
        let latest = self.controllers.len().saturating_sub(1);
        for place in 0..self.gateways.len() {
            if self.chance.hits(500)
                && let Some(gateway) = self.gateways.get_mut(place)
            {
                gateway.route = latest;
                if let Some(stream) = gateway.process.as_ref().and_then(|process| process.stream()) {
                    self.break_off(place, stream);
                }
            }
        }
    }

    pub(super) fn resume_all(&mut self) {
        for place in 0..self.controllers.len() {
            self.resume_controller(place);
        }
    }

    pub(super) fn end_all_but_latest(&mut self) {
        for place in 0..self.controllers.len().saturating_sub(1) {
            let is_gone =
                self.controllers.get(place).is_none_or(|controller| controller.condition == Condition::Gone);
            if !is_gone {
                self.end_controller(place);
            }
        }
    }

    fn wish(&mut self, application: usize, what: What) {
        self.wishes.push(Wish { application, what, asked: 0 });
        self.ask(self.wishes.len() - 1);
    }

    /// Somebody asks the controller that acts for what they want, and again if it cannot be had now.
    pub(super) fn ask(&mut self, place: usize) {
        let Some(wish) = self.wishes.get_mut(place) else { return };
        wish.asked += 1;
        let wish = wish.clone();
        let answered = match wish.what {
            What::Order(order) => self.order(wish.application, order),
            What::Start(number) => self.start_rollout(wish.application, number),
        };
        if answered == Answered::Later && wish.asked < PATIENCE && !self.is_over {
            self.queue.put(self.now + AGAIN, Event::Ask(place));
        }
    }

    pub(super) fn order(&mut self, application: usize, order: Order) -> Answered {
        let by = "ann".to_owned();
        let command = match order {
            Order::Rollback => Command::Rollback { by, reason: None },
            Order::Abort => Command::Abort { by, reason: None },
            Order::Pause => Command::Pause { by },
            Order::Resume => Command::Resume { by },
            Order::Promote => Command::Promote { by, reach: Reach::Step },
        };
        self.command(application, &command)
    }

    /// Gives the rollout of an application an order.
    fn command(&mut self, application: usize, command: &Command) -> Answered {
        let Some(acting) = self.running() else { return Answered::Later };
        let Some(name) = self.applications.get(application).cloned() else { return Answered::Done };
        let controller = &self.controllers[acting];
        let active = viridian_controller::Ledger::active_rollout(&controller.model, &name);
        let rollout = match active {
            Ok(Some(rollout)) => rollout.proposal.name,
            Ok(None) => return Answered::Done,
            Err(_) => return Answered::Later,
        };
        controller.show(self.now);
        let answered = match controller.model.order(&rollout, command, controller.now()) {
            Ok(_) => Answered::Done,
            Err(Error::Unwritable(_)) => Answered::Later,
            Err(_) => Answered::Done,
        };
        self.nudge(acting);
        answered
    }

    fn start_rollout(&mut self, application: usize, number: u64) -> Answered {
        let Some(acting) = self.running() else { return Answered::Later };
        let version = 2 + usize::try_from(number).unwrap_or(0) % (furniture::RELEASES - 1);
        let furnished = furniture::proposal(application, version, number);
        let (proposal, plan) = match furnished {
            Ok(furnished) => furnished,
            Err(broken) => {
                self.truth.breaks(Rule::Soundness, broken.to_string());
                return Answered::Done;
            }
        };
        let controller = &self.controllers[acting];
        controller.show(self.now);
        let start = Start {
            proposal: &proposal,
            plan: &plan,
            salt: Salt([number.to_le_bytes()[0]; 16]),
            takeover: Takeover::Supersede,
            retry: Retry::Acknowledged,
            at: controller.now(),
        };
        let answered = match controller.model.start_rollout(&start) {
            Err(Error::Unwritable(_)) => Answered::Later,
            _ => Answered::Done,
        };
        self.nudge(acting);
        answered
    }

    /// Lets held rollouts go on: nobody is there any more to decide otherwise.
    pub(super) fn resume_rollouts(&mut self) {
        for application in 0..self.applications.len() {
            self.command(application, &Command::Resume { by: "ann".to_owned() });
        }
    }

    fn running(&self) -> Option<usize> {
        self.acting().filter(|acting| self.controllers[*acting].condition == Condition::Runs)
    }
}

/// Whether somebody was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Done,
    Later,
}
