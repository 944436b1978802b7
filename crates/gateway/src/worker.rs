//! What one worker has for itself: its connections to upstreams, its random numbers, its counters. Nothing here is
//! shared between threads, so nothing here is locked.

use crate::metrics::Counters;
use crate::node::Node;
use crate::pool::Pool;
use crate::random::Random;
use crate::reading::Desk;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// One worker of a gateway.
pub(crate) struct Worker {
    pub(crate) node: Arc<Node>,
    /// Its place among the workers.
    pub(crate) index: usize,
    /// Borrowed for a moment, never while waiting.
    pub(crate) pool: RefCell<Pool>,
    /// Decides requests that name no unit; shown to nobody.
    pub(crate) draws: Random,
    /// Makes request ids different; shown to everybody.
    pub(crate) nonces: Random,
    /// Answers under way are to be broken off.
    pub(crate) cutting: Cell<bool>,
    /// What reading answers takes.
    pub(crate) desk: Rc<Desk>,
}

/// Where a worker's random numbers begin.
pub(crate) struct Seeds {
    draws: Random,
    nonces: Random,
}

impl Seeds {
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        Ok(Self { draws: Random::seeded()?, nonces: Random::seeded()? })
    }
}

impl Worker {
    pub(crate) fn new(node: Arc<Node>, index: usize, seeds: Seeds) -> Self {
        Self {
            pool: RefCell::new(Pool::new(&node.config.limits)),
            node,
            index,
            draws: seeds.draws,
            nonces: seeds.nonces,
            cutting: Cell::new(false),
            desk: Rc::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.node.counters[self.index]
    }
}
