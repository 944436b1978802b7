//! The exact tests by themselves, without `judge`: the race, the bets and their joined evidence hold their error when
//! they are looked at after every outcome, at any rate of events and share of the candidate; and whatever the counts,
//! they come to numbers that make sense.

use proptest::prelude::*;
use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::combine::{WeightedEvidence, weighted_mean};
use viridian_core::stats::evidence::race::{self, RaceEpoch};

const ALPHA: f64 = 0.05;
const RUNS: u64 = 300;
/// A test that is right fails once in so many.
const CHANCE: f64 = 1e-5;
const SHARES: [f64; 3] = [0.02, 0.1, 0.5];
const RATES: [f64; 3] = [0.01, 0.1, 0.4];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn hits(&mut self, probability: f64) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}

/// The chance of so many of [`RUNS`] or more, when each is wrong with probability [`ALPHA`].
fn chance_of(wrong: u64) -> f64 {
    let mut exactly = (1.0 - ALPHA).powf(RUNS as f64);
    let mut fewer = 0.0;
    for k in 0..wrong {
        fewer += exactly;
        exactly *= (RUNS - k) as f64 / (k + 1) as f64 * ALPHA / (1.0 - ALPHA);
    }
    1.0 - fewer
}

/// Runs under the null, each until the evidence reaches `1/ALPHA` or it is over.
fn check(what: &str, ever_wrong: impl Fn(&mut Dice) -> bool) {
    let wrong = (1..=RUNS).filter(|run| ever_wrong(&mut Dice(run * 0x5851_f42d))).count() as u64;
    assert!(chance_of(wrong) > CHANCE, "{what}: wrong in {wrong} of {RUNS} runs");
}

fn is_reached(log_e: f64) -> bool {
    log_e >= -ALPHA.ln()
}

/// A race at its null, event by event; the weight changes half-way.
fn race_is_ever_wrong(dice: &mut Dice, share: f64, ratio: f64, log_e: fn(&[RaceEpoch], f64) -> f64) -> bool {
    let epoch = |probability| RaceEpoch { probability, candidate: 0, baseline: 0 };
    let mut epochs = vec![epoch(share), epoch(share.mul_add(0.5, 0.2))];
    (0..800).any(|event| {
        let epoch = &mut epochs[event / 400];
        let at_the_null = epoch.probability * ratio / (epoch.probability * ratio + 1.0 - epoch.probability);
        if dice.hits(at_the_null) {
            epoch.candidate += 1;
        } else {
            epoch.baseline += 1;
        }
        is_reached(log_e(&epochs, ratio))
    })
}

#[test]
fn races_hold_their_error_at_every_event() {
    for share in SHARES {
        for ratio in [1.0, 1.5, 3.0] {
            check(&format!("harm beyond {ratio} at {share}"), |dice| {
                race_is_ever_wrong(dice, share, ratio, race::log_e_harm)
            });
            check(&format!("safe below {ratio} at {share}"), |dice| {
                race_is_ever_wrong(dice, share, ratio, race::log_e_safe)
            });
        }
    }
}

/// Bets at their null, request by request, while the baseline drifts upwards and the centre stays where it was.
fn bets_are_ever_wrong(
    dice: &mut Dice,
    (share, rate, difference): (f64, f64, f64),
    log_e: fn(&[BinaryEpoch], f64) -> f64,
) -> bool {
    let none = Trials::default();
    let mut epoch = [BinaryEpoch { probability: share, centre: rate, candidate: none, baseline: none }];
    (0..1_000).any(|request| {
        let rate = rate * (1.0 + f64::from(request) / 1_000.0);
        let on_candidate = dice.hits(share);
        let bad = dice.hits(if on_candidate { rate + difference } else { rate });
        let arm = if on_candidate { &mut epoch[0].candidate } else { &mut epoch[0].baseline };
        arm.trials += 1;
        arm.events += u64::from(bad);
        is_reached(log_e(&epoch, difference))
    })
}

#[test]
fn bets_hold_their_error_at_every_request() {
    for share in SHARES {
        for rate in RATES {
            for difference in [0.0, 0.03] {
                let null = (share, rate, difference);
                check(&format!("harm at {null:?}"), |dice| {
                    bets_are_ever_wrong(dice, null, betting::log_e_harm)
                });
                check(&format!("safe at {null:?}"), |dice| {
                    bets_are_ever_wrong(dice, null, betting::log_e_safe)
                });
            }
        }
    }
}

#[test]
fn joined_evidence_holds_its_error_at_every_request() {
    // Three guards of the same requests, two of which go wrong together: two races, and bets on the first.
    for share in SHARES {
        for rate in RATES {
            check(&format!("three guards at {share}, {rate}"), |dice| {
                let none = Trials::default();
                let mut bets =
                    [BinaryEpoch { probability: share, centre: rate, candidate: none, baseline: none }];
                let mut slow = [RaceEpoch { probability: share, candidate: 0, baseline: 0 }];
                (0..1_000).any(|_| {
                    let on_candidate = dice.hits(share);
                    let failed = dice.hits(rate);
                    let is_slow = failed || dice.hits(0.05);
                    let BinaryEpoch { candidate, baseline, .. } = &mut bets[0];
                    let arm = if on_candidate { candidate } else { baseline };
                    arm.trials += 1;
                    arm.events += u64::from(failed);
                    let events = if on_candidate { &mut slow[0].candidate } else { &mut slow[0].baseline };
                    *events += u64::from(is_slow);
                    let (candidate, baseline) = (bets[0].candidate.events, bets[0].baseline.events);
                    let errors = [RaceEpoch { probability: share, candidate, baseline }];
                    let log_es = [
                        race::log_e_harm(&errors, 1.0),
                        race::log_e_harm(&slow, 1.0),
                        betting::log_e_harm(&bets, 0.0),
                    ];
                    let joined = log_es.map(|log_e| WeightedEvidence { weight: 1.0 / 3.0, log_e });
                    is_reached(weighted_mean(&joined))
                })
            });
        }
    }
}

/// Counts from none to very many.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), 0..50_u64, 0..20_000_u64, Just(1_000_000_000)]
}

fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0001), Just(0.9999), Just(0.5), 0.0001..0.9999]
}

fn race_epoch() -> impl Strategy<Value = RaceEpoch> {
    (probability(), count(), count()).prop_map(|(probability, candidate, baseline)| RaceEpoch {
        probability,
        candidate,
        baseline,
    })
}

fn trials() -> impl Strategy<Value = Trials> {
    (count(), prop_oneof![Just(0.0), Just(1.0), 0.0..1.0])
        .prop_map(|(trials, share)| Trials { trials, events: (trials as f64 * share) as u64 })
}

fn binary_epoch() -> impl Strategy<Value = BinaryEpoch> {
    let centre = prop_oneof![Just(0.0), Just(1.0), Just(0.5), 0.0..1.0];
    (probability(), centre, trials(), trials()).prop_map(|(probability, centre, candidate, baseline)| {
        BinaryEpoch { probability, centre, candidate, baseline }
    })
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

proptest! {
    #[test]
    fn races_come_to_numbers(epochs in prop::collection::vec(race_epoch(), 0..4)) {
        for ratio in [0.5, 1.0, 1.5] {
            prop_assert!(race::log_e_harm(&epochs, ratio).is_finite());
            prop_assert!(race::log_e_safe(&epochs, ratio).is_finite());
        }
        let bounds = race::confidence(&epochs, ALPHA);
        prop_assert!(bounds.lower <= bounds.upper, "{bounds:?}");
        let backwards: Vec<RaceEpoch> = epochs.iter().rev().copied().collect();
        prop_assert!(is_close(race::log_e_harm(&epochs, 1.0), race::log_e_harm(&backwards, 1.0)));
    }

    #[test]
    fn one_race_estimates_within_its_bounds_and_follows_its_events(
        epoch in race_epoch(), more in 1..1_000_u64,
    ) {
        let odds = epoch.probability / (1.0 - epoch.probability);
        let estimate = epoch.candidate as f64 / epoch.baseline as f64 / odds;
        let bounds = race::confidence(&[epoch], ALPHA);
        // Beyond a factor of a million nothing is bounded.
        if (1e-6..1e6).contains(&estimate) {
            prop_assert!(bounds.lower <= estimate * (1.0 + 1e-8), "{bounds:?}, {estimate}");
            prop_assert!(bounds.upper >= estimate * (1.0 - 1e-8), "{bounds:?}, {estimate}");
        }
        let worse = RaceEpoch { candidate: epoch.candidate + more, ..epoch };
        prop_assert!(race::log_e_harm(&[worse], 1.0) >= race::log_e_harm(&[epoch], 1.0));
        prop_assert!(race::log_e_safe(&[worse], 1.0) <= race::log_e_safe(&[epoch], 1.0));
    }

    #[test]
    fn bets_come_to_numbers(epochs in prop::collection::vec(binary_epoch(), 0..4)) {
        for difference in [-0.5, 0.0, 0.03, 0.9] {
            prop_assert!(betting::log_e_harm(&epochs, difference).is_finite());
            prop_assert!(betting::log_e_safe(&epochs, difference).is_finite());
        }
        let backwards: Vec<BinaryEpoch> = epochs.iter().rev().copied().collect();
        prop_assert!(is_close(betting::log_e_safe(&epochs, 0.03), betting::log_e_safe(&backwards, 0.03)));
    }

    #[test]
    fn one_span_of_bets_estimates_within_its_bounds_and_follows_its_events(epoch in binary_epoch()) {
        let bounds = (betting::lower_bound(&[epoch], ALPHA), betting::upper_bound(&[epoch], ALPHA));
        prop_assert!((-1.0..=1.0).contains(&bounds.0) && (-1.0..=1.0).contains(&bounds.1), "{bounds:?}");
        // With few trials of one arm the estimate may lie beyond what a difference of shares can be.
        if let Some(estimate) = betting::difference(&[epoch]).filter(|estimate| estimate.abs() < 1.0) {
            prop_assert!(bounds.0 <= estimate + 1e-6 && estimate - 1e-6 <= bounds.1, "{bounds:?}, {estimate}");
        }
        if epoch.candidate.events < epoch.candidate.trials {
            let events = epoch.candidate.events + 1;
            let worse = BinaryEpoch { candidate: Trials { events, ..epoch.candidate }, ..epoch };
            prop_assert!(betting::log_e_harm(&[worse], 0.0) >= betting::log_e_harm(&[epoch], 0.0));
            prop_assert!(betting::log_e_safe(&[worse], 0.03) <= betting::log_e_safe(&[epoch], 0.03));
        }
    }
}
