//! For how long a candidate may have its share here without the controller being heard. Entry points:
//! [`Lease::is_over`] on the way of a request, [`Lease::contact`] and [`Lease::complete`] when the controller was heard.
//!
//! A controller that hears nothing of a gateway takes its candidates for withdrawn once the lease has run out, so a
//! gateway must not outlive it: the lease counts from when a question left that the controller answered, and it ends
//! here no later than there. What was missed meanwhile may be a rollback, so contact alone does not bring back a lease
//! that ran out; the gateway has to have been sent everything it missed as well. Baselines never expire.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use viridian_core::time::Timestamp;

/// What has no end.
const NEVER: Timestamp = Timestamp(u64::MAX);
/// What is over, whatever the time is.
const PAST: Timestamp = Timestamp(0);

/// For how long candidates may have their share.
pub(crate) struct Lease {
    /// Absent when the controller is in the same process: then it ends with it.
    length: Option<Duration>,
    ends: Mutex<Ends>,
    /// The earlier of both ends, in milliseconds since the Unix epoch: all that requests read.
    until: AtomicU64,
    /// The last question that was answered, in the same unit; zero before the first.
    asked: AtomicU64,
}

/// Both have to lie ahead.
struct Ends {
    /// A lease after the controller last heard this gateway.
    contact: Timestamp,
    /// A lease after everything published was here, or after a contact since that was not too late.
    knowledge: Timestamp,
}

impl Lease {
    /// A lease that begins now.
    pub(crate) fn new(length: Option<Duration>, now: Timestamp) -> Self {
        let end = length.map_or(NEVER, |length| now.plus(length));
        let ends = Ends { contact: end, knowledge: end };
        Self {
            length,
            until: AtomicU64::new(ends.earlier()),
            asked: AtomicU64::new(0),
            ends: Mutex::new(ends),
        }
    }

    /// Whether candidates have lost their share at this moment.
    pub(crate) fn is_over(&self, moment: Timestamp) -> bool {
        moment.0 >= self.until.load(Ordering::Relaxed)
    }

    /// The controller answered what this gateway asked at `asked`.
    pub(crate) fn contact(&self, asked: Timestamp, now: Timestamp) {
        self.asked.fetch_max(asked.0, Ordering::Relaxed);
        self.change(|ends| {
            let end = self.end(asked);
            ends.contact = ends.contact.max(end);
            if now < ends.knowledge {
                ends.knowledge = ends.knowledge.max(end);
            }
        });
    }

    /// When the last question left that the controller answered; nothing before the first.
    pub(crate) fn last_contact(&self) -> Option<Timestamp> {
        Some(Timestamp(self.asked.load(Ordering::Relaxed))).filter(|asked| asked.0 > 0)
    }

    /// Everything that was published is here.
    pub(crate) fn complete(&self, now: Timestamp) {
        self.change(|ends| ends.knowledge = ends.knowledge.max(self.end(now)));
    }

    /// Ends it, when it has run out, for those requests as well that came before and are decided later.
    pub(crate) fn look(&self, now: Timestamp) {
        if self.is_over(now) {
            self.change(|ends| {
                for end in [&mut ends.contact, &mut ends.knowledge] {
                    *end = if now < *end { *end } else { PAST };
                }
            });
        }
    }

    /// The tables are those that were right at a moment, or at one nobody knows: then only the controller can begin it.
    pub(crate) fn resume(&self, right_at: Option<Timestamp>, now: Timestamp) {
        let end = right_at.filter(|moment| *moment <= now).map_or(PAST, |moment| self.end(moment));
        self.change(|ends| {
            // In one process with the controller there is no contact that could be missed.
            ends.contact = if self.length.is_some() { end } else { NEVER };
            ends.knowledge = end;
        });
    }

    fn end(&self, moment: Timestamp) -> Timestamp {
        self.length.map_or(NEVER, |length| moment.plus(length))
    }

    fn change(&self, change: impl FnOnce(&mut Ends)) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut ends);
        self.until.store(ends.earlier(), Ordering::Relaxed);
    }
}

impl Ends {
    fn earlier(&self) -> u64 {
        self.contact.min(self.knowledge).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LENGTH: Duration = Duration::from_secs(900);
    const MINUTE: u64 = 60_000;

    fn minutes(minutes: u64) -> Timestamp {
        Timestamp(1_767_225_600_000 + minutes * MINUTE)
    }

    /// Plays a story on a lease that begins at minute 0: each word is what happens and the minute it happens at. `c` is a
    /// contact, `c12-3` one at 12 whose question left at 3; `a` is everything having arrived; `l` is a look. Then each of
    /// the minutes is looked at, which is over when it ends with `!`.
    fn check(length: Option<Duration>, story: &str, expected: &str) {
        let lease = Lease::new(length, minutes(0));
        for word in story.split_whitespace() {
            let (kind, rest) = word.split_at(1);
            let (now, asked) = rest.split_once('-').unwrap_or((rest, rest));
            let (now, asked) = (minutes(now.parse().unwrap()), minutes(asked.parse().unwrap()));
            match kind {
                "c" => lease.contact(asked, now),
                "a" => lease.complete(now),
                "l" => lease.look(now),
                _ => lease.resume((asked <= now).then_some(asked), now),
            }
        }
        for word in expected.split_whitespace() {
            let minute = minutes(word.trim_end_matches('!').parse().unwrap());
            assert_eq!(lease.is_over(minute), word.ends_with('!'), "{story}: {word}");
        }
    }

    #[test]
    fn a_lease_runs_from_the_last_question_that_was_answered() {
        check(Some(LENGTH), "", "0 14 15! 60!");
        check(Some(LENGTH), "c5 c10", "24 25!");
        check(Some(LENGTH), "c12-3", "17 18!");
        check(Some(LENGTH), "c10 c11-2", "24 25!");
    }

    #[test]
    fn what_ran_out_comes_back_by_contact_and_everything_that_was_missed() {
        check(Some(LENGTH), "c20", "20! 34!");
        check(Some(LENGTH), "a20", "20! 34!");
        check(Some(LENGTH), "c20 a21", "21 34 35!");
        check(Some(LENGTH), "a20 c21", "21 35 36!");
        check(Some(LENGTH), "a20 c40", "40! 54!");
        check(Some(LENGTH), "c20 a21 c30 c40", "54 55!");
    }

    #[test]
    fn a_look_ends_it_for_late_requests_too() {
        check(Some(LENGTH), "l14", "14 15!");
        check(Some(LENGTH), "l15", "0! 14! 15!");
        check(Some(LENGTH), "l15 c16", "16!");
        check(Some(LENGTH), "l15 c16 a16", "14 30 31!");
    }

    #[test]
    fn beside_its_controller_it_never_ends() {
        check(None, "", "0 100000");
        check(None, "l100000", "100000");
    }

    #[test]
    fn tables_of_before_count_from_when_they_were_right() {
        check(Some(LENGTH), "r10-5", "10 19 20!");
        check(Some(LENGTH), "r30-5", "30! 31!");
        check(Some(LENGTH), "r30-40", "30! 50!");
        check(Some(LENGTH), "r30-40 c31", "31!");
        check(Some(LENGTH), "r30-40 c31 a32", "32 45 46!");
        check(None, "r30-40", "30!");
        check(None, "r30-40 a31", "31 100000");
    }

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Contact { late: u64 },
        Complete,
        Look,
    }

    proptest! {
        /// Whatever happens in whatever order, no candidate has a share a whole lease after the last answered question.
        #[test]
        fn it_never_outlives_the_last_question(
            events in prop::collection::vec((0..20_u64, prop_oneof![
                (0..20_u64).prop_map(|late| Event::Contact { late }),
                Just(Event::Complete),
                Just(Event::Look),
            ]), 0..40),
        ) {
            let lease = Lease::new(Some(LENGTH), minutes(0));
            let (mut minute, mut asked) = (0, 0);
            for (passed, event) in events {
                minute += passed;
                match event {
                    Event::Contact { late } => {
                        let question = minute.saturating_sub(late);
                        lease.contact(minutes(question), minutes(minute));
                        asked = asked.max(question);
                    }
                    Event::Complete => lease.complete(minutes(minute)),
                    Event::Look => lease.look(minutes(minute)),
                }
                prop_assert!(lease.is_over(minutes(asked + 15)));
            }
        }
    }
}
