//! Who calls gateways, and how their requests end.

use super::World;
use crate::queue::Event;
use crate::truth::Rule;
use viridian_core::arm::Arm;
use viridian_core::outcome::Class;

/// Requests to one application at one gateway in one go.
const CALLS: u64 = 60;
/// Of a thousand requests, how many a failing candidate fails.
const BAD: u64 = 700;
/// Of a thousand requests, how many fail at the best of releases.
const GOOD: u64 = 2;
/// Of a thousand requests, how many take until the next callers come.
const LONG: u64 = 50;
/// How long a request takes, in microseconds.
const LATENCY: u64 = 20_000;

impl World {
    /// Callers call a gateway, and others after a while.
    pub(super) fn call(&mut self, place: usize) {
        self.queue.put(self.now + self.pace(), Event::Call(place));
        self.call_now(place);
    }

    fn call_now(&mut self, place: usize) {
        let now = self.now;
        let Some(gateway) = self.gateways.get_mut(place).filter(|gateway| !gateway.is_asleep) else { return };
        gateway.show(now);
        let knows = !gateway.acknowledged.is_empty();
        let Some(process) = &mut gateway.process else { return };
        let origin = process.origin.clone();
        let mut requests = std::mem::take(&mut process.underway);
        for (application, name) in self.applications.iter().enumerate() {
            let calls = if self.quiet_since.is_some() { 0 } else { CALLS };
            for _ in 0..calls {
                let Some(request) = process.handle.decide(name, None, self.chance.bits()) else {
                    if knows && gateway.acknowledged.contains_key(name) {
                        let what = format!("gateway-{place} does not know {name} any more");
                        self.truth.breaks(Rule::ServiceGoesOn, what);
                    }
                    break;
                };
                self.truth.decided(place, &request);
                if self.chance.hits(LONG) {
                    process.underway.push(request);
                } else {
                    requests.push(request);
                }
            }
            let is_bad = self.bad.get(application).copied().unwrap_or(false);
            for request in requests.drain(..) {
                let is_candidate = request.decision().arm == Arm::Candidate;
                let fails = if is_bad && is_candidate { BAD } else { GOOD };
                let class = if self.chance.hits(fails) { Class::UpstreamError } else { Class::Ok };
                self.truth.counted(&origin, &request);
                request.finish(class, LATENCY);
            }
        }
    }
}
