//! What a controller sends arrives twice, in another order, late, in part, or as something else.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::published::frame_in;
use crate::seed;
use std::sync::{Arc, Mutex};
use viridian_testkit::line::{BOTH, Line, Trouble, Way};
use viridian_wire::door::Frame;

/// Bytes of an answer with the update of one application in it, or more.
const LARGEST_UPDATE: u64 = 1_200;

/// Bytes of a report of a gateway with one application, or more.
const LONGEST_REPORT: u64 = 16 * 1024;

/// What it tampers with a piece; the pieces of one line, one after the other.
type Mischief = Box<dyn FnMut(Vec<u8>) -> Vec<Vec<u8>> + Send>;

/// A line in trouble; the rollout goes to the half and back while it lasts, and callers notice nothing.
async fn check(trouble: impl Fn(&Line, &mut fastrand::Rng)) {
    let mut scene = Scene::set(1, Failing::Never).await;
    let mut chance = seed::chance();
    scene.fault_begins().await;
    trouble(&scene.world.lines[0], &mut chance);
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.world.loads[0].until_more("candidate", 50).await;
    let said = scene.world.controller.run(&["rollout", "rollback", ROLLOUT]);
    assert_eq!(said.code, Some(0));
    scene.until_it_ends("RolledBack");
    scene.some_more().await;
    BOTH.into_iter().for_each(|way| scene.world.lines[0].stop_tampering(way));
    scene.world.lines[0].heal();
    scene.fault_ends();
    scene.audit_unwatched(Allowed::default()).await;
}

async fn check_mischief(mischief: impl Fn(&mut fastrand::Rng) -> Mischief) {
    check(|line, chance| line.tamper(Way::Back, mischief(chance))).await;
}

fn is_frame(piece: &[u8]) -> bool {
    frame_in(piece).is_some()
}

fn is_delta(piece: &[u8]) -> bool {
    matches!(frame_in(piece), Some(Frame::Delta(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_what_comes_twice_changes_nothing() {
    check_mischief(|_| {
        Box::new(|piece| if is_delta(&piece) { vec![piece.clone(), piece] } else { vec![piece] })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_what_was_sent_long_ago_and_comes_again_changes_nothing() {
    // After each update, every one before it, of whichever stream.
    check_mischief(|_| {
        let mut kept = Vec::new();
        Box::new(move |piece| {
            if !is_delta(&piece) {
                return vec![piece];
            }
            kept.push(piece.clone());
            [vec![piece], kept.clone()].concat()
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_updates_in_another_order_are_asked_for_again() {
    check_mischief(|_| {
        let (mut held, mut count) = (None, 0);
        Box::new(move |piece| {
            if !is_frame(&piece) {
                return vec![piece];
            }
            match held.take() {
                // What comes next overtakes it.
                Some(earlier) => vec![piece, earlier],
                None => {
                    count += u64::from(is_delta(&piece));
                    held = (is_delta(&piece) && count % 2 == 0).then(|| piece.clone());
                    if held.is_some() { Vec::new() } else { vec![piece] }
                }
            }
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_updates_that_are_lost_are_missed() {
    check_mischief(|_| {
        let mut count = 0;
        Box::new(move |piece| {
            count += u64::from(is_delta(&piece));
            if is_delta(&piece) && count % 2 == 1 { Vec::new() } else { vec![piece] }
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_updates_with_a_flipped_bit_are_served_by_nobody() {
    check_mischief(|chance| {
        let mut chance = chance.fork();
        Box::new(move |mut piece| {
            if is_delta(&piece) && chance.u8(..4) > 0 {
                let place = chance.usize(..piece.len());
                piece[place] ^= 1 << chance.u8(..8);
            }
            vec![piece]
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_connections_that_break_off_anywhere_are_taken_up_again() {
    check(|line, chance| {
        // Where nothing whole ever passes nothing can be delivered: the least lets an update through.
        let limit = chance.u64(LARGEST_UPDATE..3 * LARGEST_UPDATE);
        println!("connections break off after {limit} bytes");
        line.disturb(Way::Back, Trouble { limit: Some(limit), slice: Some(7), ..Trouble::default() });
    })
    .await;
}

/// What gateways bring: acknowledgements, counters, and what they come with.
#[tokio::test(flavor = "multi_thread")]
async fn f19_what_is_brought_with_a_flipped_bit_is_brought_again() {
    let flipped = Arc::new(Mutex::new(0));
    let count = Arc::clone(&flipped);
    check(move |line, chance| {
        let (count, mut chance, mut bodies) = (Arc::clone(&count), chance.fork(), 0);
        line.tamper(Way::There, move |mut piece| {
            bodies += u64::from(piece.starts_with(b"{"));
            if piece.starts_with(b"{") && bodies % 3 > 0 {
                let place = chance.usize(..piece.len());
                piece[place] ^= 1 << chance.u8(..8);
                *count.lock().unwrap() += 1;
            }
            vec![piece]
        });
    })
    .await;
    let flipped = *flipped.lock().unwrap();
    assert!(flipped > 3, "INVALID: hardly anything was changed, {flipped} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_what_is_brought_and_breaks_off_is_brought_again() {
    check(|line, chance| {
        let limit = chance.u64(LONGEST_REPORT..3 * LONGEST_REPORT);
        println!("connections break off after {limit} bytes");
        line.disturb(Way::There, Trouble { limit: Some(limit), ..Trouble::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_a_slow_narrow_line_delays_and_loses_nothing() {
    let trouble = Trouble {
        latency: std::time::Duration::from_millis(150),
        bandwidth: Some(64 * 1024),
        slice: Some(100),
        ..Trouble::default()
    };
    check(move |line, _| {
        line.disturb(Way::There, trouble.clone());
        line.disturb(Way::Back, trouble.clone());
    })
    .await;
}

/// Reports and answers of a gateway come twice: they are counted once.
#[tokio::test(flavor = "multi_thread")]
async fn f08_what_a_gateway_brought_and_was_not_thanked_for_is_counted_once() {
    let lost = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&lost);
    check(move |line, _| {
        let seen = Arc::clone(&seen);
        // Every third receipt cannot be read; the gateway cannot know whether it was heard.
        line.tamper(Way::Back, move |mut piece| {
            if piece == b"{\"durable\":true}" {
                let mut seen = seen.lock().unwrap();
                *seen += 1;
                if *seen % 3 == 0 {
                    piece.reverse();
                }
            }
            vec![piece]
        });
    })
    .await;
    assert!(*lost.lock().unwrap() > 3, "INVALID: hardly anything was brought");
}
