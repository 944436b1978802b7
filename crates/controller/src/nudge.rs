//! What wakes the loop, and what tells it the time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use viridian_core::time::Timestamp;

/// What the time is. The system's in production, a moved one in tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Wakes the loop. Many nudges at once are one.
#[derive(Clone)]
pub struct Nudge {
    bell: SyncSender<Ring>,
}

/// Why the bell rings.
pub(crate) enum Ring {
    /// Something may have changed.
    Look,
    /// The controller is to end.
    Stop,
}

impl Nudge {
    pub(crate) fn new() -> (Self, Receiver<Ring>) {
        let (bell, rings) = sync_channel(1);
        (Self { bell }, rings)
    }

    /// One for a loop that looks by itself: it wakes nobody.
    pub fn unheard() -> Self {
        Self::new().0
    }

    /// Makes the loop look now. A full bell has rung already.
    pub fn wake(&self) {
        let _ = self.bell.try_send(Ring::Look);
    }

    /// Ends the loop after the walk it is in. Waits while the bell is full; a loop that is gone needs no ending.
    pub(crate) fn stop(&self) {
        let _ = self.bell.send(Ring::Stop);
    }
}
