//! A gateway of the story: it serves by the last table it took, through the real [`decide`], and tells the
//! controller what came of it when it can.

use crate::arm::Arm;
use crate::id::{EpochId, NodeName};
use crate::outcome::{Class, Outcome};
use crate::routing::decide::{Decision, Local, RequestKey, decide};
use crate::routing::table::RoutingTable;
use crate::routing::warmth::Warmth;
use crate::simulate::script::GatewayChange;
use crate::time::Timestamp;
use crate::weight::Weight;
use std::time::Duration;

/// A gateway counts as live for this long after it was last heard.
const LIVENESS: Duration = Duration::from_secs(15);
/// Without contact it gives up the candidate's share after this long, and is forgotten.
const EXPOSURE_LEASE: Duration = Duration::from_secs(15 * 60);

/// One gateway.
pub(super) struct Gateway {
    pub(super) name: NodeName,
    serving: RoutingTable,
    /// A table on its way, and when it is taken.
    coming: Option<(Timestamp, RoutingTable)>,
    manner: Manner,
    heard_at: Timestamp,
    /// Whether it may send the candidate requests, as far as the controller knows.
    exposed: bool,
    tripped: bool,
    /// What it and the candidate had of each other.
    warmth: Warmth,
    /// What came of requests since it was last heard.
    unreported: Vec<Measured>,
}

/// How it takes tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    After(Duration),
    Never,
    Lost,
}

/// What came of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) epoch: EpochId,
    pub(super) outcome: Outcome,
    /// Whether the caller found it bad, if the caller said anything.
    pub(super) bad: Option<bool>,
    pub(super) at: Timestamp,
}

impl Gateway {
    pub(super) fn new(name: NodeName, serving: RoutingTable, now: Timestamp) -> Self {
        Self {
            name,
            serving,
            coming: None,
            manner: Manner::After(Duration::ZERO),
            heard_at: now,
            exposed: false,
            tripped: false,
            warmth: Warmth::default(),
            unreported: Vec::new(),
        }
    }

    /// Time passes: contact is made, a table that was on its way is taken.
    pub(super) fn pass(&mut self, published: &RoutingTable, now: Timestamp) {
        if self.manner == Manner::Lost {
            return;
        }
        self.heard_at = now;
        self.offer(published, now);
        if let Some((_, table)) = self.coming.take_if(|(due, _)| *due <= now) {
            self.take(table);
        }
    }

    /// The published table is sent, unless it is there or on its way already.
    fn offer(&mut self, published: &RoutingTable, now: Timestamp) {
        let latest = self.coming.as_ref().map_or(self.serving.generation, |(_, table)| table.generation);
        if published.generation <= latest {
            return;
        }
        self.exposed |= published.candidate_weight() > Weight::ZERO;
        if let Manner::After(delay) = self.manner {
            self.coming = Some((now.plus(delay), published.clone()));
        }
    }

    fn take(&mut self, table: RoutingTable) {
        if table.candidate_weight() == Weight::ZERO {
            self.exposed = false;
            self.tripped = false;
            self.warmth = Warmth::default();
        }
        self.serving = table;
    }

    pub(super) fn change(&mut self, change: GatewayChange) {
        match change {
            GatewayChange::AcknowledgesAfter(delay) => self.manner = Manner::After(delay),
            GatewayChange::AcknowledgesNothing => {
                self.manner = Manner::Never;
                self.coming = None;
            }
            GatewayChange::IsLost => {
                self.manner = Manner::Lost;
                self.coming = None;
            }
            GatewayChange::IsBack => self.manner = Manner::After(Duration::ZERO),
            GatewayChange::Trips => self.tripped = true,
        }
    }

    /// Decides one request.
    pub(super) fn decide(&mut self, unit: Option<&str>, uniform: u64, now: Timestamp) -> Decision {
        let local = self.local(now);
        let decision = decide(&self.serving, &RequestKey { unit, uniform, local });
        self.warmth.sent += u32::from(decision.arm == Arm::Candidate);
        decision
    }

    fn local(&self, now: Timestamp) -> Local {
        let warmup = self.serving.comparison.as_ref().map_or(0, |comparison| comparison.warmup);
        if self.tripped || now.since(self.heard_at) >= EXPOSURE_LEASE {
            Local::Tripped
        } else if self.warmth.suffices(warmup) {
            Local::Open
        } else {
            Local::WarmingUp
        }
    }

    /// The table it serves by.
    pub(super) const fn serving(&self) -> &RoutingTable {
        &self.serving
    }

    pub(super) fn note(&mut self, measured: Measured) {
        let Outcome { decision, class, .. } = measured.outcome;
        self.warmth.answered += u32::from(decision.arm == Arm::Candidate && class != Class::Cancelled);
        self.unreported.push(measured);
    }

    /// Hands over what came of requests, when the controller can be reached.
    pub(super) fn report(&mut self) -> Vec<Measured> {
        if self.manner == Manner::Lost { Vec::new() } else { std::mem::take(&mut self.unreported) }
    }

    /// Whether the controller still reckons with it.
    pub(super) fn is_known(&self, now: Timestamp) -> bool {
        now.since(self.heard_at) < EXPOSURE_LEASE
    }

    /// Whether it is known to serve by a table.
    pub(super) fn acknowledged(&self, published: &RoutingTable, now: Timestamp) -> bool {
        now.since(self.heard_at) < LIVENESS && self.serving.generation >= published.generation
    }

    pub(super) const fn is_exposed(&self) -> bool {
        self.exposed
    }

    /// Whether its local guard acted and the controller knows.
    pub(super) fn has_tripped(&self) -> bool {
        self.tripped && self.manner != Manner::Lost
    }
}
