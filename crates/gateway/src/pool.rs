//! The idle connections of one worker, by origin. Entry points: [`Pool::take`] and [`Pool::put`].
//!
//! The one used last is used next, so that connections beyond what the load needs grow old and are closed. Workers share
//! none, so nobody waits for a lock. Age is counted in sweeps, so that a request need not ask for the time.

use crate::config::Limits;
use crate::link::Link;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often idle connections are looked through.
pub(crate) const SWEEP: Duration = Duration::from_millis(500);

/// The idle connections of one worker.
pub(crate) struct Pool {
    /// The oldest first.
    idle: HashMap<Arc<str>, Vec<Idle>>,
    /// How many sweeps a connection may see.
    longest: u32,
    most: usize,
}

struct Idle {
    link: Link,
    sweeps: u32,
}

impl Pool {
    pub(crate) fn new(limits: &Limits) -> Self {
        let longest = limits.upstream_idle.as_millis() / SWEEP.as_millis();
        Self {
            idle: HashMap::new(),
            longest: u32::try_from(longest).unwrap_or(u32::MAX),
            most: limits.upstream_idle_count,
        }
    }

    /// A connection to this origin that can take a request, as far as is known.
    pub(crate) fn take(&mut self, origin: &str) -> Option<Link> {
        let idle = self.idle.get_mut(origin)?;
        while let Some(Idle { mut link, .. }) = idle.pop() {
            if link.is_alive() {
                return Some(link);
            }
        }
        None
    }

    /// Keeps a connection whose answer has ended, if it can take another request.
    pub(crate) fn put(&mut self, origin: &Arc<str>, link: Link) {
        if !link.is_ready() {
            return;
        }
        if let Some(idle) = self.idle.get_mut(origin) {
            if idle.len() < self.most {
                idle.push(Idle { link, sweeps: 0 });
            }
        } else {
            self.idle.insert(Arc::clone(origin), vec![Idle { link, sweeps: 0 }]);
        }
    }

    /// Closes connections that were idle for too long or that their upstream closed. To be called every [`SWEEP`].
    pub(crate) fn sweep(&mut self) {
        let longest = self.longest;
        for idle in self.idle.values_mut() {
            idle.retain_mut(|idle| {
                idle.sweeps += 1;
                idle.sweeps < longest && idle.link.is_alive()
            });
        }
        self.idle.retain(|_, idle| !idle.is_empty());
    }
}
