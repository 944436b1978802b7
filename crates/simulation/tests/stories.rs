//! What the simulation found once, told again so that it is not found again.

use std::time::Duration;
use viridian_simulation::{Act, Deed, Disk, Health, Order, Script, Way, Weather, run, tell};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A calm fleet in which this happens: when, for how long, what.
fn script(gateways: usize, acts: &[(u64, u64, Deed)]) -> Script {
    let act =
        |(at, lasts, deed): &(u64, u64, Deed)| Act { at: seconds(*at), lasts: seconds(*lasts), deed: *deed };
    Script {
        seed: 1,
        gateways,
        applications: 1,
        pace: seconds(2),
        length: seconds(15 * 60),
        weather: Weather { loss: 0, twice: 0, delay: Duration::from_millis(5) },
        drift: vec![0; gateways],
        acts: acts.iter().map(act).collect(),
    }
}

fn check(gateways: usize, acts: &[(u64, u64, Deed)]) {
    let script = script(gateways, acts);
    let story = || tell(&script).story.join("\n");
    assert_eq!(run(&script).violation, None, "{}", story());
}

const START: Deed = Deed::Start(0);
const ROLLBACK: Deed = Deed::Order(0, Order::Rollback);
const UNCERTAIN: Deed = Deed::Disk(Health::Uncertain);

#[test]
fn a_rollout_without_faults_comes_to_its_end() {
    check(3, &[(10, 0, START)]);
    let story = tell(&script(3, &[(10, 0, START)])).story.join("\n");
    assert!(story.contains("application-0-rollout-") && story.contains("is promoted"), "{story}");
}

/// The table was committed and never published: every gateway stayed with the one before, for good.
#[test]
fn a_commit_that_was_written_unknowingly_is_published() {
    for at in 10..80 {
        check(2, &[(10, 0, START), (at, 0, UNCERTAIN)]);
    }
}

/// Each failed attempt to go forward spent a number, until none was left for the way back.
#[test]
fn attempts_to_go_forward_leave_numbers_for_the_way_back() {
    let acts = [(10, 0, START), (12, 600, Deed::Disk(Health::ReadOnly)), (480, 0, ROLLBACK)];
    check(1, &acts);
    let under_way = [(10, 0, START), (32, 600, Deed::Disk(Health::ReadOnly)), (480, 0, ROLLBACK)];
    check(2, &under_way);
}

/// A gateway that had said farewell took up its tables, with a candidate whose rollback was done.
#[test]
fn a_gateway_that_left_and_comes_back_cut_off_sends_nobody_to_the_candidate() {
    let cut = Deed::Cut(Some(1), Way::Both);
    check(2, &[(10, 0, START), (34, 8, Deed::StopGateway(1)), (36, 300, cut), (38, 0, ROLLBACK)]);
}

/// The acknowledgement of a rollback was lost, and what the gateway came with was not believed.
#[test]
fn a_rollback_whose_acknowledgement_is_lost_ends() {
    for at in 30..50 {
        check(1, &[(10, 0, START), (38, 0, ROLLBACK), (at, 10, Deed::Cut(Some(0), Way::Up))]);
    }
}

/// Longer than a lease away, with a candidate on the disk.
#[test]
fn tables_that_are_older_than_a_lease_expose_nobody() {
    let cut = Deed::Cut(Some(1), Way::Both);
    let crash = Deed::CrashGateway(1, Disk::Kept);
    let story = script(2, &[(10, 0, START), (34, 1_000, crash), (35, 1_500, cut), (38, 0, ROLLBACK)]);
    let story = Script { length: seconds(1_600), ..story };
    assert_eq!(run(&story).violation, None, "{}", tell(&story).story.join("\n"));
}

/// The table of a rollback was served and never written down, and the next controller counted under the same epoch.
#[test]
fn the_epoch_of_a_rollback_that_was_never_written_down_is_not_used_again() {
    for at in 14..40 {
        let disk = (at, 8, Deed::Disk(Health::ReadOnly));
        check(2, &[(10, 0, START), disk, (at + 2, 0, ROLLBACK), (at + 5, 10, Deed::CrashController)]);
    }
}

/// The machine of a gateway slept for longer than a lease, and its wall clock was set back meanwhile.
#[test]
fn a_sleep_counts_although_the_clock_was_set_back() {
    let sleep = (34, 1_000, Deed::SuspendGateway(1));
    let set = (36, 0, Deed::SetGatewayClock(1, -3_600));
    let cut = (36, 1_300, Deed::Cut(Some(1), Way::Both));
    let acts = [(10, 0, START), sleep, set, cut, (38, 0, ROLLBACK)];
    let story = Script { length: seconds(1_600), ..script(2, &acts) };
    assert_eq!(run(&story).violation, None, "{}", tell(&story).story.join("\n"));
}

/// A controller that another one had replaced went on to answer, and gateways took that for contact.
#[test]
fn a_controller_that_was_replaced_resigns() {
    let acts = [(10, 0, START), (30, 600, Deed::Usurp)];
    check(3, &acts);
    let story = tell(&script(3, &acts)).story.join("\n");
    assert!(story.contains("controller-0 resigns"), "{story}");
}

/// A gateway came to one controller and had the candidate from it; the next one had never heard of it.
#[test]
fn a_rollback_waits_for_gateways_that_only_the_controller_before_has_met() {
    for at in 30..44 {
        let cut = (at, 1_200, Deed::Cut(Some(1), Way::Both));
        check(2, &[(10, 0, START), cut, (at + 2, 2, Deed::CrashController), (at + 6, 0, ROLLBACK)]);
    }
}

/// Every gateway had been cut off for longer than a lease, and one that was heard again was not asked for.
#[test]
fn a_gateway_that_was_given_up_counts_when_it_has_come_again() {
    for seed in [27_715, 89_902] {
        let told = tell(&Script::of(seed));
        assert_eq!(told.violation, None, "{}", told.story.join("\n"));
    }
}

/// While its disk is full a gateway takes no step forward; a rollback it serves, and what it starts with after that exposes
/// nobody, although the controller cannot be heard.
#[test]
fn a_gateway_whose_disk_is_full_takes_no_step_forward_and_every_way_back() {
    let full = |at, lasts| (at, lasts, Deed::FullDisk(1));
    check(2, &[(10, 0, START), full(5, 300)]);
    let story = tell(&script(2, &[(10, 0, START), full(5, 300)])).story.join("\n");
    assert!(story.contains("refuses: it cannot be kept on the gateway's disk"), "{story}");
    for at in 30..44 {
        let crash = (at + 4, 3, Deed::CrashGateway(1, Disk::Kept));
        let cut = (at + 4, 300, Deed::Cut(Some(1), Way::Both));
        check(2, &[(10, 0, START), full(at, 60), (at + 2, 0, ROLLBACK), crash, cut]);
    }
}
