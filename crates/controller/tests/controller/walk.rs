//! The walk of a decision, from the first table to each end.

use crate::world::{World, percent, rollout};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;
use viridian_core::environment::{Endpoint, ReadinessCheck};
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::input::Oversized;
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Hold, Phase, State, Waiting};
use viridian_core::weight::Weight;
use viridian_wire::snapshot::{LONGEST_TABLE, length};

/// A world whose candidate has a tenth of the traffic and whose evidence counts.
fn on_trial() -> World {
    let world = World::under_way();
    world.until("a clock", |world| {
        world.acknowledge();
        world.state().position().is_some_and(|at| at.clock.is_some() && at.step == 1)
    });
    world
}

#[test]
fn a_good_candidate_becomes_the_baseline() {
    let mut world = on_trial();
    world.serve_both((900, 100), (100, 100));
    world.until("half", |world| {
        world.acknowledge();
        world.state().position().is_some_and(|at| at.step == 3 && at.clock.is_some())
    });
    world.serve_both((3_000, 100), (3_000, 100));
    world.until("the last watch", |world| {
        world.acknowledge();
        matches!(world.state().phase, Phase::Baking(at) if at.clock.is_some())
    });
    assert_eq!(world.table().unwrap().candidate_weight(), percent(90));
    world.serve_both((200, 100), (1_800, 100));
    world.pass(Duration::from_secs(61));
    world.follow_until("Promoted");
    world.until("the candidate serves alone", |world| world.table().unwrap().baseline.version == "v2");
    assert_eq!(world.table().unwrap().candidate_weight(), Weight::ZERO);
}

#[test]
fn a_bad_candidate_is_rolled_back_and_rejected() {
    let mut world = on_trial();
    world.serve_both((900, 100), (100, 4));
    world.until("back to the baseline", |world| world.table().unwrap().candidate_weight() == Weight::ZERO);
    world.follow_until("RolledBack");
    let release = world.store.release(&"v2".to_owned().try_into().unwrap()).unwrap().unwrap();
    assert!(release.rejected.is_some());
    assert_eq!(world.table().unwrap().baseline.version, "v1");
}

#[test]
fn how_the_candidate_compares_is_told_with_every_move_and_to_whoever_asks() {
    let mut world = on_trial();
    world.serve_both((900, 100), (100, 100));
    let is_told = |report: Option<Report>| {
        let guards = report.map(|report| report.analysis.guards).unwrap_or_default();
        !guards.is_empty()
            && guards.iter().all(|judged| judged.effect.upper.is_some() && judged.log_harm.is_some())
    };
    world.until("half, and why", |world| {
        world.acknowledge();
        world.state().position().is_some_and(|at| at.step == 3)
            && is_told(world.store.rollout(&rollout()).unwrap().unwrap().latest_report)
    });
    world.until("why it waits", |world| {
        world.acknowledge();
        let noted = world.store.noted_report(&rollout());
        let waits = noted.as_ref().is_some_and(|report| matches!(report.finding, Finding::Waiting { .. }));
        waits && is_told(noted)
    });
}

#[test]
fn a_step_begins_when_every_gateway_serves_by_it() {
    let mut world = World::new();
    world.until("a first table", |world| world.table().is_some());
    world.acknowledge();
    world.serve_both((600, 100), (0, 1));
    world.start();
    world
        .until("a tenth for the candidate", |world| world.table().unwrap().candidate_weight() == percent(10));
    // Nobody has acknowledged the new table: time and outcomes change nothing.
    world.serve_both((900, 100), (100, 100));
    world.pass(Duration::from_secs(10));
    let waiting = || world.store.noted_report(&rollout()).map(|report| report.sentence);
    world.until("a reason", |_| waiting().is_some_and(|sentence| sentence.contains("gateways")));
    assert!(world.state().position().unwrap().clock.is_none());
}

#[test]
fn a_rollback_is_over_when_no_gateway_can_serve_the_candidate() {
    let world = on_trial();
    world.order(&Command::Rollback { by: "ada".to_owned(), reason: None });
    world.until("back to the baseline", |world| world.table().unwrap().candidate_weight() == Weight::ZERO);
    world.until("the restoration", |world| world.state().phase.word() == "RollingBack");
    world.follow_until("RolledBack");
}

#[test]
fn a_rollback_waits_for_gateways_from_before_a_restart() {
    let world = on_trial();
    // Another gateway is sent the candidate's table, and is not heard again.
    world.acknowledge_as("gw-2");
    world.order(&Command::Rollback { by: "ada".to_owned(), reason: None });
    world.until("the restoration", |world| world.state().phase.word() == "RollingBack");
    let world = world.restart();
    let waits = |world: &World| {
        world.acknowledge();
        let report = world.store.noted_report(&rollout());
        report.is_some_and(|report| report.sentence.contains("1 gateway may still send requests"))
    };
    world.until("what is waited for", waits);
    world.pass(Duration::from_secs(14 * 60));
    world.until("the same, almost a lease later", waits);
    assert_eq!(world.state().phase.word(), "RollingBack");
    world.pass(Duration::from_secs(2 * 60));
    world.follow_until("RolledBack");
    world.until("it is forgotten on disk as well", |world| world.store.known_gateways().unwrap().len() == 1);
}

#[test]
fn a_gateway_from_before_a_restart_that_comes_ends_the_wait() {
    let world = on_trial();
    world.acknowledge_as("gw-2");
    world.order(&Command::Rollback { by: "ada".to_owned(), reason: None });
    world.until("the restoration", |world| world.state().phase.word() == "RollingBack");
    let world = world.restart();
    world.until("a table of the new term", |world| world.table().is_some());
    world.until("both are heard", |world| {
        world.acknowledge_as("gw-2");
        world.acknowledge();
        world.state().phase.word() == "RolledBack"
    });
}

#[test]
fn a_table_that_harms_the_first_gateway_is_taken_back() {
    let world = World::new();
    world.until("a first table", |world| world.table().is_some());
    let names = ["gw-1", "gw-2"];
    for name in names {
        world.acknowledge_as(name);
        world.fares(name, (1_000, 0));
    }
    let good = world.table().unwrap();
    // Somebody applies an environment that answers nobody.
    world.move_environment("127.0.0.1:9".parse().unwrap());
    world.until("another table", |world| world.table().unwrap().generation > good.generation);
    let harmful = world.table().unwrap();
    let serving = names.map(|name| world.acknowledge_as(name));
    let first = usize::from(serving[0] < serving[1]);
    assert_eq!((serving[first], serving[1 - first]), (Some(harmful.generation), Some(good.generation)));
    world.until("it is taken back", |world| {
        world.fares(names[1 - first], (1_500, 0));
        world.fares(names[first], (1_050, 50));
        world.table().unwrap().generation > harmful.generation
    });
    let restored = world.table().unwrap();
    assert_eq!(restored.baseline, good.baseline);
    for name in names {
        assert_eq!(world.acknowledge_as(name), Some(restored.generation), "{name}");
    }
    // It is published first and written down after.
    world.until("that it was taken back is written down", |world| {
        let events = world.store.events_after(0, 1_000).unwrap();
        events.iter().any(|event| format!("{event:?}").contains("taken back: gateway"))
    });
    // What was taken back stays away until something else is asked for.
    world.controller.nudge().wake();
    world.pass(Duration::from_secs(60));
    for name in names {
        assert_eq!(world.acknowledge_as(name), Some(restored.generation), "{name}");
    }
    world.move_environment("127.0.0.1:10".parse().unwrap());
    world.until("the next", |world| world.table().unwrap().generation > restored.generation);
}

#[test]
fn generations_only_rise_across_a_restart() {
    let world = on_trial();
    let before = world.table().unwrap();
    let world = world.restart();
    world.until("a table of the new term", |world| {
        world.table().is_some_and(|table| table.term > before.term)
    });
    let after = world.table().unwrap();
    assert!(after.generation > before.generation);
    assert_eq!(after.candidate_weight(), before.candidate_weight(), "the rollout goes on where it stood");
    world.order(&Command::Abort { by: "ada".to_owned(), reason: None });
    world.follow_until("Aborted");
}

#[test]
fn a_new_epoch_does_not_restart_the_clock() {
    let mut world = on_trial();
    // Enough to renew the scoring by, too little for the step.
    world.serve_both((810, 100), (90, 100));
    let (clock, epoch) = (world.state().position().unwrap().clock, world.table().unwrap().epoch);
    world.pass(Duration::from_secs(11 * 60));
    world.report(Vec::new(), Vec::new());
    world.until("a new epoch", |world| {
        world.acknowledge();
        world.table().unwrap().epoch > epoch
    });
    let at = world.state().position().unwrap().clone();
    assert_eq!((at.clock, at.weight), (clock, percent(10)));
}

/// The server accepts connections and says itself that it is not ready.
#[test]
fn an_environment_is_asked_where_it_says_whether_it_is_ready() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint(format!("http://{}", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let mut application = world.store.application(&crate::world::application()).unwrap().unwrap();
    for environment in application.environments.values_mut() {
        environment.endpoints = vec![endpoint.clone()];
        environment.readiness = Some(ReadinessCheck { path: "/healthz".to_owned() });
    }
    world.store.apply_application(&application, world.now()).unwrap();
    world.start();
    world.until("the baseline is not ready", |world| {
        world.acknowledge();
        let noted = world.store.noted_report(&rollout());
        noted.is_some_and(|report| report.finding == Finding::Waiting { waiting: Waiting::Baseline })
    });
}

/// An application that becomes too long while its rollout is under way. Nobody is sent what nobody would take.
#[test]
fn a_table_that_is_too_long_is_sent_to_nobody_and_its_rollout_goes_back() {
    let world = on_trial();
    let before = world.table().unwrap();
    world.pin(5_000);
    let is_oversized = |state: &State| {
        let Phase::Held { reason: Hold::Oversized(Oversized { length, most }), .. } = state.phase else {
            return false;
        };
        length > LONGEST_TABLE && most == LONGEST_TABLE
    };
    world.until("a hold that says why", |world| is_oversized(&world.state()));
    let promote = Command::Promote { by: "ann".to_owned(), reach: Reach::Full };
    world.order(&promote);
    world.until("an answer", |world| world.store.pending_commands(&rollout()).unwrap().is_empty());
    assert_eq!(world.table().unwrap(), before, "everybody is served as before");

    world.order(&Command::Rollback { by: "ann".to_owned(), reason: None });
    world.until("back at the baseline", |world| world.table().unwrap().comparison.is_none());
    world.follow_until("RolledBack");
    let served = world.table().unwrap();
    assert!(length(&served) <= LONGEST_TABLE && served.pins.is_empty(), "by what gateways took before");
    // Shortened, it is served.
    world.pin(1);
    world.until("the table there can be", |world| world.table().unwrap().pins.len() == 1);
}

#[test]
fn a_rollout_that_was_held_for_its_length_goes_on_when_it_is_shorter() {
    let world = on_trial();
    world.pin(5_000);
    world.until("a hold", |world| matches!(world.state().phase, Phase::Held { .. }));
    world.pin(3);
    world.until("it goes on", |world| matches!(world.state().phase, Phase::Progressing(_)));
    world.until("the pins are served", |world| world.table().unwrap().pins.len() == 3);
}
