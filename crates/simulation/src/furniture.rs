//! What the runs are about: applications with three releases each, and rollouts between them.

use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::application::{Application, Protocol, Timeouts, Unit};
use viridian_core::environment::{Endpoint, Environment, Platform};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::{ApplicationName, EnvironmentName, NotAName, ReleaseName, RolloutName};
use viridian_core::metric::Metric;
use viridian_core::opinion::Opinions;
use viridian_core::release::{Digest, Parameters, Release};
use viridian_core::rollout::plan::{Bake, BlueGreen, Plan, Policy, Proposal, Smoke, Step, Strategy};
use viridian_core::weight::{Weight, WeightOutOfRange};

/// Releases of an application, in the order in which rollouts try them.
pub const RELEASES: usize = 4;
/// Wide enough that a candidate is shown safe by some hundred requests: runs are about agreement, not about power.
const MARGIN: Margin = Margin::Points(2_000);
const MIN_SAMPLES: u64 = 20;

/// Why something cannot be named.
#[derive(Debug, thiserror::Error)]
#[error("the furniture of the simulation is broken: {0}")]
pub struct Broken(String);

impl From<NotAName> for Broken {
    fn from(fault: NotAName) -> Self {
        Self(fault.to_string())
    }
}

impl From<WeightOutOfRange> for Broken {
    fn from(fault: WeightOutOfRange) -> Self {
        Self(fault.to_string())
    }
}

/// An application by its place.
///
/// # Errors
/// Never: its names are names.
pub fn application(place: usize) -> Result<Application, Broken> {
    let blue = EnvironmentName::parse("blue")?;
    let environment = Environment {
        name: blue.clone(),
        platform: Platform::Static,
        endpoints: vec![Endpoint("http://127.0.0.1:1".to_owned())],
        bearer: None,
        readiness: None,
    };
    Ok(Application {
        name: application_name(place)?,
        labels: BTreeMap::new(),
        protocol: Protocol::OpenAi,
        unit: Unit::Request,
        environments: BTreeMap::from([(blue, environment)]),
        allow_paths: Vec::new(),
        pins: Vec::new(),
        local_guard: None,
        guards: vec![guard()],
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slices: Vec::new(),
        sources: BTreeMap::new(),
        gauges: Vec::new(),
        timeouts: Timeouts::default(),
    })
}

fn application_name(place: usize) -> Result<ApplicationName, Broken> {
    Ok(ApplicationName::parse(&format!("application-{place}"))?)
}

fn release_name(place: usize, version: usize) -> Result<ReleaseName, Broken> {
    Ok(ReleaseName::parse(&format!("application-{place}-v{version}"))?)
}

/// One of the releases of an application, counted from one.
///
/// # Errors
/// Never: its names are names.
pub fn release(place: usize, version: usize) -> Result<Release, Broken> {
    let name = release_name(place, version)?;
    Ok(Release {
        digest: Digest(format!("sha256:{name}")),
        name,
        application: application_name(place)?,
        version: format!("v{version}"),
        environment: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    })
}

/// A rollout to one of the releases. Which strategy it follows depends on its number.
///
/// # Errors
/// Never: its names are names.
pub fn proposal(place: usize, version: usize, number: u64) -> Result<(Proposal, Plan), Broken> {
    let weight = |percent: u16| Weight::from_basis_points(percent * 100);
    let bake = Bake { duration: Duration::from_secs(30), holdback: weight(10)?, min_samples: MIN_SAMPLES };
    let strategy = match number % 3 {
        0 => Strategy::BlueGreen(BlueGreen { smoke: Smoke::default(), trial: Some(weight(10)?), bake }),
        _ => Strategy::Canary {
            steps: vec![
                Step::Weight(weight(10)?),
                Step::Analysis { min_samples: MIN_SAMPLES },
                Step::Weight(weight(50)?),
                Step::Analysis { min_samples: MIN_SAMPLES },
                Step::Bake(bake),
            ],
        },
    };
    let proposal = Proposal {
        name: RolloutName::parse(&format!("application-{place}-rollout-{number}"))?,
        application: application_name(place)?,
        candidate: release_name(place, version)?,
        strategy,
        policy: Policy { warmup: 0, ..Policy::default() },
    };
    let plan = Plan::compile(&proposal.strategy, &[guard()], proposal.policy);
    Ok((proposal, plan))
}

const fn guard() -> Guard {
    Guard::new(Metric::Errors, MARGIN)
}
