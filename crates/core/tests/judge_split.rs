//! The split while requests are under way: they are counted as they are drawn and again when they have ended, and a slow arm
//! has more that have not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use viridian_core::analysis::judge::{Units, verdicts};
use viridian_core::analysis::measurement::{EpochCounts, Evidence, SETTLED_AFTER};
use viridian_core::analysis::verdict::SplitCheck;
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Thresholds};
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

const USERS: usize = 2_000;
/// Requests a second.
const RATE: f64 = 20.0;
/// In seconds.
const EPOCH: u64 = 300;
/// How long answers take, in seconds: the baseline's and the candidate's.
const ANSWERS: [u64; 2] = [10, 30];
/// The candidate's share in percent, by epoch.
const SHARES: [u16; 4] = [25, 25, 50, 10];

/// What becomes of the candidate's outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Counted,
    /// Half of them never are.
    Lost,
    /// Three in ten are twice.
    Doubled,
}

/// A rollout under way.
struct Rollout {
    units: Units,
    fate: Fate,
    /// Where each user stands in the draw, and which unit that is.
    users: Vec<(f64, UnitHash)>,
    evidence: Evidence,
    /// Requests by the second in which they end, with the place of their epoch.
    under_way: BTreeMap<u64, Vec<(usize, Decision)>>,
    dice: Dice,
}

impl Rollout {
    fn of(units: Units, fate: Fate, seed: u64) -> Self {
        let mut dice = Dice::seeded(seed);
        let application = ApplicationName::parse("support-chat").unwrap();
        let user = |number| (dice.uniform(), UnitHash::of(&application, &format!("user-{number}-{seed}")));
        let users = (0..USERS).map(user).collect();
        Self { units, fate, users, evidence: Evidence::default(), under_way: BTreeMap::new(), dice }
    }

    /// What happens in one second: requests are drawn, and others end.
    fn second(&mut self, second: u64) {
        if second.is_multiple_of(EPOCH) {
            self.evidence.epochs.push(EpochCounts::empty(epoch(second / EPOCH)));
        }
        for _ in 0..self.dice.arrivals(RATE) {
            self.draw(second);
        }
        for (place, decision) in self.under_way.remove(&second).unwrap_or_default() {
            self.end(place, decision);
        }
    }

    fn draw(&mut self, second: u64) {
        let place = self.evidence.epochs.len() - 1;
        let weight = self.evidence.epochs[place].epoch.weight;
        let (stands, unit) = match self.units {
            Units::Independent => (self.dice.uniform(), None),
            Units::Sticky => {
                let (stands, unit) = self.users[self.dice.place(USERS)];
                (stands, Some(unit))
            }
        };
        let arm = if stands < weight.probability() { Arm::Candidate } else { Arm::Baseline };
        let decision = Decision { arm, standing: Standing::Drawn(weight), unit };
        let counted = self.evidence.epochs[place].arm_mut(arm);
        counted.tally.record_draw(&decision);
        counted.groups.record_draw(&decision);
        let ends = second + ANSWERS[arm.index()];
        self.under_way.entry(ends).or_default().push((place, decision));
    }

    fn end(&mut self, place: usize, decision: Decision) {
        let times = match (decision.arm, self.fate) {
            (Arm::Candidate, Fate::Lost) => 1 - u32::from(self.dice.hits(0.5)),
            (Arm::Candidate, Fate::Doubled) => 1 + u32::from(self.dice.hits(0.3)),
            _ => 1,
        };
        let outcome = Outcome {
            decision,
            class: Class::Ok,
            latency_us: 1_000_000 * ANSWERS[decision.arm.index()],
            first_token: FirstToken::NotStreamed,
            contents: Contents::default(),
        };
        let counted = self.evidence.epochs[place].arm_mut(decision.arm);
        for _ in 0..times {
            counted.tally.record(&outcome, &Thresholds::default());
            counted.groups.record(&outcome, &Thresholds::default());
        }
    }

    fn is_broken(&mut self, second: u64) -> bool {
        self.evidence.settle(Timestamp(1_000 * second));
        verdicts(&[], &self.evidence, self.units).split != SplitCheck::Sound
    }

    /// The first second after which the split is called broken, of so many with traffic.
    fn broken_after(&mut self, seconds: u64) -> Option<u64> {
        (0..seconds).find(|second| {
            self.second(*second);
            self.is_broken(*second)
        })
    }
}

fn epoch(number: u64) -> Epoch {
    let share = SHARES[number as usize % SHARES.len()];
    Epoch {
        id: EpochId(number as u32 + 1),
        weight: Weight::from_basis_points(100 * share).unwrap(),
        thresholds: Thresholds::default(),
        centres: [0.0; Metric::ALL.len()],
        started_at: Timestamp(1_000 * EPOCH * number),
        allotment: None,
    }
}

/// It is looked at every second, through three changes of the share. One in a thousand may be wrong.
#[test]
fn a_candidate_that_answers_three_times_as_slowly_is_split_as_drawn() {
    for (units, runs) in [(Units::Independent, 200), (Units::Sticky, 100)] {
        let broken: Vec<u64> = (0..runs)
            .filter_map(|seed| Rollout::of(units, Fate::Counted, seed).broken_after(4 * EPOCH))
            .collect();
        println!("{units:?}: {} of {runs} are called broken, after these seconds: {broken:?}", broken.len());
        assert!(broken.len() <= 1, "{units:?}: {} of {runs}", broken.len());
    }
}

#[test]
fn lost_outcomes_are_found_once_their_epoch_has_settled() {
    // Users differ, so that of them more has to be known.
    for (units, epochs) in [(Units::Independent, 1), (Units::Sticky, 3)] {
        let mut rollout = Rollout::of(units, Fate::Lost, 1);
        assert_eq!(rollout.broken_after(4 * EPOCH), None, "{units:?}: they could be under way");
        let settled = |epochs: u64| epochs * EPOCH + SETTLED_AFTER.as_secs();
        assert!(!rollout.is_broken(settled(1) - 1), "{units:?}");
        assert!(rollout.is_broken(settled(epochs)), "{units:?}");
    }
}

#[test]
fn outcomes_that_are_counted_twice_are_found_at_once() {
    for units in [Units::Independent, Units::Sticky] {
        let found = Rollout::of(units, Fate::Doubled, 1).broken_after(2 * EPOCH);
        println!("{units:?}: found after {found:?} seconds");
        assert!(found.is_some(), "{units:?}");
    }
}

/// Gateways of an older version count no draws: what has ended is all that is known.
#[test]
fn without_draws_what_has_ended_is_split() {
    let mut rollout = Rollout::of(Units::Independent, Fate::Lost, 1);
    (0..EPOCH).for_each(|second| rollout.second(second));
    for arm in [Arm::Baseline, Arm::Candidate] {
        rollout.evidence.epochs[0].arm_mut(arm).tally.drawn = 0;
    }
    assert!(rollout.is_broken(EPOCH));
}
