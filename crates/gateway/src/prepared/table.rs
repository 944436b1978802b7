//! A routing table, ready to serve by. Entry point: [`Table::prepare`].

use super::placement::{self, Means, Placement};
use crate::falls::Falls;
use crate::guard::{LONGEST_WINDOW, Watch};
use crate::pinned::Flag;
use crate::request_id::ApplicationHash;
use crate::tally::{Book, Measure};
use http::{HeaderName, HeaderValue};
use rustls::ClientConfig;
use std::sync::Arc;
use viridian_core::analysis::row::slot_of;
use viridian_core::application::Unit;
use viridian_core::arm::Arm;
use viridian_core::environment::SecretReference;
use viridian_core::epoch::Stage;
use viridian_core::id::ArmName;
use viridian_core::outcome::Outcome;
use viridian_core::routing::decide::Decision;
use viridian_core::routing::table::{self, ArmPlacement, RoutingTable, Running};
use viridian_core::time::Timestamp;
use viridian_wire::expression::{Declarations, Said};

/// A routing table, ready to serve by.
pub(crate) struct Table {
    pub(crate) routing: RoutingTable,
    pub(crate) hash: ApplicationHash,
    pub(crate) baseline: Placement,
    pub(crate) candidate: Option<Placement>,
    /// The arms of an experiment, by their places: the control has no placement of its own.
    arms: Vec<Prepared>,
    /// The header that names the unit, when the application chose one of its own.
    pub(crate) unit_header: Option<HeaderName>,
    /// What is found of outcomes by expressions.
    declarations: Declarations,
    pub(crate) watch: Option<Arc<Watch>>,
    pub(crate) book: Arc<Book>,
    /// Whether an operator pinned it to the baseline.
    pub(crate) pin: Flag,
}

/// An arm of an experiment, ready to be served by.
struct Prepared {
    name: HeaderValue,
    placement: Option<Placement>,
}

/// Why a table cannot be served by. Its text is what the controller is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Placement(#[from] placement::Error),
    #[error("the arm '{0}' does not fit a header")]
    ArmName(String),
    #[error("'{0}' is no name of a header")]
    UnitHeader(String),
    #[error("'{0}' is no path: begin with a slash, and use '*' at the end alone")]
    AllowPath(String),
    #[error("the local guard looks at 1 to {LONGEST_WINDOW} requests, not at {0}")]
    Window(u32),
}

impl Table {
    /// Checks a table and does once what requests need. `previous` is the table that serves now. Blocks on files.
    pub(crate) fn prepare(
        routing: &RoutingTable,
        previous: Option<&Self>,
        trust: Option<&Arc<ClientConfig>>,
        (book, pin): (Arc<Book>, Flag),
    ) -> Result<Self, Error> {
        check_allow_paths(&routing.allow_paths)?;
        let known_bearers = previous.map(Self::bearers).unwrap_or_default();
        let means = Means { protocol: routing.protocol, trust, known_bearers: &known_bearers };
        let comparison = routing.comparison.as_ref();
        if let Some(guard) = comparison.and_then(|comparison| comparison.local_guard)
            && !(1..=LONGEST_WINDOW).contains(&guard.min_requests)
        {
            return Err(Error::Window(guard.min_requests));
        }
        let candidate = comparison.map(|comparison| Placement::prepare(&comparison.candidate, &means));
        let watched = previous.and_then(|table| table.watch.as_ref());
        Ok(Self {
            hash: ApplicationHash::of(&routing.application),
            baseline: Placement::prepare(&routing.baseline, &means)?,
            candidate: candidate.transpose()?,
            arms: routing
                .experiment
                .as_ref()
                .map_or_else(|| Ok(Vec::new()), |running| prepare_arms(running, &means))?,
            unit_header: unit_header(&routing.unit)?,
            declarations: Declarations::compile(&routing.metrics),
            watch: comparison.map(|comparison| Watch::over(comparison, routing.epoch, watched)),
            book,
            pin,
            routing: routing.clone(),
        })
    }

    /// What serves an arm; the baseline when there is no such arm, and for every arm of an experiment that leads in.
    pub(crate) fn placement(&self, arm: Arm) -> &Placement {
        let own = match arm {
            Arm::Baseline => None,
            Arm::Candidate => self.candidate.as_ref(),
            Arm::Treatment(treatment) => {
                self.arms.get(treatment.number()).and_then(|prepared| prepared.placement.as_ref())
            }
        };
        own.unwrap_or(&self.baseline)
    }

    /// What callers are told an arm is called.
    pub(crate) fn arm_name(&self, arm: Arm) -> HeaderValue {
        let place = match arm {
            Arm::Baseline => Some(0),
            Arm::Candidate => None,
            Arm::Treatment(treatment) => Some(treatment.number()),
        };
        let named = place.and_then(|place| self.arms.get(place)).map(|prepared| prepared.name.clone());
        named.unwrap_or_else(|| HeaderValue::from_static(arm.as_str()))
    }

    /// A request was decided at a moment, on one of the workers, and leaves.
    pub(crate) fn sent(&self, worker: usize, decision: &Decision, at: Timestamp) {
        self.book.draw(worker, decision, slot_of(at));
        if let Some(watch) = &self.watch {
            watch.sent(decision.arm);
        }
    }

    /// It came to its outcome at a moment, on one of the workers, and its answer said so much.
    pub(crate) fn count(
        &self,
        worker: usize,
        (outcome, words): (&Outcome, Option<&Said>),
        falls: &Falls,
        at: Timestamp,
    ) {
        let measure = Measure {
            thresholds: &self.routing.thresholds,
            slices: self.routing.slicing.as_ref().zip(falls.slices.as_deref()),
            cells: self.routing.experiment.as_ref().and_then(|running| {
                let company = running.company.as_ref()?;
                Some((company.metrics.as_slice(), falls.elsewhere))
            }),
            found: &self.declarations.find(outcome, words),
        };
        self.book.record(worker, outcome, &measure, slot_of(at));
        if let Some(watch) = &self.watch {
            watch.record(outcome.decision.arm, outcome.class);
        }
    }

    /// The credentials in service, by what refers to them.
    fn bearers(&self) -> Vec<(SecretReference, HeaderValue)> {
        let candidate = self.routing.comparison.as_ref().map(|comparison| &comparison.candidate);
        let written = self.routing.experiment.iter().flat_map(|running| &running.treatments);
        let prepared = self.arms.iter().skip(1).map(|prepared| prepared.placement.as_ref());
        let treatments = written.map(|treatment| Some(&treatment.placement)).zip(prepared);
        [(Some(&self.routing.baseline), Some(&self.baseline)), (candidate, self.candidate.as_ref())]
            .into_iter()
            .chain(treatments)
            .filter_map(|(written, prepared)| bearer(written?, prepared?))
            .collect()
    }
}

/// The arms of an experiment, the control first. While it leads in, nothing is asked of what will serve them.
fn prepare_arms(running: &Running, means: &Means<'_>) -> Result<Vec<Prepared>, Error> {
    let name = |name: &ArmName| {
        HeaderValue::from_str(name.as_str()).map_err(|_| Error::ArmName(name.as_str().to_owned()))
    };
    let mut arms = vec![Prepared { name: name(&running.control)?, placement: None }];
    for ArmPlacement { name: named, placement } in &running.treatments {
        let placement = match running.stage {
            Stage::LeadIn => None,
            Stage::Running => Some(Placement::prepare(placement, means)?),
        };
        arms.push(Prepared { name: name(named)?, placement });
    }
    Ok(arms)
}

fn bearer(written: &table::Placement, prepared: &Placement) -> Option<(SecretReference, HeaderValue)> {
    Some((written.bearer.clone()?, prepared.bearer.clone()?))
}

fn unit_header(unit: &Unit) -> Result<Option<HeaderName>, Error> {
    match unit {
        Unit::Header(name) => {
            HeaderName::from_bytes(name.as_bytes()).map(Some).map_err(|_| Error::UnitHeader(name.clone()))
        }
        Unit::Request | Unit::User | Unit::Conversation | Unit::Tenant => Ok(None),
    }
}

fn check_allow_paths(paths: &[String]) -> Result<(), Error> {
    let is_path = |path: &String| {
        let fixed = path.strip_suffix('*').unwrap_or(path);
        fixed.starts_with('/') && !fixed.contains('*')
    };
    match paths.iter().find(|path| !is_path(path)) {
        Some(path) => Err(Error::AllowPath(path.clone())),
        None => Ok(()),
    }
}
