//! Tests of pairs: shadow traffic and evals, counted, graded, of a finite set, and with several answers per case.

use viridian_core::stats::evidence::finite::Finite;
use viridian_core::stats::evidence::graded::{Ends, Grades};
use viridian_core::stats::evidence::paired::{self, Pairs};

use crate::runs::{ALPHA, Dice, check, check_finds, is_reached};

const PAIRS: u32 = 1_500;

/// One pair: the candidate alone fails with one probability, the baseline alone with another.
fn add(pairs: &mut Pairs, dice: &mut Dice, worse: f64, better: f64) {
    let draw = dice.uniform();
    if draw < worse {
        pairs.worse += 1;
    } else if draw < worse + better {
        pairs.better += 1;
    } else {
        pairs.tied += 1;
    }
}

#[test]
fn counted_pairs_hold_their_error_at_every_pair() {
    // How often the arms disagree rises and falls.
    let apart = |pair: u32| 0.05 + 0.2 * f64::from(pair % 400) / 400.0;
    check("pairs, harm", |dice| {
        let mut pairs = Pairs::default();
        (0..PAIRS).any(|pair| {
            add(&mut pairs, dice, apart(pair) / 2.0, apart(pair) / 2.0);
            is_reached(paired::log_e_harm(&pairs))
        })
    });
    for margin in [0.03, 0.1] {
        check(&format!("pairs, safe exactly at {margin}"), |dice| {
            let mut pairs = Pairs::default();
            (0..PAIRS).any(|pair| {
                let better = apart(pair) / 2.0;
                add(&mut pairs, dice, better + margin, better);
                is_reached(paired::log_e_safe(&pairs, margin))
            })
        });
    }
}

#[test]
fn cases_with_several_answers_hold_their_error() {
    check("graded pairs, several answers per case", |dice| {
        let mut grades = Grades::default();
        (0..PAIRS).any(|_| {
            // Cases differ in difficulty, answers to one case do not differ in it.
            let passes = dice.uniform();
            let mut answers =
                || -> Vec<f64> { (0..4).map(|_| f64::from(u8::from(dice.hits(passes)))).collect() };
            let difference = paired::case_difference(&answers(), &answers()).unwrap();
            grades.record(difference);
            is_reached(grades.log_e_above(0.0, Ends::DIFFERENCES))
        })
    });
    check("graded pairs, safe exactly at the margin", |dice| {
        let margin = 0.05;
        let mut grades = Grades::default();
        (0..PAIRS).any(|_| {
            let difference = margin + 0.3 * (2.0 * dice.uniform() - 1.0);
            grades.record(difference);
            is_reached(grades.log_e_below(margin, Ends::DIFFERENCES))
        })
    });
}

/// Random orders of one set of cases.
fn shuffled(dice: &mut Dice, mut cases: Vec<f64>) -> Vec<f64> {
    for last in (1..cases.len()).rev() {
        cases.swap(last, (dice.uniform() * (last + 1) as f64) as usize);
    }
    cases
}

#[test]
fn a_finite_set_holds_its_error_to_the_last_case() {
    let cases: Vec<f64> =
        (0..120).map(|case| if case % 6 == 0 { 0.3 } else { f64::from(case % 2) }).collect();
    let mean = cases.iter().sum::<f64>() / cases.len() as f64;
    let set = Finite { cases: Some(cases.len() as u64), alpha: ALPHA };
    check("finite set", |dice| {
        set.log_e(&shuffled(dice, cases.clone()), mean).iter().any(|log_e| is_reached(*log_e))
    });
    check("finite set, at least its mean", |dice| {
        set.log_e_below(&shuffled(dice, cases.clone()), mean).iter().any(|log_e| is_reached(*log_e))
    });
    check("finite set, at most its mean", |dice| {
        set.log_e_above(&shuffled(dice, cases.clone()), mean).iter().any(|log_e| is_reached(*log_e))
    });
    let all = set.interval(&cases, 400);
    assert!(all.upper - all.lower < 1e-9 && (all.lower - mean).abs() < 1e-9, "{all:?}");
}

/// A paired eval of 200 cases, as good as the baseline but for a case in twenty each way, against a margin of five points.
#[test]
fn a_paired_eval_is_safe_before_it_is_through() {
    let worse = |case: u32| match case % 40 {
        0 | 1 => 1.0,
        2 | 3 => -1.0,
        _ => 0.0,
    };
    let cases: Vec<f64> = (0..200).map(|case| f64::midpoint(1.0, worse(case))).collect();
    let set = Finite { cases: Some(200), alpha: ALPHA };
    check_finds("finite paired set of 200, margin 5 points", 200, |dice| {
        let log_es = set.log_e_below(&shuffled(dice, cases.clone()), f64::midpoint(1.0, 0.05));
        log_es.iter().position(|log_e| is_reached(*log_e)).map(|seen| seen as u64 + 1)
    });
}

/// An eval set of 200 cases of which the candidate passes 90 %: that it is above 80 % is known before the set is through.
#[test]
fn an_eval_stops_early() {
    let cases: Vec<f64> = (0..200).map(|case| f64::from(u8::from(case % 10 != 0))).collect();
    let set = Finite { cases: Some(200), alpha: ALPHA };
    check_finds("finite set of 200 at 90 %, against 80 %", 120, |dice| {
        let log_es = set.log_e(&shuffled(dice, cases.clone()), 0.8);
        log_es.iter().position(|log_e| is_reached(*log_e)).map(|seen| seen as u64 + 1)
    });
}

/// Passes fall from 90 % to 86 %: the candidate alone fails on 6 %, the baseline alone on 2 %; error 1 %.
#[test]
fn four_points_fewer_passes_are_found_within_450_pairs() {
    check_finds("pairs, 90 % to 86 %, error 1 %", 450, |dice| {
        let mut pairs = Pairs::default();
        (1..=4_000_u64).find(|_| {
            add(&mut pairs, dice, 0.06, 0.02);
            paired::log_e_harm(&pairs) >= 100_f64.ln()
        })
    });
}
