//! How messages travel: some are lost, some come twice, each takes a time of its own. What goes down a stream keeps its
//! order, as on one connection, and when something of it is lost so is everything after.

use super::{World, millis};
use crate::controller::Condition;
use crate::message::{Message, Said};
use crate::queue::{Event, Moment};
use crate::script::Way;
use crate::truth::subject;

/// The shortest time a message travels, in milliseconds.
const SHORTEST: Moment = 1;
/// The latest a request comes for a second time.
const LATE: Moment = 20_000;
/// A broken connection is noticed at once more often than not.
const NOTICED: u64 = 600;

impl World {
    /// Somebody says something.
    pub(super) fn send(&mut self, message: Message) {
        let goes_up = message.said.goes_up();
        if self.is_lost(message.gateway, goes_up) {
            self.tell(|| format!("{} of gateway-{} is lost", subject(&message.said), message.gateway));
            self.lose(&message);
            return;
        }
        let travels = self.travels();
        let mut arrives = self.now + travels;
        if let Said::Told { stream, .. } = &message.said {
            let streams = self.controllers.get_mut(message.controller);
            let Some(sending) = streams.and_then(|controller| controller.streams.get_mut(stream)) else {
                return;
            };
            if sending.is_broken {
                return;
            }
            arrives = arrives.max(sending.last_arrival + 1);
            sending.last_arrival = arrives;
        }
        if goes_up && self.chance.hits(self.weather.twice) {
            let again = arrives + self.chance.below(LATE);
            self.queue.put(again, Event::Arrive(Box::new(message.clone())));
        }
        self.queue.put(arrives, Event::Arrive(Box::new(message)));
    }

    /// How long the next message travels.
    fn travels(&mut self) -> Moment {
        let longest = millis(self.weather.delay);
        // Most are quick, whatever the longest is.
        let reach = if self.chance.hits(700) { longest / 10 } else { longest };
        SHORTEST + self.chance.below(reach + 1)
    }

    fn is_lost(&mut self, gateway: usize, goes_up: bool) -> bool {
        let is_cut = self.cuts.get(gateway).is_some_and(|cut| cut[usize::from(!goes_up)] > 0);
        is_cut || self.chance.hits(self.weather.loss)
    }

    /// What follows from a loss beside the message itself.
    fn lose(&mut self, message: &Message) {
        let Said::Told { stream, .. } = &message.said else { return };
        if let Some(controller) = self.controllers.get_mut(message.controller)
            && let Some(sending) = controller.streams.get_mut(stream)
        {
            sending.is_broken = true;
        }
        self.break_off(message.gateway, *stream);
    }

    /// A connection broke: the gateway may notice soon, or only by the silence.
    pub(super) fn break_off(&mut self, gateway: usize, stream: u64) {
        if self.chance.hits(NOTICED) {
            let after = self.travels();
            self.queue.put(self.now + after, Event::Reset(gateway, stream));
        }
    }

    /// Nothing passes one gateway, or every one, from now on, or everything does again.
    pub(super) fn cut(&mut self, gateway: Option<usize>, way: Way, change: fn(u32) -> u32) {
        for (place, cuts) in self.cuts.iter_mut().enumerate() {
            if gateway.is_none_or(|gateway| gateway == place) {
                for (direction, cut) in [Way::Up, Way::Down].into_iter().zip(cuts) {
                    if way == Way::Both || way == direction {
                        *cut = change(*cut);
                    }
                }
            }
        }
    }

    /// A message arrives, unless nobody is there any more.
    pub(super) fn arrive(&mut self, message: Message) {
        if message.said.goes_up() {
            let Some(controller) = self.controllers.get_mut(message.controller) else { return };
            match controller.condition {
                Condition::Runs => self.receive(message),
                Condition::Stopped => controller.inbox.push(message),
                Condition::Gone => {}
            }
            return;
        }
        let Some(gateway) = self.gateways.get_mut(message.gateway) else { return };
        let boot = gateway.process.as_ref().map(|process| process.origin.boot);
        if boot != Some(message.boot) {
            return;
        }
        if gateway.is_asleep {
            gateway.inbox.push(message);
        } else {
            self.hear(message);
        }
    }
}
