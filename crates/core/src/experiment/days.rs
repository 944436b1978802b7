//! The effect by day, to see whether it lasts: what is new is often used more at first, or less. [`by_day`] is shown and decides
//! nothing; its intervals are those of one look.

use super::definition::{Aim, Better};
use super::early::Early;
use super::evidence::{Span, kind, merged};
use crate::analysis::judge::Units;
use crate::guard::Margin;
use crate::stats::evidence::linear::Linear;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The error of the intervals, at one look each.
const ALPHA: f64 = 0.05;

/// How much better the arms did than the control on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// When it began: days are counted from the beginning of the experiment.
    pub from: Timestamp,
    /// By arm, without the control; nothing where the day does not tell.
    pub arms: Vec<Option<DayGain>>,
}

/// How much better an arm did on one day, as a difference of points or as a part of the control's mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayGain {
    /// The best guess.
    pub estimate: f64,
    /// Half the width of the interval at one look, at 95 %.
    pub within: f64,
}

/// The effect of every arm, day by day.
pub fn by_day(spans: &[Span], aim: &Aim, units: Units) -> Vec<Day> {
    let Some(first) = spans.first() else { return Vec::new() };
    let begun = first.started_at;
    let number = |span: &Span| span.started_at.0.saturating_sub(begun.0) / DAY;
    spans
        .chunk_by(|one, next| number(one) == number(next))
        .map(|spans| {
            let from = Timestamp(begun.0 + spans.first().map_or(0, number) * DAY);
            let sums = merged(spans, (aim.metric, units), Early::LeftOut);
            let arms = first.shares.len();
            Day { from, arms: (1..arms).map(|arm| gain(&sums, (arm, arms), aim)).collect() }
        })
        .collect()
}

fn gain(
    sums: &[crate::stats::evidence::linear::Span],
    (arm, arms): (usize, usize),
    aim: &Aim,
) -> Option<DayGain> {
    let with = |control: f64| {
        let mut weights = vec![0.0; arms];
        (weights[arm], weights[0]) = (1.0, control);
        Linear::of(sums, &weights, kind(aim.metric))
    };
    let sum = with(-1.0)?;
    let scale = match aim.minimum_effect {
        Margin::Points(_) | Margin::Score(_) => 1.0,
        // What the distance falls by per unit of the control's weight is the control's mean.
        Margin::Relative(_) => sum.estimate - with(-2.0)?.estimate,
    };
    let sign = match aim.better {
        Better::Lower => -1.0,
        Better::Higher => 1.0,
    };
    let gain = (scale > 0.0).then(|| DayGain {
        estimate: sign * sum.estimate / scale,
        within: sum.radius_at_one_look(ALPHA) / scale,
    })?;
    (gain.estimate.is_finite() && gain.within.is_finite()).then_some(gain)
}

/// Whether an arm's effect changed: the mean of its later days less that of its earlier ones, when that is more than the days'
/// intervals allow. Nothing with fewer than four days that tell.
pub fn change(days: &[Day], arm: usize) -> Option<f64> {
    let told: Vec<DayGain> = days.iter().filter_map(|day| *day.arms.get(arm.checked_sub(1)?)?).collect();
    if told.len() < LEAST_DAYS {
        return None;
    }
    let (earlier, later) = told.split_at(told.len() / 2);
    let ((earlier, one), (later, other)) = (mean(earlier), mean(later));
    let within = one.hypot(other);
    ((later - earlier).abs() > within).then_some(later - earlier)
}

/// Two days to be compared with two.
const LEAST_DAYS: usize = 4;

/// The mean of days, each by how well it tells, and half the width of its interval.
fn mean(days: &[DayGain]) -> (f64, f64) {
    let precision = |day: &DayGain| day.within.max(f64::MIN_POSITIVE).powi(-2).min(f64::MAX);
    let all: f64 = days.iter().map(precision).sum();
    let sum: f64 = days.iter().map(|day| precision(day) * day.estimate).sum();
    (sum / all, all.sqrt().recip())
}
