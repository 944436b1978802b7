//! How long one decision takes: ten guards, fifty epochs of both arms, `judge` and `step`; and the same with the traffic cut
//! into 64 slices.

use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Threshold, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::simulate::Dice;
use viridian_core::slice::{Attribute, Slicing};
use viridian_core::time::Timestamp;
use viridian_core::unit::{Group, UnitHash};
use viridian_core::weight::Weight;

const GUARDS: u32 = 10;
const EPOCHS: u32 = 50;
/// Requests in an epoch: five minutes at twenty a second.
const REQUESTS: u64 = 6_000;
/// The share of the candidate, in basis points: two steps of a ramp.
const SHARES: [u16; 2] = [1_000, 2_500];
/// What the traffic is cut by, and how many values each has.
const SLICED_BY: [&str; 4] = ["route", "tenant", "language", "header:x-plan"];
const VALUES: u64 = 16;
const LATENCY_US: f64 = 800_000.0;
const SLOW_US: u64 = 1_826_000;
/// Decisions that are measured, after some that are not.
const DECISIONS: usize = 400;
const WARM_UP: usize = 50;
/// The slowest median that is good enough, in milliseconds; a thousand rollouts in half a second ask for 0.5.
const BAR: f64 = 0.5;

/// Measures, prints, and fails when the bar is not reached.
pub(crate) fn run(json: bool) -> Result<()> {
    let evidence = evidence(None);
    let sliced = self::evidence(Some(&slicing()?));
    let guards: Vec<Guard> = (0..GUARDS).map(guard).collect();
    let independent = median(&guards, &evidence, Units::Independent);
    let sticky = median(&guards, &evidence, Units::Sticky);
    let sliced = median(&guards, &sliced, Units::Independent);
    if json {
        let figures =
            serde_json::json!({"independent_ms": independent, "sticky_ms": sticky, "sliced_ms": sliced});
        println!("{figures}");
    } else {
        println!(
            "one decision over {GUARDS} guards and {EPOCHS} epochs: {independent:.3} ms for requests drawn one by one, \
             {sticky:.3} ms for sticky units, {sliced:.3} ms with 64 slices; a thousand a second take {:.0} % of a core; the bar is {BAR} ms",
            independent * 100.0
        );
    }
    ensure!(independent <= BAR, "a decision takes {independent} ms, more than {BAR} ms");
    Ok(())
}

fn median(guards: &[Guard], evidence: &Evidence, units: Units) -> f64 {
    let mut times: Vec<Duration> = (0..WARM_UP + DECISIONS)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(judge(guards, std::hint::black_box(evidence), units));
            begun.elapsed()
        })
        .skip(WARM_UP)
        .collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn guard(number: u32) -> Guard {
    let metric = [Metric::Errors, Metric::LatencyP95, Metric::Feedback][number as usize % 3];
    let margin = match (metric, number % 2) {
        (Metric::LatencyP95, _) | (_, 1) => Margin::Relative(1_000 + 200 * number),
        _ => Margin::Points(50 + 20 * number),
    };
    Guard::new(metric, margin)
}

fn slicing() -> Result<Slicing> {
    let by = SLICED_BY.map(Attribute::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Slicing { by, metrics: vec![Metric::Errors] })
}

/// An equal candidate's fifty epochs, with the centres a baseline has.
fn evidence(slicing: Option<&Slicing>) -> Evidence {
    let mut dice = Dice::seeded(1);
    let epochs = (0..EPOCHS).map(|number| {
        let share = SHARES[usize::from(number >= EPOCHS / 2)];
        let threshold = Threshold { at_us: SLOW_US, scaled_us: SLOW_US * 6 / 5 };
        let epoch = Epoch {
            id: EpochId(number + 2),
            weight: Weight::from_basis_points(share).unwrap_or(Weight::ZERO),
            thresholds: Thresholds::only(Metric::LatencyP95, threshold),
            centres: Metric::ALL.map(|metric| centre(metric) + 0.005 * f64::from(number % 2)),
            started_at: Timestamp(u64::from(number) * 300_000),
            allotment: None,
        };
        let mut counts = EpochCounts::empty(epoch);
        for _ in 0..REQUESTS {
            let arm = if dice.hits(epoch.weight.probability()) { Arm::Candidate } else { Arm::Baseline };
            count(&mut counts, arm, slicing, &mut dice);
        }
        counts
    });
    Evidence { epochs: epochs.collect() }
}

fn count(counts: &mut EpochCounts, arm: Arm, slicing: Option<&Slicing>, dice: &mut Dice) {
    let unit = UnitHash(dice.bits());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, far below 2^40")]
    let latency = (LATENCY_US * (0.5 * dice.normal()).exp()) as u64;
    let failed = dice.hits(0.01);
    let (thresholds, weight) = (counts.epoch.thresholds, counts.epoch.weight);
    let counted = counts.arm_mut(arm);
    counted.tally.classes[if failed { 3 } else { 0 }] += 1;
    counted.tally.latency.record(latency);
    counted.groups.units.insert(unit);
    let slow = Counts { scaled: u64::from(latency > SLOW_US * 6 / 5), ..share(latency > SLOW_US) };
    for (metric, said) in [(Metric::Errors, share(failed)), (Metric::LatencyP95, slow)] {
        counted.tally.metrics[metric.index()].add(said);
        counted.groups.record_counts(metric, unit.group(), said);
    }
    if let Some(slicing) = slicing {
        let values: Vec<String> = SLICED_BY.iter().map(|_| (dice.bits() % VALUES).to_string()).collect();
        let outcome = Outcome {
            decision: Decision { arm, standing: Standing::Drawn(weight), unit: None },
            class: if failed { Class::UpstreamError } else { Class::Ok },
            latency_us: latency,
            first_token: FirstToken::NotStreamed,
            contents: Contents::default(),
        };
        counted.groups.slices.record(
            (slicing, values.iter().map(String::as_str)),
            &outcome,
            (&thresholds, &[]),
        );
    }
    if dice.hits(0.2) {
        let said = share(dice.hits(0.1));
        counted.tally.metrics[Metric::Feedback.index()].add(said);
        counted.groups.record_counts(Metric::Feedback, Group(unit.group().0), said);
    }
}

fn share(bad: bool) -> Counts {
    Counts::of_share(1, u64::from(bad))
}

/// About what the arms do by each metric.
const fn centre(metric: Metric) -> f64 {
    match metric {
        Metric::Errors => 0.01,
        Metric::Feedback => 0.1,
        _ => 0.05,
    }
}
