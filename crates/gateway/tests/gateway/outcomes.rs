//! One outcome per request, whatever happens.

use crate::world::World;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::time::Duration;
use viridian_testkit::caller::{post, read};
use viridian_testkit::table::{comparison, placement, table};
use viridian_testkit::upstream::{Act, Ending, Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// What an upstream does with a request, and when its caller goes away.
#[derive(Debug, Clone, Copy)]
struct Case {
    upstream: u8,
    caller: u8,
}

fn act(kind: u8) -> Act {
    match kind {
        0 => Act::Reply(Reply::json("{}").status(500)),
        1 => Act::Reply(Reply::json("{}").status(429)),
        2 => Act::HangUp,
        3 => Act::Silence,
        4 => Act::Reply(Reply::events(["data: {}\n\n", "data: [DONE]\n\n"], Ending::Complete)),
        5 => Act::Reply(Reply::events(["data: {}\n\n"], Ending::BreakOff)),
        6 => Act::Reply(Reply::events(["data: {}\n\n"], Ending::Hang)),
        7 => Act::Reply(Reply::json("{").ending(Ending::BreakOff)),
        _ => Act::Reply(Reply::json("{}")),
    }
}

/// A caller that reads to the end, reads the head alone, or does not wait.
async fn call(world: &World, case: Case) {
    let mut caller = world.caller().await;
    let request = post(CHAT, format!(r#"{{"stream":true,"user":"{}"}}"#, case.upstream));
    match case.caller {
        0 => {
            let patience = Duration::from_millis(5);
            let _given_up = tokio::time::timeout(patience, caller.try_open(request)).await;
        }
        1 => drop(caller.try_open(request).await),
        _ => {
            if let Some(response) = caller.try_open(request).await {
                read(response).await;
            }
        }
    }
}

async fn check(cases: Vec<Case>) {
    let upstream = Upstream::start().await;
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.comparison = Some(comparison(placement("v2", &upstream.url()), 5_000));
    table.timeouts.first_byte = Duration::from_millis(30);
    table.timeouts.idle = Duration::from_millis(30);
    let world = World::serving([table]);
    for case in &cases {
        upstream.next(act(case.upstream));
    }
    let calls = cases.iter().map(|case| call(&world, *case));
    futures_util::future::join_all(calls).await;

    let report = world.settled().await;
    let traffic = world.handle.traffic();
    let counted = |row: &viridian_core::analysis::row::TallyRow| {
        row.tally.outcomes() + row.tally.exempt.iter().sum::<u64>()
    };
    let in_report: u64 = report.tallies.iter().map(counted).sum();
    let in_metrics: u64 = world.handle.metrics().requests.iter().map(|requests| requests.count).sum();
    assert_eq!(traffic.decided, traffic.recorded);
    assert_eq!((in_report, in_metrics), (traffic.recorded, traffic.recorded));
    assert!(traffic.decided <= cases.len() as u64);
    let all_wait = cases.iter().all(|case| case.caller > 0);
    assert!(!all_wait || traffic.decided == cases.len() as u64, "{} of {}", traffic.decided, cases.len());
}

#[test]
fn every_request_that_is_decided_comes_to_one_outcome() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let case = (0u8..10, 0u8..4).prop_map(|(upstream, caller)| Case { upstream, caller });
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let checked = runner.run(&prop::collection::vec(case, 1..60), |cases| {
        runtime.block_on(check(cases));
        Ok(())
    });
    checked.unwrap();
}
