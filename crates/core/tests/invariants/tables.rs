//! Routing tables made up, through the function that computes the real ones.

use crate::plans::weights;
use proptest::prelude::*;
use std::collections::BTreeMap;
use viridian_core::application::{Application, Pin, Protocol, Timeouts, Unit};
use viridian_core::arm::Arm;
use viridian_core::environment::Endpoint;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::id::{
    ApplicationName, EnvironmentName, EpochId, Generation, ReleaseName, RolloutName, Term,
};
use viridian_core::opinion::Opinions;
use viridian_core::release::{Digest, Parameters};
use viridian_core::routing::build::{Committed, Trial, build};
use viridian_core::routing::table::{Placement, RoutingTable, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// What a table is made from.
#[derive(Debug, Clone)]
pub(crate) struct Ingredients {
    pub(crate) unit: Unit,
    /// The candidate's share; absent without a rollout.
    pub(crate) weight: Option<Weight>,
    pub(crate) salt: [u8; 16],
    pub(crate) pins: Vec<Pin>,
}

pub(crate) fn ingredients() -> impl Strategy<Value = Ingredients> {
    let unit = prop_oneof![Just(Unit::Request), Just(Unit::User), Just(Unit::Header("x-tenant".to_owned()))];
    let edges = prop_oneof![Just(Weight::ZERO), Just(Weight::FULL)];
    let weight = prop::option::weighted(0.9, prop_oneof![4 => weights().boxed(), 1 => edges.boxed()]);
    let pin = ("[ab]{1,2}", prop_oneof![Just(Arm::Baseline), Just(Arm::Candidate)])
        .prop_map(|(unit, arm)| Pin { unit, arm });
    (unit, weight, any::<[u8; 16]>(), prop::collection::vec(pin, 0..3))
        .prop_map(|(unit, weight, salt, pins)| Ingredients { unit, weight, salt, pins })
}

impl Ingredients {
    pub(crate) fn table(&self) -> RoutingTable {
        let application = Application {
            name: ApplicationName::parse("support-chat").unwrap(),
            labels: BTreeMap::new(),
            protocol: Protocol::OpenAi,
            unit: self.unit.clone(),
            environments: BTreeMap::new(),
            allow_paths: Vec::new(),
            pins: self.pins.clone(),
            local_guard: None,
            guards: Vec::new(),
            metrics: Vec::new(),
            scores: Vec::new(),
            feedback: Opinions::default(),
            slices: Vec::new(),
            sources: BTreeMap::new(),
            gauges: Vec::new(),
            timeouts: Timeouts::default(),
        };
        let epoch = Epoch {
            id: EpochId(7),
            weight: self.weight.unwrap_or(Weight::ZERO),
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: Timestamp(0),
            allotment: None,
        };
        let committed = Committed {
            application: &application,
            baseline: placement("v1"),
            trial: self.weight.map(|_| Trial {
                rollout: RolloutName::parse("support-chat-v2").unwrap(),
                candidate: placement("v2"),
                salt: Salt(self.salt),
                warmup: 0,
                metrics: Vec::new(),
                scores: Vec::new(),
            }),
            conduct: None,
            epoch: &epoch,
        };
        build(&committed, Generation(1), Term(1))
    }
}

fn placement(version: &str) -> Placement {
    Placement {
        release: ReleaseName::parse(version).unwrap(),
        version: version.to_owned(),
        digest: Digest(String::new()),
        environment: EnvironmentName::parse("blue").unwrap(),
        endpoints: vec![Endpoint("http://127.0.0.1:1".to_owned())],
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    }
}
