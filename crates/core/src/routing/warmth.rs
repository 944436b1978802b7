//! When a candidate has had its warm-up on a gateway: [`Warmth`] is what is known of it there.
//!
//! Answers are counted rather than requests. Who is cold answers slowly, so all that are to warm it up may be sent before the first
//! of them is answered, and those that follow would find it as cold and be held against it. It is not waited for without end: a
//! candidate that was sent [`SENT_PER_ANSWER`] times as many is compared, however few it answered.

/// So many requests are sent for each answer that the warm-up asks for, at most.
const SENT_PER_ANSWER: u32 = 3;

/// What a gateway and a candidate had of each other in a rollout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warmth {
    /// Requests sent to it.
    pub sent: u32,
    /// Of these, the ones that ended by anything but their caller going away.
    pub answered: u32,
}

impl Warmth {
    /// Whether that is enough for a warm-up of so many answers.
    pub const fn suffices(self, warmup: u32) -> bool {
        self.answered >= warmup || self.sent >= most_sent(warmup)
    }
}

/// After so many requests a warm-up of so many answers is over.
pub const fn most_sent(warmup: u32) -> u32 {
    warmup.saturating_mul(SENT_PER_ANSWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(warmup: u32, (sent, answered): (u32, u32), suffices: bool) {
        assert_eq!(Warmth { sent, answered }.suffices(warmup), suffices, "{answered} of {sent} for {warmup}");
    }

    #[test]
    fn a_warm_up_is_over_by_its_answers_or_by_three_times_as_many_requests() {
        check(10, (0, 0), false);
        check(10, (29, 9), false);
        check(10, (10, 10), true);
        check(10, (30, 0), true);
        check(0, (0, 0), true);
        check(u32::MAX, (u32::MAX - 1, 7), false);
        check(u32::MAX, (u32::MAX, 7), true);
    }
}
