//! What really happened, whoever knows of it, and the rules that must hold whatever goes wrong. Entry points are the
//! `Truth::…` calls of whoever just did something; the first rule that is broken ends the run.

use crate::message::Said;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use viridian_core::analysis::row::Origin;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId, Generation, ReleaseName, RolloutName, Term};
use viridian_core::rollout::state::Phase;
use viridian_core::routing::table::RoutingTable;
use viridian_core::weight::Weight;
use viridian_gateway::Rehearsed;
use viridian_wire::snapshot::TableAnswer;

/// A rule of the system. Its words say what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Of the shares of arms.
    WeightsSum,
    /// Of the numbers of tables.
    SameNumberSameTable,
    /// Of the numbers of epochs.
    OneEpochOneSpan,
    /// Of the numbers of tables on one gateway.
    NumbersRise,
    /// Of terms on gateways.
    OldTermIsOver,
    /// Of terms in the log.
    LogFollowsTerms,
    /// Of steps forward.
    StepsNeedEveryGateway,
    /// Of rollbacks that are done.
    RollbackEndsExposure,
    /// Of orders to roll back.
    RollbackIsReachable,
    /// Of rollbacks on their way.
    RollbackReachesAllAtOnce,
    /// Of counters.
    NothingCountedTwice,
    /// Of counters.
    NothingLost,
    /// Of gateways that have tables.
    ServiceGoesOn,
    /// Of gateways that start again.
    AcknowledgedIsKept,
    /// Of gateways whose disk is full.
    KeptBeforeServed,
    /// Of gateways whose disk is full.
    WayBackNeedsNoDisk,
    /// Of the end.
    Convergence,
    /// Of everything else.
    Soundness,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// What was the case.
    pub what: String,
}

/// Requests of one start of a gateway that came to their outcome.
type Requests = BTreeMap<(ApplicationName, EpochId, Arm), u64>;

/// What really happened.
#[derive(Default)]
pub(crate) struct Truth {
    tables: BTreeMap<(ApplicationName, Generation), RoutingTable>,
    /// What gateways serve by.
    serving: BTreeMap<(usize, ApplicationName), (Term, Generation)>,
    counted: BTreeMap<(String, u64), Requests>,
    totals: BTreeMap<(String, u64), u64>,
    /// The baseline of each epoch and the candidate's share.
    spans: BTreeMap<(ApplicationName, EpochId), (ReleaseName, Weight)>,
    /// Rollouts after which nobody may be sent to their candidate.
    restored: BTreeSet<RolloutName>,
    broken: Option<Violation>,
}

impl Truth {
    /// The first rule that was broken.
    pub(crate) const fn broken(&self) -> Option<&Violation> {
        self.broken.as_ref()
    }

    /// A rule was broken.
    pub(crate) fn breaks(&mut self, rule: Rule, what: impl Into<String>) {
        if self.broken.is_none() {
            self.broken = Some(Violation { rule, what: what.into() });
        }
    }

    /// Somebody published a table or serves by it.
    pub(crate) fn saw(&mut self, table: &RoutingTable) {
        let key = (table.application.clone(), table.generation);
        if let Some(known) = self.tables.get(&key) {
            if known != table {
                let what = format!("generation {} of {} is two tables", table.generation, table.application);
                self.breaks(Rule::SameNumberSameTable, what);
            }
            return;
        }
        if let Some(comparison) = &table.comparison {
            let sum = u32::from(comparison.split.baseline().basis_points())
                + u32::from(comparison.split.candidate().basis_points());
            if sum != 10_000 {
                self.breaks(Rule::WeightsSum, format!("generation {} sums to {sum}", table.generation));
            }
        }
        let epoch = (table.application.clone(), table.epoch);
        let span = (table.baseline.release.clone(), table.candidate_weight());
        let known = self.spans.entry(epoch).or_insert_with(|| span.clone()).clone();
        if known != span {
            let what = format!("epoch {} of {} is {known:?} and {span:?}", table.epoch, table.application);
            self.breaks(Rule::OneEpochOneSpan, what);
        }
        self.tables.insert(key, table.clone());
    }

    /// A gateway serves by a table now.
    pub(crate) fn serves(&mut self, gateway: usize, table: &RoutingTable) {
        self.saw(table);
        let key = (gateway, table.application.clone());
        let now = (table.term, table.generation);
        let before = self.serving.insert(key, now);
        let Some((term, generation)) = before else { return };
        if table.term < term {
            let what = format!("gateway-{gateway} went from term {term} to {}", table.term);
            self.breaks(Rule::OldTermIsOver, what);
        } else if table.generation < generation {
            let what = format!("gateway-{gateway} went from generation {generation} to {}", table.generation);
            self.breaks(Rule::NumbersRise, what);
        }
    }

    /// The disk of a gateway was damaged: what it served by before is no measure any more.
    pub(crate) fn forgets(&mut self, gateway: usize) {
        self.serving.retain(|(known, _), _| *known != gateway);
    }

    /// A gateway has no longer what it served these applications by.
    pub(crate) fn forgets_of(&mut self, gateway: usize, unkept: &BTreeSet<ApplicationName>) {
        self.serving.retain(|(known, name), _| *known != gateway || !unkept.contains(name));
    }

    /// A gateway whose disk is full was sent a table in place of another, and answered this.
    pub(crate) fn took_on_full_disk(
        &mut self,
        gateway: usize,
        (before, offered): (Option<&RoutingTable>, &RoutingTable),
        answer: &TableAnswer,
    ) {
        let leads_outward =
            before.map_or_else(|| offered.comparison.is_some(), |before| before.moves_traffic(offered));
        let takes_it = answer.rejected.is_none() && before != Some(offered);
        let for_its_disk = answer.rejected.as_ref().is_some_and(|refused| refused.reason.contains("disk"));
        let generation = offered.generation;
        if leads_outward && takes_it {
            let what = format!("gateway-{gateway} serves by generation {generation} and cannot keep it");
            self.breaks(Rule::KeptBeforeServed, what);
        } else if !leads_outward && for_its_disk {
            let what = format!("gateway-{gateway} refuses generation {generation}, which leads back");
            self.breaks(Rule::WayBackNeedsNoDisk, what);
        }
    }

    /// A gateway decided a request.
    pub(crate) fn decided(&mut self, gateway: usize, request: &Rehearsed) {
        let Some(comparison) = &request.table().comparison else { return };
        let is_over = self.restored.contains(&comparison.rollout);
        if request.decision().arm == Arm::Candidate && is_over {
            let what = format!(
                "gateway-{gateway} sent a request to the candidate of {} by generation {} of term {}",
                comparison.rollout,
                request.table().generation,
                request.table().term
            );
            self.breaks(Rule::RollbackEndsExposure, what);
        }
    }

    /// A request came to its outcome on one start of a gateway.
    pub(crate) fn counted(&mut self, origin: &Origin, request: &Rehearsed) {
        let table = request.table();
        let key = (table.application.clone(), table.epoch, request.decision().arm);
        *self.counted.entry(key_of(origin)).or_default().entry(key).or_default() += 1;
        *self.totals.entry(key_of(origin)).or_default() += 1;
    }

    /// What one start of a gateway is known to have counted, where the controllers keep it.
    pub(crate) fn known(&mut self, origin: &Origin, known: &Requests, completeness: Completeness) {
        let truth = self.counted.get(&key_of(origin)).cloned().unwrap_or_default();
        for (key, count) in known {
            let really = truth.get(key).copied().unwrap_or(0);
            if *count > really {
                let what = format!("{} counted {count} requests instead of {really} {key:?}", origin.node);
                self.breaks(Rule::NothingCountedTwice, what);
            }
        }
        if completeness == Completeness::Whole {
            for (key, really) in &truth {
                let count = known.get(key).copied().unwrap_or(0);
                if count < *really {
                    let what =
                        format!("{} counted {count} requests instead of {really} {key:?}", origin.node);
                    self.breaks(Rule::NothingLost, what);
                }
            }
        }
    }

    /// How many requests one start of a gateway is known to have decided: never more than it did.
    pub(crate) fn knows(&mut self, origin: &Origin, known: u64) {
        let really = self.totals.get(&key_of(origin)).copied().unwrap_or(0);
        if known > really {
            let what =
                format!("{} is known to have counted {known} requests instead of {really}", origin.node);
            self.breaks(Rule::NothingCountedTwice, what);
        }
    }

    /// A rollout came to another phase.
    pub(crate) fn moved(&mut self, rollout: &RolloutName, phase: &Phase) {
        if matches!(phase, Phase::RolledBack { .. } | Phase::Aborted { .. } | Phase::Superseded { .. }) {
            self.restored.insert(rollout.clone());
        }
    }
}

/// How much has to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// Nothing more than there is.
    Partial,
    /// Everything.
    Whole,
}

fn key_of(origin: &Origin) -> (String, u64) {
    (origin.node.to_string(), origin.boot.0)
}

/// Whether a table gives a candidate anything.
pub(crate) fn exposes(table: &RoutingTable) -> bool {
    table.candidate_weight() > Weight::ZERO
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WeightsSum => "weights sum to 10 000",
            Self::SameNumberSameTable => "one generation is one table",
            Self::OneEpochOneSpan => "one epoch has one baseline and one share for the candidate",
            Self::NumbersRise => "generations only rise on a gateway",
            Self::OldTermIsOver => "a term that is over takes effect nowhere",
            Self::LogFollowsTerms => "no event of an older term follows one of a newer",
            Self::StepsNeedEveryGateway => "a step forward has the acknowledgements of all live gateways",
            Self::RollbackEndsExposure => "nobody is sent to a candidate after its rollback is done",
            Self::RollbackIsReachable => "an order back to the baseline is served at once",
            Self::RollbackReachesAllAtOnce => "a table towards the baseline waits for no ring",
            Self::NothingCountedTwice => "nothing is counted twice",
            Self::NothingLost => "nothing that was counted is lost while its gateway lives",
            Self::ServiceGoesOn => "what was served goes on being served",
            Self::AcknowledgedIsKept => "what a gateway acknowledged survives its end",
            Self::KeptBeforeServed => "what gives a candidate more is on the disk before it is served",
            Self::WayBackNeedsNoDisk => {
                "a way back is served although the disk is full, and no start undoes it"
            }
            Self::Convergence => "when nothing goes wrong any more, everything comes to its end",
            Self::Soundness => "nothing fails in a way nobody provided for",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {}: {}", self.rule, self.what)
    }
}

/// Who speaks, for stories.
pub(crate) fn subject(said: &Said) -> &'static str {
    match said {
        Said::Hello { .. } => "a hello",
        Said::Closed { .. } => "the end of a connection",
        Said::Acknowledged { .. } => "an acknowledgement",
        Said::Reported { .. } => "a report",
        Said::Farewell { .. } => "a farewell",
        Said::Told { .. } => "a table",
        Said::Answered { .. } => "an answer",
    }
}
