//! Routing tables and snapshots to serve by, with plain defaults; tests change the fields they are about.

use std::time::Duration;
use viridian_core::application::{Protocol, Timeouts, Unit};
use viridian_core::environment::Endpoint;
use viridian_core::epoch::{Stage, Thresholds};
use viridian_core::id::{
    ApplicationName, ArmName, EnvironmentName, EpochId, ExperimentName, Generation, LayerName, ReleaseName,
    RolloutName, Term,
};
use viridian_core::opinion::Opinions;
use viridian_core::release::{Digest, Parameters};
use viridian_core::routing::layer::Part;
use viridian_core::routing::shares::Shares;
use viridian_core::routing::table::{
    ArmPlacement, Comparison, Placement, Reads, RoutingTable, Running, Salt,
};
use viridian_core::weight::{Split, Weight};
use viridian_wire::snapshot::{SigningKey, Snapshot};

/// A name; panics when the text is none.
pub fn application(name: &str) -> ApplicationName {
    ApplicationName::parse(name).unwrap()
}

/// A release of this version at this base URL.
pub fn placement(version: &str, url: &str) -> Placement {
    Placement {
        release: ReleaseName::parse(version).unwrap(),
        version: version.to_owned(),
        digest: Digest(format!("sha256:{version:0>64}")),
        environment: EnvironmentName::parse("blue").unwrap(),
        endpoints: vec![Endpoint(url.to_owned())],
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    }
}

/// A table with a baseline alone: protocol `openai`, drawn by user, generation and epoch 1.
pub fn table(name: &str, baseline: Placement) -> RoutingTable {
    RoutingTable {
        application: application(name),
        generation: Generation(1),
        term: Term(1),
        protocol: Protocol::OpenAi,
        unit: Unit::User,
        allow_paths: Vec::new(),
        pins: Vec::new(),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            first_byte: Duration::from_secs(10),
            idle: Duration::from_secs(10),
        },
        epoch: EpochId(1),
        thresholds: Thresholds::default(),
        reads: Reads::default(),
        metrics: Vec::new(),
        scores: Vec::new(),
        feedback: Opinions::default(),
        slicing: None,
        baseline,
        comparison: None,
        experiment: None,
    }
}

/// A candidate with a share of so many basis points, without warm-up and without a local guard.
pub fn comparison(candidate: Placement, basis_points: u16) -> Comparison {
    Comparison {
        rollout: RolloutName::parse("support-chat-v2").unwrap(),
        candidate,
        split: Split::to_candidate(Weight::from_basis_points(basis_points).unwrap()),
        salt: Salt([7; 16]),
        warmup: 0,
        local_guard: None,
    }
}

/// An experiment of a control called `now` and treatments, with room for 30 % each and a holdout of 5 %. The shares are those
/// of all of them, the control first.
pub fn running(treatments: &[(&str, Placement)], shares: &[u16]) -> Running {
    let weight = |basis_points: &u16| Weight::from_basis_points(*basis_points).unwrap();
    let shares: Vec<Weight> = shares.iter().map(weight).collect();
    let rooms = Shares::new(&vec![weight(&3_000); shares.len()], weight(&500)).unwrap();
    let treatment = |(name, placement): &(&str, Placement)| ArmPlacement {
        name: ArmName::parse(name).unwrap(),
        placement: placement.clone(),
    };
    Running {
        experiment: ExperimentName::parse("tone").unwrap(),
        layer: LayerName::parse("tone").unwrap(),
        part: Part::WHOLE,
        salt: Salt([7; 16]),
        shares: rooms.with(&shares).unwrap(),
        stage: Stage::Running,
        control: ArmName::parse("now").unwrap(),
        treatments: treatments.iter().map(treatment).collect(),
        company: None,
    }
}

/// A snapshot of term 1 with one key.
pub fn snapshot(tables: impl IntoIterator<Item = RoutingTable>) -> Snapshot {
    Snapshot {
        term: Term(1),
        keys: vec![SigningKey { id: 1, secret: [42; 32] }],
        tables: tables.into_iter().collect(),
    }
}
