//! Tests of counts: races, bets on shares, and their joined evidence.

use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::combine::{WeightedEvidence, weighted_mean};
use viridian_core::stats::evidence::race::{self, RaceEpoch};

use crate::runs::{Dice, check, check_finds, is_reached};

const SHARES: [f64; 3] = [0.02, 0.1, 0.5];
const RATES: [f64; 3] = [0.01, 0.1, 0.4];

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

const STRICT: f64 = 0.01;

/// Requests on the candidate, a tenth of all, until the race of bad outcomes says HARM at an error of 1 %.
fn race_until_harm(dice: &mut Dice, baseline: f64, candidate: f64) -> Option<u64> {
    let mut race = RaceEpoch { probability: 0.1, candidate: 0, baseline: 0 };
    let mut on_candidate = 0;
    for _ in 0..72_000 {
        let of_candidate = dice.hits(race.probability);
        on_candidate += u64::from(of_candidate);
        if !dice.hits(if of_candidate { candidate } else { baseline }) {
            continue;
        }
        if of_candidate {
            race.candidate += 1;
        } else {
            race.baseline += 1;
        }
        if race::log_e_harm(&[race], 1.0) >= -STRICT.ln() {
            return Some(on_candidate);
        }
    }
    None
}

#[test]
fn regressions_are_found_as_soon_as_planned() {
    for (name, baseline, candidate, median) in [
        ("race, 1 % to 50 %", 0.01, 0.5, 20),
        ("race, 1 % to 5 %", 0.01, 0.05, 180),
        ("race, 1 % to 2 %", 0.01, 0.02, 1_750),
        ("race, passes 90 % to 86 %", 0.1, 0.14, 900),
    ] {
        check_finds(name, median, |dice| race_until_harm(dice, baseline, candidate));
    }
}

#[test]
fn an_equal_share_is_shown_to_be_within_three_points() {
    check_finds("bets, equal at 10 %, margin 3pp", 1_100, |dice| {
        let none = Trials::default();
        let mut epoch = [BinaryEpoch { probability: 0.1, centre: 0.1, candidate: none, baseline: none }];
        (1..40_000_u64).find_map(|request| {
            let BinaryEpoch { candidate, baseline, .. } = &mut epoch[0];
            let arm = if dice.hits(0.1) { candidate } else { baseline };
            arm.trials += 1;
            arm.events += u64::from(dice.hits(0.1));
            let looks = request % 10 == 0 && is_reached(betting::log_e_safe(&epoch, 0.03));
            looks.then_some(epoch[0].candidate.trials)
        })
    });
}
