//! Who gets the candidate.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use std::collections::HashMap;
use viridian_core::analysis::tally::Tally;
use viridian_core::application::{Pin, Unit};
use viridian_core::arm::Arm;
use viridian_core::id::{EpochId, Generation};
use viridian_core::routing::decide::Exempt;
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::table::{comparison, placement, table};
use viridian_testkit::upstream::{Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn compared(upstream: &Upstream, basis_points: u16, generation: u32) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.generation = Generation(u64::from(generation));
    table.epoch = EpochId(generation);
    table.comparison = Some(comparison(placement("v2", &upstream.url()), basis_points));
    table
}

/// The arm that each of these users gets, in order.
async fn arms(world: &World, users: std::ops::Range<u32>) -> Vec<String> {
    let mut caller = world.caller().await;
    let mut arms = Vec::new();
    for user in users {
        let request = Request::post(CHAT).header("x-viridian-user", format!("user-{user}"));
        let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
        let arm = answer.header("x-viridian-arm");
        assert_eq!(answer.header("x-viridian-release"), if arm == "candidate" { "v2" } else { "v1" });
        arms.push(arm.to_owned());
    }
    arms
}

fn candidates(arms: &[String]) -> usize {
    arms.iter().filter(|arm| *arm == "candidate").count()
}

/// Everything that was counted for an arm.
async fn tally(world: &World, arm: Arm) -> Tally {
    let mut sum = Tally::default();
    for row in world.settled().await.tallies.iter().filter(|row| row.arm == arm) {
        sum.add(&row.tally);
    }
    sum
}

#[tokio::test]
async fn users_stay_where_they_are_while_the_weight_rises() {
    let upstream = Upstream::start().await;
    let world = World::serving([compared(&upstream, 1_000, 1)]);
    let first = arms(&world, 0..1_000).await;
    // Five standard deviations of a binomial with n = 1000 and p = 0.1.
    assert!((53..=147).contains(&candidates(&first)), "{}", candidates(&first));
    assert_eq!(arms(&world, 0..1_000).await, first, "the draw is the same on every connection");
    assert_eq!(tally(&world, Arm::Candidate).await.outcomes(), 2 * candidates(&first) as u64);

    world.offer([compared(&upstream, 5_000, 2)]);
    let second = arms(&world, 0..1_000).await;
    assert!((421..=579).contains(&candidates(&second)), "{}", candidates(&second));
    let flipped =
        first.iter().zip(&second).filter(|(before, after)| *before == "candidate" && *after != "candidate");
    assert_eq!(flipped.count(), 0);

    world.offer([compared(&upstream, 0, 3)]);
    assert_eq!(candidates(&arms(&world, 0..200).await), 0);
}

#[tokio::test]
async fn units_come_from_headers_before_bodies() {
    let upstream = Upstream::start().await;
    let mut by_user = compared(&upstream, 5_000, 1);
    by_user.pins =
        vec![Pin { unit: "vip".into(), arm: Arm::Candidate }, Pin { unit: "old".into(), arm: Arm::Baseline }];
    let by = |unit: Unit| RoutingTable { unit, ..by_user.clone() };
    let (user, conversation, tenant) = (by(Unit::User), by(Unit::Conversation), by(Unit::Tenant));
    let (header, request) = (by(Unit::Header("x-session".into())), by(Unit::Request));
    let cases = [
        (&user, "x-viridian-user", "vip", r#"{"safety_identifier":"old","user":"old"}"#, "pinned"),
        (&user, "x", "y", r#"{"safety_identifier":"vip","user":"old"}"#, "pinned"),
        (&user, "x", "y", r#"{"user":"vip"}"#, "pinned"),
        (&user, "x-viridian-user", "", r#"{"user":"vip"}"#, "pinned"),
        (&user, "x-viridian-tenant", "vip", r#"{"user":7}"#, "missing"),
        (&conversation, "x-viridian-conversation", "vip", r#"{"conversation":"old"}"#, "pinned"),
        (&conversation, "x", "y", r#"{"conversation":{"id":"vip"}}"#, "pinned"),
        (&tenant, "x-viridian-tenant", "vip", "{}", "pinned"),
        (&tenant, "x-viridian-user", "vip", "{}", "missing"),
        (&header, "x-session", "vip", "{}", "pinned"),
        (&request, "x-viridian-user", "vip", "{}", "drawn"),
    ];
    for (at, (table, name, value, body, expected)) in cases.into_iter().enumerate() {
        let world = World::serving([table.clone()]);
        let request = Request::post(CHAT).header(name, value).body(Bytes::from(body)).unwrap();
        let answer = world.caller().await.send(request).await;
        let (baseline, candidate) = (tally(&world, Arm::Baseline).await, tally(&world, Arm::Candidate).await);
        let exempt = |reason: Exempt| baseline.exempt[reason as usize] + candidate.exempt[reason as usize];
        let counted = HashMap::from([
            ("pinned", exempt(Exempt::Pinned)),
            ("missing", exempt(Exempt::UnitMissing)),
            ("drawn", baseline.outcomes() + candidate.outcomes()),
        ]);
        assert_eq!(counted[expected], 1, "case {at}: {counted:?}");
        assert!(expected != "pinned" || answer.header("x-viridian-arm") == "candidate", "case {at}");
    }
}

#[tokio::test]
async fn the_first_answers_of_a_candidate_warm_it_up() {
    let upstream = Upstream::start().await;
    let mut table = warming_up(&upstream);
    let world = World::serving([table.clone()]);
    arms(&world, 0..100).await;
    let (baseline, candidate) = (tally(&world, Arm::Baseline).await, tally(&world, Arm::Candidate).await);
    let warmed_by = candidate.exempt[Exempt::WarmingUp as usize];
    // The next request may be decided before an answer that the caller has is counted.
    assert!((10..=11).contains(&warmed_by), "{warmed_by}");
    assert!(baseline.exempt[Exempt::WarmingUp as usize] > 0, "the baseline is not counted alone");
    let drawn = baseline.outcomes() + candidate.outcomes();
    assert_eq!(drawn + baseline.exempt.iter().sum::<u64>() + warmed_by, 100);

    table.generation = Generation(2);
    table.epoch = EpochId(2);
    world.offer([table]);
    arms(&world, 100..200).await;
    let again = tally(&world, Arm::Candidate).await;
    assert_eq!(
        again.exempt[Exempt::WarmingUp as usize],
        warmed_by,
        "a new epoch of the rollout does not warm up again"
    );
}

#[tokio::test]
async fn a_cold_candidate_is_warmed_up_by_what_it_answers_and_by_three_times_as_many_requests_at_most() {
    let upstream = Upstream::start().await;
    let world = World::serving([warming_up(&upstream)]);
    let mut unanswered = Vec::new();
    let mut sent = 0;
    for user in 0.. {
        let (act, live) = Reply::live();
        upstream.next(act);
        let mut caller = world.caller().await;
        let request = Request::post(CHAT).header("x-viridian-user", format!("user-{user}"));
        let response = caller.open(request.body(Bytes::from(r#"{"stream":true}"#)).unwrap()).await;
        sent += u32::from(response.headers()["x-viridian-arm"] == "candidate");
        unanswered.push((live, caller, response));
        if sent == 40 {
            break;
        }
    }
    drop(unanswered);
    let candidate = tally(&world, Arm::Candidate).await;
    assert_eq!((candidate.exempt[Exempt::WarmingUp as usize], candidate.outcomes()), (30, 10));
}

/// Two arms of which one is to give ten answers before either counts.
fn warming_up(upstream: &Upstream) -> RoutingTable {
    let mut table = compared(upstream, 5_000, 1);
    table.comparison.as_mut().unwrap().warmup = 10;
    table
}

#[tokio::test]
async fn requests_without_a_rollout_are_counted_for_the_baseline() {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    arms(&world, 0..10).await;
    let baseline = tally(&world, Arm::Baseline).await;
    assert_eq!((baseline.outcomes(), baseline.latency.count()), (10, 10));
    assert!(world.handle.report().groups.is_empty(), "without a draw there is nothing to group");
}
