//! Tests of means: scores between two ends, costs under a cap, ratios by user, with centres right, wrong and learned.

use viridian_core::arm::Arm;
use viridian_core::stats::evidence::bounded::{Rule, Worse, linearised};
use viridian_core::stats::evidence::capital::Capital;
use viridian_core::stats::evidence::capped::Cap;
use viridian_core::stats::evidence::centre::Line;
use viridian_core::stats::evidence::contrast::Hypothesis;
use viridian_core::stats::moments::{Moments, Paired};

use crate::runs::{Dice, check, check_finds, is_reached};

const SHARES: [f64; 2] = [0.1, 0.5];
const OUTCOMES: u32 = 1_500;

fn score_rule(probability: f64, difference: f64) -> Rule {
    let boundary = Hypothesis { ratio: 1.0, difference };
    Rule { probability, range: (0.0, 1.0), worse: Worse::Lower, boundary }
}

fn arm(dice: &mut Dice, share: f64) -> Arm {
    if dice.hits(share) { Arm::Candidate } else { Arm::Baseline }
}

type Bet = fn(&Rule, Arm, f64, f64) -> Capital;

/// Scores of three kinds (good, fair, useless) that fall over time, and with `gap` less on the candidate, while the
/// share doubles half-way and the centre stays where it was.
fn scores_are_ever_wrong(dice: &mut Dice, share: f64, gap: f64, bet: Bet) -> bool {
    let mut capital = Capital::default();
    (0..OUTCOMES).any(|request| {
        let probability = if request < OUTCOMES / 2 { share } else { (2.0 * share).min(0.9) };
        let arm = arm(dice, probability);
        let worse = if arm == Arm::Candidate { gap } else { 0.0 };
        let useless = 0.1 + 0.2 * f64::from(request) / f64::from(OUTCOMES) + worse;
        let score = if dice.hits(useless) {
            0.0
        } else if dice.hits(0.3) {
            0.5
        } else {
            1.0
        };
        // What is lost by being useless is the mean of the other scores.
        let boundary = -gap * 0.85;
        capital += bet(&score_rule(probability, boundary), arm, score, 0.4);
        is_reached(capital.log_e())
    })
}

#[test]
fn scores_hold_their_error_at_every_outcome() {
    for share in SHARES {
        check(&format!("scores, harm at {share}"), |dice| {
            scores_are_ever_wrong(dice, share, 0.0, Rule::harm)
        });
        for gap in [0.0, 0.05] {
            check(&format!("scores, safe at {share}, {gap} worse"), |dice| {
                scores_are_ever_wrong(dice, share, gap, Rule::safe)
            });
        }
    }
}

/// Skewed costs, below a tenth of the cap mostly, whose level drifts and bursts on both arms.
fn cost(dice: &mut Dice, request: u32) -> f64 {
    let level = if request % 500 < 100 { 0.3 } else { 0.1 + 0.1 * f64::from(request) / f64::from(OUTCOMES) };
    (level * (0.7 * dice.normal()).exp()).min(0.8)
}

#[test]
fn capped_costs_hold_their_error_at_the_margin() {
    const MARGIN: f64 = 0.2;
    for share in SHARES {
        check(&format!("costs, harm at {share}"), |dice| {
            let mut capital = Capital::default();
            (0..OUTCOMES).any(|request| {
                let arm = arm(dice, share);
                capital += Cap(1.0).rule(share, 0.0).harm(arm, cost(dice, request), 0.15);
                is_reached(capital.log_e())
            })
        });
        check(&format!("costs, safe at {share}, exactly at the margin"), |dice| {
            let mut capital = Capital::default();
            (0..OUTCOMES).any(|request| {
                let arm = arm(dice, share);
                // Below the cap also with the margin on top, so that capped means are exactly at it.
                let factor = if arm == Arm::Candidate { 1.0 + MARGIN } else { 1.0 };
                capital += Cap(1.0).rule(share, MARGIN).safe(arm, factor * cost(dice, request), 0.15);
                is_reached(capital.log_e())
            })
        });
    }
}

/// Units whose sums are whole: cost per request by user, at exactly the published ratio.
#[test]
fn ratios_by_user_hold_their_error() {
    let rule =
        Rule { probability: 0.3, range: (-10.0, 10.0), worse: Worse::Higher, boundary: Hypothesis::EQUAL };
    for (name, bet) in [("harm", Rule::harm as Bet), ("safe", Rule::safe)] {
        check(&format!("ratio by user, {name}"), |dice| {
            let mut capital = Capital::default();
            (0..800).any(|_| {
                let arm = arm(dice, 0.3);
                let requests = 1.0 + (8.0 * dice.uniform()).floor();
                // Users differ in what their requests cost; the mean over users' sums is the published ratio.
                let spent = requests * (0.5 + dice.uniform());
                capital += bet(&rule, arm, linearised(spent, requests, 1.0), 0.0);
                is_reached(capital.log_e())
            })
        });
    }
}

/// A score that a covariate known before explains to nine tenths of its variance, with a centre learned from the baseline
/// of earlier epochs; under the null the covariate's distribution moves.
fn explained(dice: &mut Dice, drift: f64, worse: f64) -> (f64, f64) {
    let covariate = (0.2 + 0.6 * dice.uniform() + drift).min(1.0);
    let score = 0.1 + 0.8 * covariate + 0.06 * dice.normal() - worse;
    (covariate, score.clamp(0.0, 1.0))
}

/// The line through what the baseline did before.
fn learned(dice: &mut Dice) -> Line {
    let mut before = Paired::default();
    for _ in 0..500 {
        let (covariate, score) = explained(dice, 0.0, 0.0);
        before += Paired {
            outcome: Moments::one(score),
            covariate: Moments::one(covariate),
            product: covariate * score,
        };
    }
    Line::fitted(&before).unwrap()
}

/// Candidate outcomes until HARM, with the learned centre or with a constant one.
fn scores_until_found(dice: &mut Dice, line: Option<Line>, worse: f64, most: u64) -> Option<u64> {
    let rule = score_rule(0.1, 0.0);
    let mut capital = Capital::default();
    let mut on_candidate = 0;
    while on_candidate < most {
        let arm = arm(dice, 0.1);
        let of_candidate = arm == Arm::Candidate;
        on_candidate += u64::from(of_candidate);
        let (covariate, score) = explained(dice, 0.0, if of_candidate { worse } else { 0.0 });
        capital += rule.harm(arm, score, line.map_or(0.5, |line| line.at(covariate)));
        if is_reached(capital.log_e()) {
            return Some(on_candidate);
        }
    }
    None
}

#[test]
fn a_learned_centre_keeps_the_error_when_the_covariate_moves() {
    check("scores with a learned centre", |dice| {
        let line = learned(dice);
        let rule = score_rule(0.1, 0.0);
        let mut capital = Capital::default();
        (0..OUTCOMES).any(|request| {
            let arm = arm(dice, 0.1);
            let (covariate, score) = explained(dice, f64::from(request) / 5_000.0, 0.0);
            capital += rule.harm(arm, score, line.at(covariate));
            is_reached(capital.log_e())
        })
    });
}

/// A loss of a point and a half. The centre leaves a sixth of the variance; a larger loss is found so soon that bets are
/// bounded by the range of scores and no longer by their variance, and the gain is smaller.
#[test]
fn a_learned_centre_finds_with_a_third_of_the_outcomes() {
    check_finds("scores, 1.5 points worse, constant centre", 1_100, |dice| {
        scores_until_found(dice, None, 0.015, 8_000)
    });
    check_finds("scores, 1.5 points worse, learned centre", 360, |dice| {
        let line = learned(dice);
        scores_until_found(dice, Some(line), 0.015, 8_000)
    });
}

/// The cost of a cheap request, lognormal with a coefficient of variation of one.
fn lognormal(dice: &mut Dice) -> f64 {
    let variance = std::f64::consts::LN_2;
    0.01 * (variance.sqrt() * dice.normal() - variance / 2.0).exp()
}

#[test]
fn a_quarter_more_cost_is_found_within_240_candidate_requests() {
    let cap = Cap::published(0.01, 0.093);
    check_finds("cost +25 % at 10 %", 240, |dice| {
        let rule = cap.rule(0.1, 0.0);
        let mut capital = Capital::default();
        let mut on_candidate = 0;
        while on_candidate < 4_000 {
            let arm = arm(dice, 0.1);
            let of_candidate = arm == Arm::Candidate;
            on_candidate += u64::from(of_candidate);
            let cost = lognormal(dice) * if of_candidate { 1.25 } else { 1.0 };
            capital += rule.harm(arm, cost, 0.01);
            if capital.log_e() >= 100_f64.ln() {
                return Some(on_candidate);
            }
        }
        None
    });
}

#[test]
fn an_equal_cost_is_shown_to_be_within_a_fifth() {
    let cap = Cap::published(0.01, 0.093);
    check_finds("cost equal, margin 20 %, half of the traffic", 1_500, |dice| {
        let rule = cap.rule(0.5, 0.2);
        let mut capital = Capital::default();
        let mut on_candidate = 0;
        while on_candidate < 6_000 {
            let arm = arm(dice, 0.5);
            on_candidate += u64::from(arm == Arm::Candidate);
            capital += rule.safe(arm, lognormal(dice), 0.01);
            if is_reached(capital.log_e()) {
                return Some(on_candidate);
            }
        }
        None
    });
}
