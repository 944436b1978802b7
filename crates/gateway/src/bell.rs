//! Keeps a connection from waking itself for nothing. Entry points: [`Bell::of`] and [`hush`].
//!
//! A piece of a request's body passes from hyper's connection to the service inside it through a channel, and whoever
//! takes the piece wakes the connection, to let it read the next one. After the last piece there is none, and the
//! connection, which is the very task that took it, would run once more only to find that out. So connections wait with
//! a bell, and a piece is taken while bells on this thread are hushed.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// What a ring does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ring {
    /// It wakes the task.
    Heard,
    /// It is noted.
    Hushed { rang: bool },
}

thread_local! {
    static RING: Cell<Ring> = const { Cell::new(Ring::Heard) };
}

/// Wakes a task, unless bells are hushed on the thread that rings.
pub(crate) struct Bell {
    task: Waker,
}

impl Bell {
    /// A waker that rings for a task.
    pub(crate) fn of(task: &Waker) -> Waker {
        Waker::from(Arc::new(Self { task: task.clone() }))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match RING.get() {
            Ring::Heard => self.task.wake_by_ref(),
            Ring::Hushed { .. } => RING.set(Ring::Hushed { rang: true }),
        }
    }
}

/// Does something while bells are hushed on this thread; answers whether one would have rung.
pub(crate) fn hush<T>(quietly: impl FnOnce() -> T) -> (T, bool) {
    RING.set(Ring::Hushed { rang: false });
    let done = quietly();
    let ring = RING.replace(Ring::Heard);
    (done, ring == Ring::Hushed { rang: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_hushed_bell_is_noted_and_not_heard() {
        let count = Arc::new(Count::default());
        let bell = Bell::of(&Waker::from(Arc::clone(&count)));
        bell.wake_by_ref();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(!hush(|| ()).1);
        assert!(hush(|| bell.wake_by_ref()).1);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        hush(|| std::thread::scope(|scope| scope.spawn(|| bell.wake_by_ref()).join())).0.unwrap();
        assert_eq!(count.0.load(Ordering::SeqCst), 2, "other threads are heard");
        bell.wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 3);
    }
}
