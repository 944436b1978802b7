//! The arm that a unit has in an experiment elsewhere, as an application knows it that takes no part, is the arm that the other
//! application serves it by.

use crate::tables::{Ingredients, ingredients};
use proptest::prelude::*;
use viridian_core::application::Unit;
use viridian_core::arm::Arm;
use viridian_core::companion::{Elsewhere, Seat};
use viridian_core::epoch::Stage;
use viridian_core::id::{ArmName, ExperimentName, LayerName};
use viridian_core::metric::Metric;
use viridian_core::routing::companions::elsewhere;
use viridian_core::routing::decide::{Exempt, Local, RequestKey, Standing, decide};
use viridian_core::routing::layer::Part;
use viridian_core::routing::shares::Shares;
use viridian_core::routing::table::{ArmPlacement, Company, DrawnElsewhere, RoutingTable, Running, Salt};
use viridian_core::weight::Weight;

fn weight(basis_points: u16) -> Weight {
    Weight::from_basis_points(basis_points).unwrap()
}

fn with_experiment(
    table: RoutingTable,
    name: &str,
    (salt, part, shares): ([u8; 16], Part, Shares),
    company: Option<Company>,
) -> RoutingTable {
    let treatment = |number: usize| ArmPlacement {
        name: ArmName::parse(&format!("arm{number}")).unwrap(),
        placement: table.baseline.clone(),
    };
    let running = Running {
        experiment: ExperimentName::parse(name).unwrap(),
        layer: LayerName::parse(name).unwrap(),
        part,
        salt: Salt(salt),
        stage: Stage::Running,
        control: ArmName::parse("now").unwrap(),
        treatments: (1..shares.of_arms().count()).map(treatment).collect(),
        shares,
        company,
    };
    RoutingTable { experiment: Some(running), comparison: None, unit: Unit::User, ..table }
}

/// Places for up to four arms, each with some of its room left, a holdout, and a part of the layer.
fn draws() -> impl Strategy<Value = ([u8; 16], Part, Shares)> {
    let rooms = prop::collection::vec((100_u16..=2_000, 0_u16..=100), 2..=4);
    let part =
        (0_u16..=3_000, 3_000_u16..=7_000).prop_map(|(start, width)| Part { start, width: weight(width) });
    (any::<[u8; 16]>(), part, rooms, 0_u16..=1_000).prop_map(|(salt, part, rooms, holdout)| {
        let full: Vec<Weight> = rooms.iter().map(|(room, _)| weight(*room)).collect();
        let left: Vec<Weight> = rooms.iter().map(|(room, of)| weight(room / 100 * of)).collect();
        (salt, part, Shares::new(&full, weight(holdout)).unwrap().with(&left).unwrap())
    })
}

fn key(unit: &str) -> RequestKey<'_> {
    RequestKey { unit: Some(unit), uniform: 0, local: Local::Open }
}

proptest! {
    #[test]
    fn the_arm_elsewhere_is_the_one_that_serves_there(
        here in ingredients(),
        there in ingredients(),
        here_draws in draws(),
        there_draws in draws(),
        units in prop::collection::vec("[a-c]{1,6}", 60),
    ) {
        let (salt, part, shares) = there_draws.clone();
        let drawn = DrawnElsewhere {
            experiment: ExperimentName::parse("index").unwrap(),
            layer: LayerName::parse("index").unwrap(),
            part,
            salt: Salt(salt),
            shares,
            pinned: there.pins.iter().map(|pin| pin.unit.clone()).collect(),
        };
        let company = Company { draws: vec![drawn], metrics: vec![Metric::Errors] };
        let table = |of: &Ingredients| of.table();
        let here = with_experiment(table(&here), "tone", here_draws, Some(company));
        let there = with_experiment(table(&there), "index", there_draws, None);
        for unit in &units {
            let decision = decide(&here, &key(unit));
            let known = elsewhere(&here, &decision, Some(unit));
            if !matches!(decision.standing, Standing::Drawn(_)) {
                prop_assert_eq!(known, Elsewhere::NOWHERE, "no evidence here");
                continue;
            }
            let serves = decide(&there, &key(unit));
            match serves.standing {
                Standing::Drawn(_) => {
                    let place = (0..8).find(|place| Arm::of_experiment(*place) == Some(serves.arm)).unwrap();
                    let seat = Seat { companion: 0, arm: u8::try_from(place).unwrap() };
                    prop_assert_eq!(known.seats().collect::<Vec<_>>(), vec![seat]);
                }
                Standing::Exempt(reason) => {
                    let expected = [Exempt::OutsideExperiment, Exempt::Holdout, Exempt::Pinned];
                    prop_assert!(expected.contains(&reason));
                    prop_assert_eq!(known, Elsewhere::NOWHERE, "{:?}", reason);
                }
            }
        }
        // Without company, and of who names no unit, nothing is known.
        let decision = decide(&there, &key("a"));
        prop_assert_eq!(elsewhere(&there, &decision, Some("a")), Elsewhere::NOWHERE);
        let nobody = decide(&here, &RequestKey { unit: None, ..key("") });
        prop_assert_eq!(elsewhere(&here, &nobody, None), Elsewhere::NOWHERE);
    }
}
