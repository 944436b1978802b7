//! Several starts of one race: their error over calm, bursts and drift, and how much sooner they find a late change.

use viridian_core::stats::evidence::capital::Capital;
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::starts;

use crate::runs::{Dice, check, check_finds, is_reached};

const SHARE: f64 = 0.1;
/// A span of five minutes at 20 requests per second.
const REQUESTS: u64 = 6_000;
const SPANS: usize = 12;

/// Events of one span on both arms, by their rates.
fn span(dice: &mut Dice, baseline: f64, candidate: f64) -> Vec<bool> {
    let events = |dice: &mut Dice, expected: f64| -> usize {
        // Poisson, by counting exponential waits.
        let mut waited = 0.0;
        let mut count = 0;
        loop {
            waited -= (1.0 - dice.uniform()).ln();
            if waited > expected {
                return count;
            }
            count += 1;
        }
    };
    let on_candidate = events(dice, SHARE * candidate * REQUESTS as f64);
    let on_baseline = events(dice, (1.0 - SHARE) * baseline * REQUESTS as f64);
    let mut order = vec![true; on_candidate];
    order.resize(on_candidate + on_baseline, false);
    for last in (1..order.len()).rev() {
        order.swap(last, (dice.uniform() * (last + 1) as f64) as usize);
    }
    order
}

/// Looks after every event; `later` are the starts beside the beginning. The span and event of the first alarm.
fn alarm(dice: &mut Dice, later: &[usize], rates: impl Fn(usize) -> (f64, f64)) -> Option<(usize, u64)> {
    let starts = starts::half_from_the_beginning(later);
    let mut spans: Vec<Capital> = Vec::new();
    for number in 0..SPANS {
        let (baseline, candidate) = rates(number);
        let mut race = RaceEpoch { probability: SHARE, candidate: 0, baseline: 0 };
        spans.push(Capital::default());
        for (seen, on_candidate) in span(dice, baseline, candidate).into_iter().enumerate() {
            if on_candidate {
                race.candidate += 1;
            } else {
                race.baseline += 1;
            }
            *spans.last_mut().unwrap() = race::harm(&[race], 1.0).sum();
            if is_reached(starts::log_e(&spans, &starts)) {
                return Some((number, seen as u64));
            }
        }
    }
    None
}

fn all_later() -> Vec<usize> {
    (1..SPANS).collect()
}

#[test]
fn several_starts_hold_one_error() {
    let later = all_later();
    check("starts, calm", |dice| alarm(dice, &later, |_| (0.01, 0.01)).is_some());
    check("starts, bursts in both arms", |dice| {
        let rates = |span: usize| if span % 3 == 1 { (0.1, 0.1) } else { (0.005, 0.005) };
        alarm(dice, &later, rates).is_some()
    });
    check("starts, drift of both arms", |dice| {
        let rate = |span: usize| 0.005 + 0.002 * span as f64;
        alarm(dice, &later, |span| (rate(span), rate(span))).is_some()
    });
}

/// Errors rise from 1 % to 3 % on the candidate after half of the hour.
#[test]
fn a_change_after_half_an_hour_is_found_within_ten_minutes() {
    let rates = |span: usize| (0.01, if span < 6 { 0.01 } else { 0.03 });
    let spans_after =
        |alarm: Option<(usize, u64)>| alarm.filter(|(span, _)| *span >= 6).map(|(span, _)| span as u64 - 6);
    let later = all_later();
    check_finds("starts, 1 % to 3 % at half-time", 1, |dice| spans_after(alarm(dice, &later, rates)));
}
