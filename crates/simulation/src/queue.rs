//! What is going to happen, in the order of time; of two things at one moment the one that was put in first.

use crate::message::Message;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Milliseconds from the beginning of the run.
pub(crate) type Moment = u64;

/// Something that is going to happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// An act of the script begins.
    Begin(usize),
    /// An act of the script ends.
    End(usize),
    /// Callers call a gateway.
    Call(usize),
    /// A gateway looks whether it has something to report.
    Report(usize),
    /// A gateway tries to reach its controller.
    Connect(usize),
    /// A gateway looks whether its stream is still alive.
    Listen(usize, u64),
    /// A gateway has waited for an answer long enough.
    GiveUp(usize, u64),
    /// A gateway learns that a stream has broken off.
    Reset(usize, u64),
    /// A controller looks, as it does now and then.
    Look(usize),
    /// A controller looks because something may have changed.
    Nudge(usize),
    /// A controller says on a stream that it lives.
    Beat(usize, u64),
    /// A message arrives.
    Arrive(Box<Message>),
    /// Somebody tries again to have an order taken or a rollout begun.
    Ask(usize),
}

/// What is going to happen.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    number: u64,
}

#[derive(Debug)]
struct Entry {
    at: Moment,
    number: u64,
    event: Event,
}

impl Queue {
    /// Lets something happen at a moment.
    pub(crate) fn put(&mut self, at: Moment, event: Event) {
        self.number += 1;
        self.heap.push(Reverse(Entry { at, number: self.number, event }));
    }

    /// What happens next.
    pub(crate) fn next(&mut self) -> Option<(Moment, Event)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}

impl Entry {
    const fn place(&self) -> (Moment, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_happens_first() {
        let mut queue = Queue::default();
        for (at, gateway) in [(30, 0), (10, 1), (30, 2), (20, 3)] {
            queue.put(at, Event::Call(gateway));
        }
        let order: Vec<usize> = std::iter::from_fn(|| queue.next())
            .map(|(_, event)| match event {
                Event::Call(gateway) => gateway,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(order, [1, 3, 0, 2]);
    }
}
