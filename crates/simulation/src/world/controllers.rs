//! What controllers do: they start, look, receive what gateways say, and tell them tables.

use super::{World, millis};
use crate::controller::{Condition, Controller, Heard, Stream};
use crate::message::{Answer, Message, Said};
use crate::queue::{Event, Moment};
use crate::truth::{Rule, exposes};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use viridian_controller::reconcile::Progress;
use viridian_controller::{Ledger, Received, Taken, Unheard};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, Generation};
use viridian_wire::door::Frame;

/// How often a controller says that it lives, as at its door.
const BEAT: Moment = 5_000;
/// How long a controller that could not start waits before it tries again.
const AGAIN: Moment = 1_000;
/// A nudged controller looks this much later.
const NUDGED: Moment = 2;

impl World {
    /// Starts a controller, or tries again a little later.
    pub(super) fn start_controller(&mut self) {
        let place = self.controllers.len();
        match Controller::start(&self.database, self.sight.clone(), (self.now, self.controllers_ahead)) {
            Ok(controller) => {
                self.tell(|| format!("controller-{place} starts in term {}", controller.model.term()));
                self.controllers.push(controller);
                self.queue.put(self.now, Event::Look(place));
            }
            Err(_) => self.queue.put(self.now + AGAIN, Event::Look(usize::MAX)),
        }
    }

    /// A controller looks at every application, and again after a while.
    pub(super) fn look(&mut self, place: usize) {
        if place == usize::MAX {
            if self.acting().is_none() {
                self.start_controller();
            }
            return;
        }
        if self.controllers.get(place).is_some_and(|controller| controller.condition == Condition::Gone) {
            return;
        }
        self.decide(place);
        self.queue.put(self.now + self.pace(), Event::Look(place));
    }

    /// A controller looks at every application, if it runs.
    pub(super) fn decide(&mut self, place: usize) {
        let Some(controller) = self.controllers.get(place) else { return };
        if controller.condition != Condition::Runs {
            return;
        }
        controller.show(self.now);
        let Ok(applications) = controller.model.applications() else { return };
        for application in &applications {
            self.walk(place, &application.name);
        }
        if let Some(controller) = self.controllers.get(place) {
            controller.hub.advance();
            // What could not be written down is tried again at the next look, as by the runner.
            let _later = controller.registry.catch_up().and_then(|()| controller.registry.keep());
        }
        self.pump(place);
        self.resign(place);
    }

    /// A controller that has learnt that another one acts ends.
    fn resign(&mut self, place: usize) {
        let Some(controller) = self.controllers.get(place) else { return };
        if controller.hub.successor().is_some() && controller.condition != Condition::Gone {
            self.tell(|| format!("controller-{place} resigns"));
            self.end_controller(place);
        }
    }

    /// Walks an application on until it rests, as the runner does.
    fn walk(&mut self, place: usize, application: &ApplicationName) {
        for _ in 0..Controller::steps() {
            let ordered_back = self.is_ordered_back(place, application);
            let written = self.database.length();
            let before = self.database.committed(application);
            let Some(controller) = self.controllers.get_mut(place) else { return };
            let progress = controller.step(application);
            let published = controller.hub.table(application);
            if let Some(table) = &published {
                self.truth.saw(table);
            }
            if ordered_back && published.is_some_and(|table| exposes(&table)) {
                let what = format!("controller-{place} still publishes a share of {application}'s candidate");
                self.truth.breaks(Rule::RollbackIsReachable, what);
            }
            self.check_steps(place, written, before.as_ref());
            match progress {
                Ok(Progress::Moved) => {}
                Ok(Progress::Rests) => return,
                Err(error) => {
                    let error = source_of(&error);
                    self.tell_trouble(place, error);
                    return;
                }
            }
        }
    }

    /// A controller cannot decide: told when that begins and when it changes.
    fn tell_trouble(&mut self, place: usize, error: String) {
        let Some(controller) = self.controllers.get_mut(place) else { return };
        if controller.trouble != error {
            controller.trouble.clone_from(&error);
            self.tell(|| format!("controller-{place} cannot decide: {error}"));
        }
    }

    /// A gateway says something to a controller that runs.
    pub(super) fn receive(&mut self, message: Message) {
        let Message { gateway, boot, controller: place, said } = message;
        let now = self.now;
        let Some(controller) = self.controllers.get_mut(place) else { return };
        controller.show(now);
        let Some(node) = self.gateways.get(gateway).map(|gateway| gateway.node.clone()) else { return };
        let answer = match said {
            Said::Hello { stream, serving } => {
                match controller.registry.open(&Origin { node, boot }, serving.clone()) {
                    Ok(tables) => {
                        let (told, serving) = (BTreeMap::new(), serving.into_iter().collect());
                        controller.heard.insert(gateway, Heard { boot, at: now, has_left: false, serving });
                        let opened =
                            Stream { gateway, boot, tables, last_arrival: now, is_broken: false, told };
                        controller.streams.insert(stream, opened);
                        self.queue.put(now + BEAT, Event::Beat(place, stream));
                    }
                    Err(error) => {
                        self.tell(|| format!("gateway-{gateway} is not let in: {error}"));
                        self.break_off(gateway, stream);
                    }
                }
                None
            }
            Said::Closed { stream } => {
                controller.streams.remove(&stream);
                None
            }
            Said::Acknowledged { question, acknowledgement } => {
                let answers = acknowledgement.answers.clone();
                let taken = controller.hub.acknowledge(acknowledgement);
                if taken.is_ok() {
                    controller.note(
                        gateway,
                        boot,
                        now,
                        answers.iter().map(|said| (&said.application, said.serving)),
                    );
                }
                Some((question, answer_of(taken.map(|()| true))))
            }
            Said::Reported { question, report } => {
                let origin = report.origin.clone();
                let taken = controller.intake.receive(*report);
                self.truth.knows(&origin, self.database.counted(|counted| counted.total(&origin)));
                if taken.is_ok() {
                    controller.note(gateway, boot, now, std::iter::empty());
                }
                Some((question, answer_of(taken.map(|received| received == Received::Durable))))
            }
            Said::Farewell { origin } => {
                controller.registry.leave(&origin);
                controller.forget(gateway, &origin);
                None
            }
            Said::Told { .. } | Said::Answered { .. } => None,
        };
        self.resign(place);
        // Whoever resigns answers nobody: a lease must not count from that.
        let has_resigned =
            self.controllers.get(place).is_none_or(|controller| controller.hub.successor().is_some());
        if let Some((question, answer)) = answer.filter(|_| !has_resigned) {
            let said = Said::Answered { question, answer };
            self.send(Message { gateway, boot, controller: place, said });
        }
        self.pump(place);
        self.nudge(place);
    }

    /// A controller is to look soon, not only at its next turn.
    pub(super) fn nudge(&mut self, place: usize) {
        let is_due = self.nudged.get(&place).is_some_and(|at| *at >= self.now);
        if !is_due {
            self.nudged.insert(place, self.now + NUDGED);
            self.queue.put(self.now + NUDGED, Event::Nudge(place));
        }
    }

    /// A controller tells gateways what there is for them.
    fn pump(&mut self, place: usize) {
        let Some(controller) = self.controllers.get_mut(place) else { return };
        let mut frames = Vec::new();
        let mut ended = Vec::new();
        for (number, stream) in &mut controller.streams {
            loop {
                match stream.tables.take() {
                    Taken::Update(update) => {
                        for table in &update.tables {
                            stream.told.insert(table.application.clone(), Arc::clone(table));
                        }
                        frames.push((*number, stream.gateway, stream.boot, Frame::Delta(update.into())));
                    }
                    Taken::Nothing => break,
                    Taken::Superseded => {
                        // The same process may have come again: it asks anew, as at the door.
                        if stream.tables.is_superseded(stream.boot) {
                            frames.push((*number, stream.gateway, stream.boot, Frame::Superseded));
                        }
                        ended.push(*number);
                        break;
                    }
                }
            }
        }
        self.check_rings(place, &ended);
        for (stream, gateway, boot, frame) in frames {
            let said = Said::Told { stream, frame: Box::new(frame) };
            self.send(Message { gateway, boot, controller: place, said });
        }
        if let Some(controller) = self.controllers.get_mut(place) {
            controller.streams.retain(|number, _| !ended.contains(number));
        }
    }

    /// Whoever was told a share for a candidate is told at once that it has none any more.
    fn check_rings(&mut self, place: usize, ended: &[u64]) {
        let Some(controller) = self.controllers.get(place) else { return };
        let mut held_back = None;
        for (number, stream) in controller.streams.iter().filter(|(number, _)| !ended.contains(number)) {
            for (application, told) in &stream.told {
                let Some(latest) = controller.hub.table(application) else { continue };
                let is_back = !exposes(&latest) && latest.baseline == told.baseline;
                if exposes(told) && is_back {
                    held_back = Some((*number, stream.gateway, latest.generation));
                }
            }
        }
        if let Some((number, gateway, generation)) = held_back {
            let what = format!("generation {generation} is kept from gateway-{gateway} on stream {number}");
            self.truth.breaks(Rule::RollbackReachesAllAtOnce, what);
        }
    }

    /// A controller says on a stream that it lives.
    pub(super) fn beat(&mut self, place: usize, stream: u64) {
        let Some(controller) = self.controllers.get(place) else { return };
        let Some(open) = controller.streams.get(&stream) else { return };
        let (gateway, boot) = (open.gateway, open.boot);
        // What it was sent, or its answer, was lost: it is sent what it lacks when it asks anew, as at the door.
        if controller.condition == Condition::Runs && open.tables.is_unanswered() {
            if let Some(controller) = self.controllers.get_mut(place) {
                controller.streams.remove(&stream);
            }
            self.break_off(gateway, stream);
            return;
        }
        match controller.condition {
            Condition::Gone => return,
            Condition::Stopped => {}
            Condition::Runs => {
                let said = Said::Told { stream, frame: Box::new(Frame::Beat) };
                self.send(Message { gateway, boot, controller: place, said });
            }
        }
        self.queue.put(self.now + BEAT, Event::Beat(place, stream));
    }

    /// A controller is gone, with everything it had in memory.
    pub(super) fn end_controller(&mut self, place: usize) {
        let Some(controller) = self.controllers.get_mut(place) else { return };
        controller.condition = Condition::Gone;
        controller.inbox.clear();
        let streams: Vec<(u64, usize)> =
            controller.streams.iter().map(|(number, stream)| (*number, stream.gateway)).collect();
        controller.streams.clear();
        for (stream, gateway) in streams {
            self.break_off(gateway, stream);
        }
        self.tell(|| format!("controller-{place} is gone"));
    }

    /// A controller that stood still goes on with what came meanwhile.
    pub(super) fn resume_controller(&mut self, place: usize) {
        let Some(controller) = self.controllers.get_mut(place) else { return };
        if controller.condition != Condition::Stopped {
            return;
        }
        controller.go_on(self.now);
        let inbox = std::mem::take(&mut controller.inbox);
        self.tell(|| format!("controller-{place} goes on"));
        self.decide(place);
        for message in inbox {
            self.receive(message);
        }
    }

    /// The moment after a span.
    pub(super) fn after(&self, span: Duration) -> Moment {
        self.now + millis(span)
    }
}

impl Controller {
    /// A gateway has left: nothing of it is waited for, and still it is known.
    fn forget(&mut self, gateway: usize, origin: &Origin) {
        if let Some(heard) = self.heard.get_mut(&gateway).filter(|heard| heard.boot == origin.boot) {
            heard.has_left = true;
        }
    }

    /// A gateway was heard and may have said what it serves by.
    fn note<'a>(
        &mut self,
        gateway: usize,
        boot: viridian_core::id::BootId,
        now: Moment,
        serving: impl Iterator<Item = (&'a ApplicationName, Generation)>,
    ) {
        let Some(heard) = self.heard.get_mut(&gateway).filter(|heard| heard.boot == boot) else { return };
        heard.at = now;
        for (application, generation) in serving {
            let known = heard.serving.entry(application.clone()).or_default();
            *known = generation.max(*known);
        }
    }
}

const fn answer_of(taken: Result<bool, Unheard>) -> Answer {
    match taken {
        Ok(durable) => Answer::Done { durable },
        Err(Unheard::Superseded) => Answer::Superseded,
        Err(Unheard::Unknown) => Answer::Unknown,
    }
}

/// An error with what caused it.
fn source_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", source_of(source)),
        None => error.to_string(),
    }
}
