//! How long callers keep a worker waiting, and for what. Entry points: [`Pulses::watch`] for a connection,
//! [`Pulses::sweep`] at every tick of [`SWEEP`].
//!
//! Time is counted in sweeps: a request neither asks for the time nor sets a timer. So what is waited for may take
//! up to a sweep longer than its limit, and never less.

use crate::config::Limits;
use crate::pool::SWEEP;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// The connections of one worker.
pub(super) struct Pulses {
    list: RefCell<Vec<Rc<Pulse>>>,
    patience: Patience,
    is_draining: Cell<bool>,
}

/// What a connection waits for from its caller.
pub(super) struct Pulse {
    awaited: Cell<Awaited>,
    /// Sweeps since it waits for that.
    waited: Cell<u32>,
    /// Sweeps since the caller stopped to take what is written to it; absent while it takes everything.
    stalled: Cell<Option<u32>>,
    is_over: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

/// What is awaited from a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// The first request of its connection.
    FirstRequest,
    /// The rest of the head of a request.
    Head,
    /// Nothing: it is being answered. Its body has a limit of its own.
    Nothing,
    /// The next request.
    NextRequest,
}

/// The limits, in sweeps.
struct Patience {
    head: u32,
    idle: u32,
    stall: u32,
    last_call: u32,
}

/// A request that is being answered; ends when dropped.
pub(super) struct Exchange(Rc<Pulse>);

impl Pulses {
    pub(super) fn new(limits: &Limits) -> Self {
        let patience = Patience {
            head: sweeps(limits.head_time),
            idle: sweeps(limits.caller_idle),
            stall: sweeps(limits.caller_stall),
            last_call: sweeps(limits.last_call),
        };
        Self { list: RefCell::default(), patience, is_draining: Cell::new(false) }
    }

    /// Watches a connection from now on, for as long as somebody holds its pulse.
    pub(super) fn watch(&self) -> Rc<Pulse> {
        let pulse = Rc::new(Pulse {
            awaited: Cell::new(Awaited::FirstRequest),
            waited: Cell::new(0),
            stalled: Cell::new(None),
            is_over: Cell::new(false),
            task: RefCell::default(),
        });
        self.list.borrow_mut().push(Rc::clone(&pulse));
        pulse
    }

    /// From now on, connections that say nothing are not waited for as long.
    pub(super) fn drain(&self) {
        self.is_draining.set(true);
    }

    /// Ends the connections whose callers keep it waiting for too long.
    pub(super) fn sweep(&self) {
        let is_draining = self.is_draining.get();
        self.list.borrow_mut().retain(|pulse| {
            // The list's own reference is the last one: the connection has ended.
            let is_open = Rc::strong_count(pulse) > 1;
            if is_open && pulse.is_late(&self.patience, is_draining) {
                pulse.end();
            }
            is_open
        });
    }
}

impl Pulse {
    /// Bytes came from the caller.
    pub(super) fn hear(&self) {
        if matches!(self.awaited.get(), Awaited::FirstRequest | Awaited::NextRequest) {
            self.wait_for(Awaited::Head);
        }
    }

    /// The caller took bytes.
    pub(super) fn take(&self) {
        self.stalled.set(None);
    }

    /// The caller takes no more bytes for now.
    pub(super) fn stall(&self) {
        if self.stalled.get().is_none() {
            self.stalled.set(Some(0));
        }
    }

    /// A request has come and is answered until the exchange is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> Exchange {
        self.wait_for(Awaited::Nothing);
        Exchange(Rc::clone(self))
    }

    /// Whether a request may be on its way of which nobody has told its caller that it will not be answered.
    pub(super) fn may_be_speaking(&self) -> bool {
        matches!(self.awaited.get(), Awaited::FirstRequest | Awaited::Head)
    }

    /// Whether the caller kept it waiting for too long.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Who is to be woken when the caller has kept it waiting for too long.
    pub(super) fn wakes(&self, task: &Waker) {
        *self.task.borrow_mut() = Some(task.clone());
    }

    fn wait_for(&self, awaited: Awaited) {
        self.awaited.set(awaited);
        self.waited.set(0);
    }

    /// Counts a sweep.
    fn is_late(&self, patience: &Patience, is_draining: bool) -> bool {
        if let Some(sweeps) = self.stalled.get() {
            self.stalled.set(Some(sweeps + 1));
            return sweeps + 1 > patience.stall;
        }
        let most = match self.awaited.get() {
            Awaited::Nothing => return false,
            Awaited::FirstRequest if is_draining => patience.head.min(patience.last_call),
            Awaited::FirstRequest | Awaited::Head => patience.head,
            Awaited::NextRequest => patience.idle,
        };
        self.waited.set(self.waited.get() + 1);
        self.waited.get() > most
    }

    fn end(&self) {
        self.is_over.set(true);
        if let Some(task) = self.task.borrow().as_ref() {
            task.wake_by_ref();
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.wait_for(Awaited::NextRequest);
    }
}

/// A limit in sweeps, rounded up.
fn sweeps(limit: Duration) -> u32 {
    u32::try_from(limit.as_millis().div_ceil(SWEEP.as_millis())).unwrap_or(u32::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Head 4 sweeps, idle 8, stall 6, last call 2.
    fn pulses() -> Pulses {
        let limits = Limits {
            head_time: SWEEP * 4,
            caller_idle: SWEEP * 8,
            caller_stall: SWEEP * 6,
            last_call: SWEEP * 2,
            ..Limits::default()
        };
        Pulses::new(&limits)
    }

    /// Sweeps until the pulse is over; the last sweep may have come at the very beginning, so it counts for nothing.
    fn lasts(pulses: &Pulses, pulse: &Pulse) -> u32 {
        for sweeps in 0..100 {
            pulses.sweep();
            if pulse.is_over() {
                return sweeps;
            }
        }
        100
    }

    #[test]
    fn each_phase_has_its_own_limit() {
        let check = |prepare: fn(&Rc<Pulse>), expected: u32| {
            let pulses = pulses();
            let pulse = pulses.watch();
            prepare(&pulse);
            assert_eq!(lasts(&pulses, &pulse), expected);
        };
        check(|_| {}, 4);
        check(|pulse| pulse.hear(), 4);
        check(|pulse| drop(pulse.begin()), 8);
        check(|pulse| std::mem::forget(pulse.begin()), 100);
        check(|pulse| pulse.stall(), 6);
        check(
            |pulse| {
                drop(pulse.begin());
                pulse.hear();
            },
            4,
        );
        check(
            |pulse| {
                drop(pulse.begin());
                pulse.stall();
            },
            6,
        );
    }

    #[test]
    fn a_head_that_comes_in_drops_is_no_progress_and_a_reader_who_takes_some_is() {
        let pulses = pulses();
        let (slow, reader) = (pulses.watch(), pulses.watch());
        let _exchange = reader.begin();
        for _ in 0..20 {
            slow.hear();
            reader.take();
            reader.stall();
            pulses.sweep();
        }
        assert!(slow.is_over() && !reader.is_over());
    }

    #[test]
    fn while_draining_silence_is_not_waited_for() {
        let pulses = pulses();
        pulses.drain();
        let (silent, speaking) = (pulses.watch(), pulses.watch());
        speaking.hear();
        assert_eq!(lasts(&pulses, &silent), 2);
        assert!(!speaking.is_over());
        assert_eq!(lasts(&pulses, &speaking), 1);
    }

    #[test]
    fn connections_that_have_ended_are_forgotten() {
        let pulses = pulses();
        drop(pulses.watch());
        let open = pulses.watch();
        pulses.sweep();
        assert_eq!(pulses.list.borrow().len(), 1);
        drop(open);
    }
}
