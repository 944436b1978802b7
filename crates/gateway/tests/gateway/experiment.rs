//! Who gets which arm of an experiment, what callers are told of it, and what is counted.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use std::collections::BTreeMap;
use viridian_core::analysis::row::Standing;
use viridian_core::analysis::tally::Tally;
use viridian_core::application::{Pin, Unit};
use viridian_core::arm::Arm;
use viridian_core::companion::Seat;
use viridian_core::epoch::Stage;
use viridian_core::id::{EpochId, ExperimentName, Generation};
use viridian_core::metric::Metric;
use viridian_core::outcome::Class;
use viridian_core::routing::decide::Exempt;
use viridian_core::routing::table::{Company, DrawnElsewhere, RoutingTable, Running};
use viridian_testkit::table::{placement, running, table};
use viridian_testkit::upstream::Upstream;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";
/// The arms' names, the control first, with what serves them.
const ARMS: [(&str, &str); 3] = [("now", "v1"), ("terse", "v2"), ("formal", "v3")];

/// Three arms of 30 % each and a holdout of 5 %, with these shares now.
pub(crate) fn conducted(upstream: &Upstream, generation: u32, shares: [u16; 3]) -> RoutingTable {
    let treatments = [ARMS[1], ARMS[2]].map(|(name, version)| (name, placement(version, &upstream.url())));
    RoutingTable {
        generation: Generation(u64::from(generation)),
        epoch: EpochId(generation),
        unit: Unit::User,
        pins: vec![Pin { unit: "kept".to_owned(), arm: Arm::Candidate }],
        experiment: Some(running(&treatments, &shares)),
        ..table("support-chat", placement("v1", &upstream.url()))
    }
}

/// The arm and the release that each of these users gets.
pub(crate) async fn served(world: &World, users: std::ops::Range<u32>) -> Vec<(String, String)> {
    let mut caller = world.caller().await;
    let mut served = Vec::new();
    for user in users {
        let request = Request::post(CHAT).header("x-viridian-user", format!("user-{user}"));
        let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
        let header = |name: &str| answer.header(name).to_owned();
        served.push((header("x-viridian-arm"), header("x-viridian-release")));
    }
    served
}

async fn tally(world: &World, arm: Arm) -> Tally {
    let mut sum = Tally::default();
    for row in world.settled().await.tallies.iter().filter(|row| row.arm == arm) {
        sum.add(&row.tally);
    }
    sum
}

#[tokio::test]
async fn every_arm_is_served_by_its_release_and_counted_by_itself() {
    let upstream = Upstream::start().await;
    let world = World::serving([conducted(&upstream, 1, [3_000; 3])]);
    let first = served(&world, 0..1_000).await;
    assert_eq!(served(&world, 0..1_000).await, first, "the draw is the same on every connection");
    let mut drawn = 0;
    for (place, (name, version)) in ARMS.into_iter().enumerate() {
        let on_arm = first.iter().filter(|(arm, _)| arm == name);
        assert!(on_arm.clone().all(|(_, release)| release == version), "{name} is served by {version}");
        let counted = tally(&world, Arm::of_experiment(place).unwrap()).await.outcomes();
        // Five standard deviations of a binomial with n = 1000 and p = 0.3.
        assert!((2 * 228..=2 * 372).contains(&counted), "{name}: {counted}");
        if place > 0 {
            assert_eq!(counted, 2 * on_arm.count() as u64, "{name}");
        }
        drawn += counted;
    }
    // What no arm has is served by the control and no evidence.
    let control = tally(&world, Arm::Baseline).await;
    let exempt = |reason: Exempt| control.exempt[reason as usize];
    assert_eq!(drawn + exempt(Exempt::Holdout) + exempt(Exempt::OutsideExperiment), 2_000);
    assert!((2 * 15..=2 * 85).contains(&exempt(Exempt::Holdout)), "{}", exempt(Exempt::Holdout));
    let groups = world.settled().await.groups;
    assert_eq!(
        groups.iter().map(|row| row.arm).collect::<Vec<_>>().len(),
        3,
        "units are counted on each arm"
    );
}

#[tokio::test]
async fn an_arm_that_stops_leaves_its_units_to_the_control_alone() {
    let upstream = Upstream::start().await;
    let world = World::serving([conducted(&upstream, 1, [3_000; 3])]);
    let before = served(&world, 0..500).await;
    world.offer([conducted(&upstream, 2, [3_000, 0, 3_000])]);
    let after = served(&world, 0..500).await;
    for ((arm, _), (now, release)) in before.iter().zip(&after) {
        let expected = if arm == "terse" { "now" } else { arm };
        assert_eq!(now, expected);
        assert_ne!(release, "v2");
    }
}

#[tokio::test]
async fn while_it_leads_in_the_control_serves_every_arm() {
    let upstream = Upstream::start().await;
    let mut table = conducted(&upstream, 1, [3_000; 3]);
    table.experiment.as_mut().unwrap().stage = Stage::LeadIn;
    let world = World::serving([table]);
    let answers = served(&world, 0..300).await;
    assert!(answers.iter().all(|(_, release)| release == "v1"));
    for arm in ["terse", "formal"] {
        assert!(answers.iter().any(|(name, _)| name == arm), "{arm} is drawn");
    }
    assert!(tally(&world, Arm::of_experiment(1).unwrap()).await.outcomes() > 0);
}

#[tokio::test]
async fn who_is_not_drawn_is_no_evidence() {
    let upstream = Upstream::start().await;
    let world = World::serving([conducted(&upstream, 1, [3_000; 3])]);
    let mut caller = world.caller().await;
    for _ in 0..20 {
        caller.send(Request::post(CHAT).body(Bytes::from("{}")).unwrap()).await;
        let request = Request::post(CHAT).header("x-viridian-user", "kept");
        let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
        assert_eq!(answer.header("x-viridian-release"), "v1", "there is no candidate it could be pinned to");
    }
    let report = world.settled().await;
    let exempt =
        |reason: Exempt| -> u64 { report.tallies.iter().map(|row| row.tally.exempt[reason as usize]).sum() };
    assert_eq!(exempt(Exempt::Pinned), 20);
    assert_eq!(exempt(Exempt::UnitMissing) + exempt(Exempt::Holdout) + exempt(Exempt::OutsideExperiment), 20);
    let measured: u64 = report.tallies.iter().map(|row| row.tally.outcomes()).sum();
    assert_eq!(measured, 0);
    assert_eq!(world.count(Class::Ok).await, 40);
}

#[tokio::test]
async fn feedback_is_of_the_arm_that_answered() {
    let upstream = Upstream::start().await;
    let world = World::serving([conducted(&upstream, 1, [3_000; 3])]);
    let mut caller = world.caller().await;
    let mut rated = Vec::new();
    for user in 0..60 {
        let request = Request::post(CHAT).header("x-viridian-user", format!("user-{user}"));
        let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
        let (id, arm) =
            (answer.header("x-request-id").to_owned(), answer.header("x-viridian-arm").to_owned());
        let body = format!(r#"{{"id": "{id}", "value": true}}"#);
        let taken = caller.send(Request::post("/v1/feedback").body(Bytes::from(body)).unwrap()).await;
        assert_eq!(taken.status, 202);
        rated.push((id, arm));
    }
    let records = world.settled().await.feedback;
    assert_eq!(records.len(), rated.len());
    for ((id, name), record) in rated.iter().zip(&records) {
        assert_eq!(*id, record.request);
        let place = ARMS.iter().position(|(arm, _)| arm == name).unwrap();
        assert_eq!(Some(record.arm), Arm::of_experiment(place), "{name}");
        if place > 0 {
            assert_eq!(record.evidence, Standing::Measured);
        }
    }
}

/// What the gateway of another application would serve a user by is what is counted and signed here.
#[tokio::test]
async fn outcomes_and_feedback_fall_into_the_cells_of_an_experiment_elsewhere() {
    let upstream = Upstream::start().await;
    let mut here = conducted(&upstream, 1, [3_000; 3]);
    let there = RoutingTable {
        experiment: Some(Running {
            experiment: ExperimentName::parse("index").unwrap(),
            ..running(&[("new", placement("v2", &upstream.url()))], &[3_000; 2])
        }),
        ..table("search", placement("v1", &upstream.url()))
    };
    let Running { experiment, layer, part, salt, shares, .. } = there.experiment.clone().unwrap();
    let drawn = DrawnElsewhere { experiment, layer, part, salt, shares, pinned: Vec::new() };
    let company = Company { draws: vec![drawn], metrics: vec![Metric::Errors] };
    here.experiment.as_mut().unwrap().company = Some(company);
    let world = World::serving([here, there]);
    let mut caller = world.caller().await;
    // How often users were on an arm here and one there, both by their names.
    let mut met: BTreeMap<(String, String), u64> = BTreeMap::new();
    for user in 0..300 {
        let mut arms = Vec::new();
        for path in [CHAT, "/apps/search/v1/chat/completions"] {
            let request = Request::post(path).header("x-viridian-user", format!("user-{user}"));
            let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
            arms.push((answer.header("x-viridian-arm").to_owned(), answer.header("x-request-id").to_owned()));
        }
        let [(here, id), (there, _)] = arms.try_into().unwrap();
        let feedback = format!(r#"{{"id": "{id}", "value": false}}"#);
        caller.send(Request::post("/v1/feedback").body(Bytes::from(feedback)).unwrap()).await;
        *met.entry((here, there)).or_default() += 1;
    }
    let report = world.settled().await;
    let chat = table("support-chat", placement("v1", &upstream.url())).application;
    for (here, there) in [(1, 0), (1, 1), (2, 0), (2, 1)] {
        let (arm, seat) = (Arm::of_experiment(here).unwrap(), Seat { companion: 0, arm: there });
        let row = report.groups.iter().find(|row| row.application == chat && row.arm == arm).unwrap();
        let counted: u64 =
            row.groups.cells.counts(seat, Metric::Errors).iter().map(|counts| counts.trials).sum();
        let told = report
            .feedback
            .iter()
            .filter(|record| record.arm == arm && record.elsewhere.seats().collect::<Vec<_>>() == [seat]);
        let told = told.count() as u64;
        // Who is served by the control there may be in the holdout, and is then in no cell.
        let name = (ARMS[here].0.to_owned(), ["now", "new"][usize::from(there)].to_owned());
        let served = met[&name];
        assert!(
            if there == 0 { counted <= served } else { counted == served },
            "{name:?}: {counted}, {served}"
        );
        assert!(counted > 5 && told == counted, "{name:?}: {told} told of {counted}");
    }
    let control = report.groups.iter().find(|row| row.application.as_str() == "search").unwrap();
    assert!(control.groups.cells.is_empty(), "nothing is counted where nothing is asked");
}
