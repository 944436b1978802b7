//! Those who were not let in, and what the log says of them: once a minute for each address and reason, however often
//! they try.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the same is not told again.
const QUIET: Duration = Duration::from_secs(60);
/// Addresses that are remembered. With more of them some are told of more often.
const MOST_ADDRESSES: usize = 256;

/// Those who were not let in.
#[derive(Default)]
pub struct TurnedAway {
    count: AtomicU64,
    told: Mutex<HashMap<IpAddr, (String, Instant)>>,
}

impl TurnedAway {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts one and tells of it, unless that was told a moment ago.
    pub(super) fn tell(&self, peer: IpAddr, reason: &str) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if self.is_news(peer, reason, Instant::now()) {
            tracing::warn!(%peer, "somebody was not let in to the internal listener: {reason}");
        }
    }

    fn is_news(&self, peer: IpAddr, reason: &str, now: Instant) -> bool {
        // Every change is one insertion.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST_ADDRESSES && !told.contains_key(&peer) {
            told.clear();
        }
        match told.get(&peer) {
            Some((before, at)) if before == reason && now.duration_since(*at) < QUIET => false,
            _ => {
                told.insert(peer, (reason.to_owned(), now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once_a_minute() {
        let turned_away = TurnedAway::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        let now = Instant::now();
        assert!(turned_away.is_news(one, "no certificate", now));
        assert!(!turned_away.is_news(one, "no certificate", now + Duration::from_secs(59)));
        assert!(turned_away.is_news(one, "another", now), "another reason is news");
        assert!(turned_away.is_news(other, "no certificate", now), "another address is news");
        assert!(turned_away.is_news(one, "another", now + Duration::from_secs(61)));
    }

    #[test]
    fn memory_is_bounded() {
        let turned_away = TurnedAway::default();
        for number in 0..2_000_u32 {
            turned_away.is_news(IpAddr::from(number.to_be_bytes()), "no certificate", Instant::now());
        }
        assert!(turned_away.told.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
