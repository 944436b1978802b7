//! How far tables spread, and what is known of the gateways that serve by them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use viridian_controller::{Hub, Subscription, Unheard};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::routing::table::{Comparison, RoutingTable};
use viridian_core::time::Timestamp;
use viridian_testkit::table::{application, comparison, placement, table};
use viridian_wire::snapshot::{Acknowledgement, Rejection, TableAnswer};
use viridian_wire::tally::{Trip, Vitals};

/// A hub with gateways that do as they are told.
struct World {
    hub: Arc<Hub>,
    now: Arc<AtomicU64>,
    runtime: Runtime,
    gateways: BTreeMap<String, Gateway>,
}

struct Gateway {
    boot: BootId,
    tables: Subscription,
    serving: BTreeMap<ApplicationName, Generation>,
}

fn chat() -> ApplicationName {
    application("support-chat")
}

/// A table of `v1` with `v2` at so many basis points.
fn at(generation: u64, basis_points: u16) -> RoutingTable {
    let running = comparison(placement("v2", "http://127.0.0.1:2"), basis_points);
    RoutingTable {
        generation: Generation(generation),
        comparison: (basis_points > 0).then_some(running),
        ..table("support-chat", placement("v1", "http://127.0.0.1:1"))
    }
}

fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

impl World {
    fn with(gateways: usize) -> Self {
        let now = Arc::new(AtomicU64::new(1_000_000));
        let read = Arc::clone(&now);
        let hub = Hub::new(Term(1), Vec::new(), Arc::new(move || Timestamp(read.load(Ordering::SeqCst))));
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let mut world = Self { hub: Arc::new(hub), now, runtime, gateways: BTreeMap::new() };
        for n in 0..gateways {
            world.join(&format!("gw-{n}"), 1);
        }
        world
    }

    fn join(&mut self, name: &str, boot: u64) {
        let boot = BootId(boot);
        let serving = self.gateways.remove(name).map(|before| before.serving).unwrap_or_default();
        let tables = self.hub.open(&node(name), boot, serving.clone());
        self.gateways.insert(name.to_owned(), Gateway { boot, tables, serving });
        self.serve(name);
    }

    /// The gateway takes what there is for it, and says so. Answers the generation it serves by; zero for none.
    fn serve(&mut self, name: &str) -> u64 {
        let gateway = self.gateways.get_mut(name).unwrap();
        let next = |tables: &mut Subscription| {
            self.runtime.block_on(async { timeout(Duration::ZERO, tables.next()).await.ok().flatten() })
        };
        while let Some(update) = next(&mut gateway.tables) {
            let answers = update.tables.iter().map(|table| {
                gateway.serving.insert(table.application.clone(), table.generation);
                TableAnswer {
                    application: table.application.clone(),
                    serving: table.generation,
                    rejected: None,
                }
            });
            let answers = answers.collect();
            self.hub.acknowledge(Acknowledgement { node: node(name), boot: gateway.boot, answers }).unwrap();
        }
        gateway.serving.get(&chat()).map_or(0, |generation| generation.0)
    }

    /// Every gateway serves by what there is for it and is heard; answers the generations, sorted.
    fn serve_all(&mut self) -> Vec<u64> {
        let names: Vec<String> = self.gateways.keys().cloned().collect();
        let mut generations: Vec<u64> = names.iter().map(|name| self.serve(name)).collect();
        for name in &names {
            self.hub.heard(&node(name), self.gateways[name].boot, Vec::new()).unwrap();
        }
        generations.sort_unstable();
        generations
    }

    /// How many gateways serve by a generation, after a time in which all of them were heard.
    fn reached(&mut self, generation: u64, after: Duration) -> usize {
        self.serve_all();
        self.pass(after);
        self.serve_all();
        self.serve_all().into_iter().filter(|serving| *serving == generation).count()
    }

    /// The gateway that was sent a generation first.
    fn first_with(&self, generation: u64) -> String {
        let has = |gateway: &Gateway| gateway.serving.get(&chat()) == Some(&Generation(generation));
        self.gateways.iter().find(|(_, gateway)| has(gateway)).unwrap().0.clone()
    }

    fn pass(&self, duration: Duration) {
        let mut left = duration;
        while !left.is_zero() {
            // The loop looks all the time: it does not stand still.
            let step = left.min(A_SECOND);
            self.stand_still(step);
            self.hub.advance();
            left = left.checked_sub(step).unwrap();
        }
    }

    fn stand_still(&self, duration: Duration) {
        self.now.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

const A_MOMENT: Duration = Duration::from_millis(100);
const A_SECOND: Duration = Duration::from_secs(1);
const LOST: Duration = Duration::from_secs(20);
const FORGOTTEN: Duration = Duration::from_secs(16 * 60);

#[test]
fn a_table_that_moves_traffic_reaches_one_gateway_then_a_tenth_then_all() {
    let mut world = World::with(30);
    world.hub.publish(at(1, 0));
    assert_eq!(
        world.reached(1, A_MOMENT),
        30,
        "the first table of an application has nothing to fall back to"
    );
    world.hub.publish(at(2, 500));
    assert_eq!(world.serve_all().iter().filter(|serving| **serving == 2).count(), 1);
    assert_eq!(world.reached(2, A_MOMENT), 1, "it has to be well for a while");
    assert_eq!(world.reached(2, A_SECOND), 3);
    assert_eq!(world.reached(2, A_SECOND), 30);
}

#[test]
fn a_table_that_sends_nobody_anywhere_new_reaches_all_at_once() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 2_000));
    world.serve_all();
    for (generation, basis_points) in [(2, 500), (3, 500), (4, 0)] {
        world.hub.publish(at(generation, basis_points));
        assert_eq!(world.serve_all(), vec![generation; 10], "{basis_points} basis points");
    }
}

#[test]
fn a_rollback_overtakes_a_table_that_has_not_reached_all() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    world.serve_all();
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), vec![3; 10]);
    assert_eq!(world.hub.gateways(&chat()).exposed, 0);
}

#[test]
fn what_only_a_ring_has_seen_is_no_proof_for_the_next_table() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    world.serve_all();
    // The same shares under new thresholds: it moves nothing where the table before it is, and everything elsewhere.
    world.hub.publish(at(3, 500));
    assert_eq!(world.serve_all().iter().filter(|serving| **serving == 3).count(), 1);
}

#[test]
fn a_gateway_that_is_not_well_stops_the_spread() {
    type Harm = fn(&World, &str);
    let refuses: Harm = |world, name| {
        let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
        let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
        let boot = world.gateways[name].boot;
        world.hub.acknowledge(Acknowledgement { node: node(name), boot, answers: vec![answer] }).unwrap();
    };
    let trips: Harm = |world, name| {
        let Comparison { rollout, .. } = at(2, 500).comparison.unwrap();
        let trip = Trip { application: chat(), rollout, epoch: at(2, 500).epoch };
        world.hub.heard(&node(name), world.gateways[name].boot, vec![trip]).unwrap();
    };
    let falls_silent: Harm = |_, _| {};
    for (what, harm) in [("refuses", refuses), ("trips", trips), ("falls silent", falls_silent)] {
        let mut world = World::with(10);
        world.hub.publish(at(1, 0));
        world.serve_all();
        world.hub.publish(at(2, 500));
        world.serve_all();
        let first = world.first_with(2);
        world.pass(LOST);
        harm(&world, &first);
        let silenced = world.gateways.remove(&first);
        world.pass(A_SECOND);
        world.serve_all();
        world.pass(A_SECOND);
        assert_eq!(world.serve_all(), vec![1; 9], "{what}");
        drop(silenced);
    }
}

#[test]
fn a_refused_table_is_told_until_there_is_another() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
    let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
    let boot = world.gateways["gw-0"].boot;
    world.hub.acknowledge(Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] }).unwrap();
    let seen = world.hub.gateways(&chat());
    let refused = seen.refused.unwrap();
    assert_eq!((seen.acknowledged, refused.reason.as_str()), (0, "a secret is missing"));
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), [3]);
    assert!(world.hub.gateways(&chat()).refused.is_none());
}

#[test]
fn a_gateway_that_comes_back_is_sent_what_it_missed() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    assert_eq!(world.serve_all(), [1]);
    world.hub.publish(at(2, 500));
    world.hub.publish(at(3, 1_000));
    world.join("gw-0", 1);
    assert_eq!(world.serve_all(), [3]);
    world.join("gw-0", 1);
    assert_eq!(world.serve_all(), [3], "nothing is missing");
}

#[test]
fn a_gateway_whose_acknowledgement_was_lost_is_not_exposed_once_it_comes_again() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 2_000));
    assert_eq!((world.serve("gw-0"), world.hub.gateways(&chat()).exposed), (1, 1));
    world.hub.publish(at(2, 0));
    // It takes the table, and what it says of it never arrives.
    world.gateways.get_mut("gw-0").unwrap().serving.insert(chat(), Generation(2));
    world.join("gw-0", 1);
    assert_eq!(world.hub.gateways(&chat()).exposed, 0, "it came with a table that has no candidate");
    // One that comes with a table of before still is.
    world.hub.publish(at(3, 2_000));
    world.serve("gw-0");
    world.hub.publish(at(4, 0));
    let _silent = world.hub.open(&node("gw-0"), BootId(1), world.gateways["gw-0"].serving.clone());
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
}

#[test]
fn what_the_controller_does_not_know_is_taken_away_unless_it_knows_nothing() {
    let mut world = World::with(1);
    let removed = |world: &World| {
        let serving = [(chat(), Generation(1)), (application("forgotten"), Generation(7))];
        let mut tables = world.hub.open(&node("gw-0"), BootId(1), serving);
        world.runtime.block_on(tables.next()).unwrap().removed
    };
    assert!(removed(&world).is_empty(), "a controller without a table has lost its memory");
    world.hub.publish(at(1, 0));
    assert_eq!(removed(&world), [application("forgotten")]);
    world.serve("gw-0");
}

#[test]
fn another_process_of_the_same_name_takes_the_seat() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 500));
    world.serve_all();
    let mut before = world.gateways.remove("gw-0").unwrap();
    world.join("gw-0", 2);
    assert!(world.runtime.block_on(before.tables.next()).is_none(), "it is sent nothing more");
    assert!(world.hub.heard(&node("gw-0"), before.boot, Vec::new()).is_err(), "nor heard");
    assert_eq!(world.hub.gateways(&chat()).known, 1);
}

#[test]
fn a_lost_gateway_counts_until_its_lease_has_run_out() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 500));
    world.serve_all();
    let lost = world.gateways.remove("gw-1").unwrap();
    world.hub.publish(at(2, 0));
    for (after, expected) in [(A_SECOND, (2, 1, 1)), (LOST, (2, 1, 1)), (FORGOTTEN, (1, 1, 0))] {
        // The other one is heard all the time.
        for _ in 0..2 {
            world.pass(after / 2);
            world.serve_all();
        }
        let seen = world.hub.gateways(&chat());
        assert_eq!((seen.known, seen.acknowledged, seen.exposed), expected, "{after:?}");
    }
    drop(lost);
}

/// It would take the answer for contact, and go on with a candidate that it is not counted for any more.
#[test]
fn a_gateway_that_was_given_up_has_to_come_again_before_it_is_heard() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 500));
    world.serve_all();
    world.pass(FORGOTTEN);
    let (name, boot) = (node("gw-0"), world.gateways["gw-0"].boot);
    assert_eq!(world.hub.heard(&name, boot, Vec::new()), Err(Unheard::Unknown));
    let answers = vec![TableAnswer { application: chat(), serving: Generation(1), rejected: None }];
    let acknowledgement = Acknowledgement { node: name.clone(), boot, answers };
    assert_eq!(world.hub.acknowledge(acknowledgement), Err(Unheard::Unknown));
    let _tables = world.hub.open(&name, boot, [(chat(), Generation(1))]);
    assert_eq!(world.hub.heard(&name, boot, Vec::new()), Ok(()));
}

#[test]
fn many_tables_are_sent_in_parts() {
    let world = World::with(0);
    for n in 0..600 {
        world.hub.publish(table(&format!("app-{n}"), placement("v1", "http://127.0.0.1:1")));
    }
    let mut tables = world.hub.open(&node("gw-0"), BootId(1), []);
    let mut parts = Vec::new();
    loop {
        let update = world.runtime.block_on(tables.next()).unwrap();
        parts.push((update.number, update.tables.len()));
        if update.complete {
            break;
        }
    }
    assert_eq!(parts, [(1, 256), (2, 256), (3, 88)]);
}

#[test]
fn what_is_heard_after_a_standstill_was_said_before_it() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 0));
    world.serve_all();
    let acknowledged = |world: &World| world.hub.gateways(&chat()).acknowledged;
    assert_eq!(acknowledged(&world), 2);
    world.stand_still(LOST);
    world.serve_all();
    assert_eq!(acknowledged(&world), 0, "whether they live now nobody knows");
    world.pass(A_SECOND);
    world.serve_all();
    assert_eq!(acknowledged(&world), 2);
}

#[test]
fn the_same_process_that_comes_again_supersedes_nobody() {
    let mut world = World::with(1);
    let first = world.gateways.remove("gw-0").unwrap();
    let again = world.hub.open(&node("gw-0"), first.boot, []);
    assert!(!first.tables.is_superseded(first.boot));
    world.join("gw-0", 2);
    assert!(again.is_superseded(first.boot));
}

#[test]
fn a_table_nobody_answers_for_is_open_until_it_is_answered() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    let update = world.runtime.block_on(world.gateways.get_mut("gw-0").unwrap().tables.next()).unwrap();
    assert_eq!(update.tables.len(), 1);
    assert!(world.gateways["gw-0"].tables.is_unanswered());
    let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: None };
    let boot = world.gateways["gw-0"].boot;
    let answer = Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] };
    world.hub.acknowledge(answer).unwrap();
    assert!(!world.gateways["gw-0"].tables.is_unanswered());
}

/// What a controller before this one knew of a gateway.
fn expected(world: &World, name: &str) {
    world.hub.expect(Origin { node: node(name), boot: BootId(1) }, Timestamp(0));
}

#[test]
fn a_rollback_is_not_over_after_a_restart_before_every_gateway_of_before_was_heard() {
    let mut world = World::with(0);
    expected(&world, "gw-0");
    expected(&world, "gw-1");
    // The table that was committed last: the baseline is restored.
    world.hub.publish(at(3, 0));
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged, seen.exposed), (2, 0, 2), "nobody was heard since");
    world.join("gw-0", 1);
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged, seen.exposed), (2, 1, 1), "one has said what it serves by");
    // However long ago the other was heard by the clock of before: its lease counts from the restart.
    world.pass(FORGOTTEN - Duration::from_secs(2 * 60));
    world.serve_all();
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
    world.pass(Duration::from_secs(2 * 60));
    world.serve_all();
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.exposed), (1, 0), "its lease has run out");
    assert_eq!(world.hub.take_forgotten(), [Origin { node: node("gw-1"), boot: BootId(1) }]);
    assert_eq!(world.hub.take_forgotten(), []);
}

#[test]
fn a_table_that_was_with_one_gateway_does_not_go_to_all_after_a_restart() {
    let mut world = World::with(0);
    for number in 0..10 {
        expected(&world, &format!("gw-{number}"));
    }
    // What every gateway has, and what had reached one of them.
    world.hub.publish(at(1, 0));
    world.hub.publish(at(2, 500));
    for number in 0..10 {
        world.join(&format!("gw-{number}"), 1);
    }
    let having = |generations: Vec<u64>| generations.into_iter().filter(|serving| *serving >= 2).count();
    assert_eq!(having(world.serve_all()), 1);
    // The new term publishes the same again, and that goes on from there.
    world.hub.publish(at(3, 500));
    assert_eq!(having(world.serve_all()), 1);
    assert_eq!(world.hub.take_everywhere(), [(chat(), Generation(1))], "the latest is not among them");
    assert_eq!(world.reached(3, A_MOMENT), 1);
    assert_eq!(world.reached(3, A_SECOND), 10);
    assert_eq!(world.hub.take_everywhere(), [(chat(), Generation(3))]);
}

#[test]
fn a_gateway_that_is_not_written_down_keeps_candidates_where_they_are() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.doubt(&node("gw-1"));
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged), (2, 1));
    world.hub.vouch(&node("gw-1"));
    assert!(world.hub.gateways(&chat()).all_acknowledged());
}

#[test]
fn a_clock_that_is_off_is_told() {
    let world = World::with(1);
    let fares = |clock: u64| {
        let vitals = Vitals { clock: Timestamp(clock), ended: 0, failed: 0, lost: 0, pinned: Vec::new() };
        world.hub.fares(&node("gw-0"), BootId(1), vitals);
        world.hub.clock_ahead(&node("gw-0"))
    };
    for (clock, told) in [
        (1_000_000, None),
        (1_009_000, None),
        (991_000, None),
        (4_600_000, Some(3_600_000)),
        (0, Some(-1_000_000)),
    ] {
        assert_eq!(fares(clock), told, "{clock}");
    }
}

/// Every gateway says that of all its requests so far so many have ended and so many of them failed.
fn fare(world: &World, counted: impl Fn(&str) -> (u64, u64)) {
    for name in world.gateways.keys() {
        let (ended, failed) = counted(name);
        let clock = Timestamp(world.now.load(Ordering::SeqCst));
        let vitals = Vitals { clock, ended, failed, lost: 0, pinned: Vec::new() };
        world.hub.fares(&node(name), world.gateways[name].boot, vitals);
    }
}

/// A table of another baseline, which no rollout asked for.
fn elsewhere(generation: u64) -> RoutingTable {
    RoutingTable {
        generation: Generation(generation),
        ..table("support-chat", placement("v1", "http://127.0.0.1:9"))
    }
}

#[test]
fn a_table_by_which_the_first_gateway_fares_worse_reaches_no_other() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(elsewhere(2));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    let first = world.first_with(2);
    fare(&world, |name| if name == first { (1_040, 45) } else { (1_400, 14) });
    for _ in 0..5 {
        assert_eq!(world.reached(2, A_SECOND), 1, "it goes no further");
    }
    let (before, unwell) = world.hub.to_take_back(&chat()).unwrap();
    assert_eq!((before, unwell.node), (at(1, 0), first));
    assert!(unwell.detail.contains("35 of 40 requests failed since"), "{}", unwell.detail);
    assert!(world.hub.gateways(&chat()).unwell.is_some());
    // What every gateway had comes back under a number of its own, to all at once.
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), vec![3; 10]);
    assert!(world.hub.to_take_back(&chat()).is_none());
}

#[test]
fn a_promotion_is_not_taken_back_to_a_rollout_that_has_ended() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 9_000));
    world.serve_all();
    fare(&world, |_| (1_000, 0));
    let promoted = RoutingTable {
        generation: Generation(2),
        ..table("support-chat", placement("v2", "http://127.0.0.1:2"))
    };
    world.hub.publish(promoted);
    assert_eq!(world.reached(2, A_MOMENT), 1);
    // The release begins to fail just now.
    fare(&world, |_| (1_100, 90));
    assert!(world.hub.to_take_back(&chat()).is_none());
    assert_eq!(world.reached(2, A_SECOND * 3), 2, "both have it in the end");
}

#[test]
fn what_fails_everywhere_does_not_hold_a_table_up() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(at(2, 500));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    fare(&world, |_| (1_040, 45));
    assert_eq!(world.reached(2, A_SECOND), 10, "the second ring is one gateway of ten as well");
}

#[test]
fn a_ring_that_serves_nobody_is_waited_for_and_not_for_ever() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(at(2, 500));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    assert_eq!(world.reached(2, A_SECOND), 1, "without a request nobody knows");
    assert_eq!(world.reached(2, A_SECOND * 2), 10);
}

#[test]
fn a_refused_table_is_offered_again_after_half_a_minute() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    let boot = world.gateways["gw-0"].boot;
    let refuse = |world: &mut World| {
        let gateway = world.gateways.get_mut("gw-0").unwrap();
        let offered = world
            .runtime
            .block_on(async { timeout(Duration::ZERO, gateway.tables.next()).await.ok().flatten() });
        let generations: Vec<u64> =
            offered.iter().flat_map(|update| &update.tables).map(|table| table.generation.0).collect();
        let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
        let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
        if !generations.is_empty() {
            let acknowledgement = Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] };
            world.hub.acknowledge(acknowledgement).unwrap();
        }
        generations
    };
    assert_eq!(refuse(&mut world), [2]);
    for _ in 0..3 {
        world.pass(Duration::from_secs(29));
        world.hub.advance();
        assert_eq!(refuse(&mut world), [0; 0], "not yet");
        world.pass(Duration::from_secs(2));
        world.hub.advance();
        assert_eq!(refuse(&mut world), [2]);
    }
    world.pass(Duration::from_secs(31));
    world.hub.advance();
    assert_eq!(world.serve("gw-0"), 2, "what kept it from taking the table was mended");
    assert!(world.hub.gateways(&chat()).all_acknowledged());
}
