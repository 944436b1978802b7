//! The idle connections of one worker, by origin. Entry points: [`Pool::take`] and [`Pool::put`].
//!
//! The one used last is used next, so that connections beyond what the load needs grow old and are closed. Workers share
//! none, so nobody waits for a lock.

use crate::config::Limits;
use crate::link::Link;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The idle connections of one worker.
pub(crate) struct Pool {
    /// The oldest first.
    idle: HashMap<Arc<str>, Vec<Idle>>,
    longest: Duration,
    most: usize,
}

struct Idle {
    link: Link,
    since: Instant,
}

impl Pool {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { idle: HashMap::new(), longest: limits.upstream_idle, most: limits.upstream_idle_count }
    }

    /// A connection to this origin that can take a request, as far as is known.
    pub(crate) fn take(&mut self, origin: &str, now: Instant) -> Option<Link> {
        let idle = self.idle.get_mut(origin)?;
        while let Some(Idle { mut link, since }) = idle.pop() {
            if now.saturating_duration_since(since) > self.longest {
                // Those below are older still.
                idle.clear();
                return None;
            }
            if link.is_alive() {
                return Some(link);
            }
        }
        None
    }

    /// Keeps a connection whose answer has ended, if it can take another request.
    pub(crate) fn put(&mut self, origin: &Arc<str>, link: Link, now: Instant) {
        if !link.is_ready() {
            return;
        }
        if let Some(idle) = self.idle.get_mut(origin) {
            if idle.len() < self.most {
                idle.push(Idle { link, since: now });
            }
        } else {
            self.idle.insert(Arc::clone(origin), vec![Idle { link, since: now }]);
        }
    }

    /// Closes connections that were idle for too long or that their upstream closed.
    pub(crate) fn sweep(&mut self, now: Instant) {
        let longest = self.longest;
        for idle in self.idle.values_mut() {
            idle.retain_mut(|idle| {
                now.saturating_duration_since(idle.since) <= longest && idle.link.is_alive()
            });
        }
        self.idle.retain(|_, idle| !idle.is_empty());
    }
}
