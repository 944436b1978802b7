//! What gateways do: they start, reach for a controller, take tables, acknowledge, and report what they counted.

use super::World;
use crate::controller::Condition;
use crate::gateway::{Asked, Follower, Link};
use crate::message::{Answer, Message, Said};
use crate::queue::{Event, Moment};
use crate::script::Disk;
use crate::truth::Rule;
use std::collections::VecDeque;
use std::time::Duration;
use viridian_gateway::{Following, UplinkError};
use viridian_wire::door::{Frame, Receipt};
use viridian_wire::snapshot::Delta;

/// How long an answer may take, as in the uplink.
const ANSWER: Moment = 10_000;
/// After so long without a word a stream counts as dead, as in the uplink.
const SILENCE: Moment = 15_000;
/// How often a gateway looks whether it does.
const LISTEN: Moment = 5_000;
/// The first and the longest wait before the controller is tried again, as in the uplink.
const WAITS: (Moment, Moment) = (100, 5_000);
/// The wait of a gateway whose name is taken, as in the uplink.
const SUPERSEDED: Moment = 60_000;

impl World {
    /// Starts a gateway.
    pub(super) fn start_gateway(&mut self, place: usize) {
        let now = self.now;
        let route = self.controllers.len().saturating_sub(1);
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        if gateway.process.is_some() {
            return;
        }
        gateway.route = route;
        if let Err(error) = gateway.start(now) {
            self.truth.breaks(Rule::Soundness, format!("gateway-{place} does not start: {error}"));
            return;
        }
        self.tell(|| format!("gateway-{place} starts"));
        self.check_kept(place);
        self.queue.put(now + 1, Event::Connect(place));
    }

    /// A gateway ends at once. Its disk stays, or is damaged.
    pub(super) fn kill_gateway(&mut self, place: usize, disk: Disk) {
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let stream = gateway.process.as_ref().and_then(|process| process.stream());
        if gateway.end().is_none() {
            return;
        }
        let damaged = gateway.damage(disk);
        if disk != Disk::Kept {
            gateway.forget_all();
            self.truth.forgets(place);
        }
        if let Err(error) = damaged {
            self.truth.breaks(Rule::Soundness, format!("the disk of the simulation fails: {error}"));
        }
        if let Some(stream) = stream {
            self.hang_up(place, stream);
        }
        self.tell(|| format!("gateway-{place} is gone"));
    }

    /// The controller notices that a gateway has closed a stream, unless nothing passes.
    fn hang_up(&mut self, place: usize, stream: u64) {
        let Some(gateway) = self.gateways.get(place) else { return };
        let boot = viridian_core::id::BootId::default();
        for controller in 0..self.controllers.len() {
            let has = self.controllers.get(controller).is_some_and(|held| held.streams.contains_key(&stream));
            if has {
                let boot = gateway.process.as_ref().map_or(boot, |process| process.origin.boot);
                self.send(Message { gateway: place, boot, controller, said: Said::Closed { stream } });
                return;
            }
        }
    }

    /// A gateway tries to reach its controller.
    pub(super) fn connect(&mut self, place: usize) {
        let latest = self.acting();
        let stream = self.number();
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let is_there = |route: usize| {
            self.controllers.get(route).is_some_and(|controller| controller.condition != Condition::Gone)
        };
        if !is_there(gateway.route) {
            gateway.route = latest.unwrap_or(gateway.route);
        }
        let (controller, is_reached) = (gateway.route, is_there(gateway.route));
        gateway.show(now);
        if gateway.is_asleep {
            self.queue.put(now + LISTEN, Event::Connect(place));
            return;
        }
        let Some(process) = gateway.process.as_mut().filter(|process| matches!(process.link, Link::Away))
        else {
            return;
        };
        if !is_reached {
            self.wait_and_connect(place);
            return;
        }
        process.link = Link::Coming { stream };
        let boot = process.origin.boot;
        let said = Said::Hello { stream, serving: process.handle.serving() };
        self.queue.put(now + ANSWER, Event::GiveUp(place, stream));
        self.send(Message { gateway: place, boot, controller, said });
    }

    /// A gateway tries again after a wait that grows.
    fn wait_and_connect(&mut self, place: usize) {
        let chance = self.chance.below(500);
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        let whole = (WAITS.0 << process.failures.min(10)).min(WAITS.1);
        process.failures = process.failures.saturating_add(1);
        self.queue.put(self.now + whole * (500 + chance) / 1_000, Event::Connect(place));
    }

    /// A gateway closes its stream, and tries another one later.
    fn leave_stream(&mut self, place: usize, why: &UplinkError) {
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        let Some(stream) = process.stream() else { return };
        process.link = Link::Away;
        let is_superseded = matches!(why, UplinkError::Superseded);
        self.tell(|| format!("gateway-{place} gives up its stream: {why}"));
        self.hang_up(place, stream);
        if is_superseded {
            self.queue.put(self.now + SUPERSEDED, Event::Connect(place));
        } else {
            self.wait_and_connect(place);
        }
    }

    /// A gateway learns that a stream broke off.
    pub(super) fn reset(&mut self, place: usize, stream: u64) {
        let process = self.gateways.get(place).and_then(|gateway| gateway.process.as_ref());
        if process.and_then(|process| process.stream()) == Some(stream) {
            self.leave_stream(place, &UplinkError::Ended);
        }
    }

    /// A gateway looks whether its stream is still alive.
    pub(super) fn listen(&mut self, place: usize, stream: u64) {
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let asleep = gateway.is_asleep;
        let Some(Link::Following(follower)) = gateway.process.as_mut().map(|process| &mut process.link)
        else {
            return;
        };
        if follower.stream != stream {
            return;
        }
        // While it waits for an answer it does not listen.
        let is_silent = follower.acknowledged.is_none() && now - follower.heard_at >= SILENCE;
        if is_silent && !asleep {
            self.leave_stream(place, &UplinkError::Silent(Duration::from_millis(SILENCE)));
        } else {
            self.queue.put(now + LISTEN, Event::Listen(place, stream));
        }
    }

    /// A gateway has waited long enough for the answer to a question.
    pub(super) fn give_up(&mut self, place: usize, question: u64) {
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        if process.reported.as_ref().is_some_and(|asked| asked.question == question) {
            process.reported = None;
        }
        let waits = match &process.link {
            Link::Away => false,
            Link::Coming { stream } => *stream == question,
            Link::Following(follower) => {
                follower.acknowledged.as_ref().is_some_and(|asked| asked.question == question)
            }
        };
        if waits {
            self.leave_stream(place, &UplinkError::Silent(Duration::from_millis(ANSWER)));
        }
    }

    /// A gateway that is awake hears something.
    pub(super) fn hear(&mut self, message: Message) {
        let Message { gateway: place, controller, said, .. } = message;
        if let Some(gateway) = self.gateways.get_mut(place) {
            gateway.show(self.now);
        }
        match said {
            Said::Told { stream, frame } => self.hear_frame(place, (stream, controller), *frame),
            Said::Answered { question, answer } => self.hear_answer(place, question, answer),
            _ => {}
        }
    }

    fn hear_frame(&mut self, place: usize, (stream, controller): (u64, usize), frame: Frame) {
        let now = self.now;
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        if let Link::Coming { stream: coming } = &process.link
            && *coming == stream
        {
            process.link = Link::Following(Box::new(Follower {
                stream,
                controller,
                following: Following::default(),
                heard_at: now,
                acknowledged: None,
                unread: VecDeque::new(),
            }));
            self.queue.put(now + LISTEN, Event::Listen(place, stream));
        }
        if let Link::Following(follower) = &mut process.link
            && follower.stream == stream
        {
            follower.unread.push_back(frame);
            self.read_on(place);
        }
    }

    /// A gateway reads what its stream brought, until it has to wait for an answer.
    fn read_on(&mut self, place: usize) {
        loop {
            let now = self.now;
            let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut())
            else {
                return;
            };
            let is_lease_over = process.handle.is_lease_over();
            let Link::Following(follower) = &mut process.link else { return };
            if follower.acknowledged.is_some() {
                return;
            }
            let Some(frame) = follower.unread.pop_front() else { return };
            follower.heard_at = now;
            process.failures = 0;
            match follower.following.take(frame, is_lease_over) {
                Ok(Some(delta)) => self.serve_by(place, &delta),
                Ok(None) => {}
                Err(why) => self.leave_stream(place, &why),
            }
        }
    }

    /// A gateway serves by tables and says what became of them.
    fn serve_by(&mut self, place: usize, delta: &Delta) {
        let question = self.number();
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place) else { return };
        let Some(process) = &mut gateway.process else { return };
        let before: Vec<_> =
            delta.tables.iter().map(|table| process.handle.table(&table.application)).collect();
        let acknowledgement = process.handle.apply(delta);
        let boot = process.origin.boot;
        self.note_kept(place, (&before, delta), &acknowledgement);
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        let Link::Following(follower) = &mut process.link else { return };
        let controller = follower.controller;
        follower.acknowledged = Some(Asked { question, at: process.handle.now(), about: () });
        self.tell_tables(place, delta, &acknowledgement);
        self.look_at_tables(place);
        self.queue.put(now + ANSWER, Event::GiveUp(place, question));
        let said = Said::Acknowledged { question, acknowledgement };
        self.send(Message { gateway: place, boot, controller, said });
    }

    fn hear_answer(&mut self, place: usize, question: u64, answer: Answer) {
        let Some(process) = self.gateways.get_mut(place).and_then(|gateway| gateway.process.as_mut()) else {
            return;
        };
        if let Some(asked) = process.reported.take_if(|asked| asked.question == question)
            && let Answer::Done { durable } = answer
        {
            process.handle.contact_since(asked.at);
            let receipt = Receipt { durable, clock_ahead: None };
            if let Some(durable) = process.reporting.received(asked.about, receipt, process.handle.now()) {
                process.handle.forget(durable);
            }
        }
        let Link::Following(follower) = &mut process.link else { return };
        let Some(asked) = follower.acknowledged.take_if(|asked| asked.question == question) else { return };
        match answer {
            Answer::Done { .. } => {
                process.handle.contact_since(asked.at);
                self.read_on(place);
            }
            Answer::Superseded => self.leave_stream(place, &UplinkError::Superseded),
            Answer::Unknown => self.leave_stream(place, &UplinkError::Ended),
        }
    }

    /// A gateway looks whether it has something to report, and again after a while.
    pub(super) fn report(&mut self, place: usize) {
        self.queue.put(self.now + self.pace(), Event::Report(place));
        self.report_now(place);
    }

    /// A gateway reports, if something is due and nothing waits for its answer.
    pub(super) fn report_now(&mut self, place: usize) {
        let question = self.number();
        let now = self.now;
        let latest = self.acting();
        let Some(gateway) = self.gateways.get_mut(place).filter(|gateway| !gateway.is_asleep) else { return };
        gateway.show(now);
        let follows = gateway.process.as_ref().and_then(|process| match &process.link {
            Link::Following(follower) => Some(follower.controller),
            _ => None,
        });
        let controller = follows.or(latest).unwrap_or(gateway.route);
        let Some(process) = &mut gateway.process else { return };
        process.handle.look();
        if process.reported.is_some() {
            return;
        }
        let standing = process.handle.report();
        let Some(news) = process.reporting.due(&standing, process.handle.now()) else { return };
        let boot = process.origin.boot;
        process.reported = Some(Asked { question, at: process.handle.now(), about: standing });
        self.queue.put(now + ANSWER, Event::GiveUp(place, question));
        let said = Said::Reported { question, report: Box::new(news) };
        self.send(Message { gateway: place, boot, controller, said });
    }

    /// A gateway's machine wakes up and reads what came meanwhile.
    pub(super) fn wake_gateway(&mut self, place: usize) {
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place).filter(|gateway| gateway.is_asleep) else { return };
        gateway.show(now);
        gateway.is_asleep = false;
        if let Some(process) = &gateway.process {
            process.handle.look();
        }
        let inbox = std::mem::take(&mut gateway.inbox);
        self.tell(|| format!("the machine of gateway-{place} wakes up"));
        for message in inbox {
            self.arrive(message);
        }
    }

    /// Looks at what a gateway serves by.
    pub(super) fn look_at_tables(&mut self, place: usize) {
        let Some(process) = self.gateways.get(place).and_then(|gateway| gateway.process.as_ref()) else {
            return;
        };
        let tables: Vec<_> = self.applications.iter().filter_map(|name| process.handle.table(name)).collect();
        for table in &tables {
            self.truth.serves(place, table);
        }
    }

    fn tell_tables(
        &mut self,
        place: usize,
        delta: &Delta,
        acknowledgement: &viridian_wire::snapshot::Acknowledgement,
    ) {
        for (table, answer) in delta.tables.iter().zip(&acknowledgement.answers) {
            let share = table.candidate_weight().basis_points();
            let became = match &answer.rejected {
                Some(rejection) => format!("refuses: {}", rejection.reason),
                None => format!("serves by it, {share} of 10000 for the candidate"),
            };
            let (generation, term) = (table.generation, table.term);
            self.tell(|| {
                format!("gateway-{place} is told generation {generation} of term {term} and {became}")
            });
        }
    }
}
