//! Whether this process stood still, as one does whose machine was migrated. What arrives right afterwards may have been
//! said long before: it is no sign that who said it is alive now. Entry point: [`Standstill::said_at`].

use std::time::Duration;
use viridian_core::time::Timestamp;

/// Nobody looks at the clock for so long in a process that runs: its loop does several times in a second.
const STILL: Duration = Duration::from_secs(5);
/// How long after it goes on a process may be reading what came while it stood still.
const BACKLOG: Duration = Duration::from_secs(1);

/// What is known of the last standstill.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    /// When somebody looked last.
    looked_at: Timestamp,
    /// When it began.
    began_at: Timestamp,
    /// Until when what arrives may have been said before.
    until: Timestamp,
}

impl Standstill {
    /// When something that arrives now was said at the latest, as far as anybody can tell. To be asked all the time.
    pub(super) fn said_at(&mut self, now: Timestamp) -> Timestamp {
        if self.looked_at != Timestamp::default() && now.since(self.looked_at) > STILL {
            self.began_at = self.looked_at;
            self.until = now.plus(BACKLOG);
        }
        self.looked_at = now;
        if now < self.until { self.began_at } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_standstill_what_arrives_was_said_before_it() {
        let mut standstill = Standstill::default();
        let mut check = |millis: u64, said_at: u64| {
            assert_eq!(standstill.said_at(Timestamp(millis)), Timestamp(said_at), "{millis}");
        };
        check(100_000, 100_000);
        check(104_000, 104_000);
        // It stood still for a minute.
        check(164_000, 104_000);
        check(164_999, 104_000);
        check(165_000, 165_000);
        check(166_000, 166_000);
    }
}
