//! How long one decision takes, [`decided`] and [`step`], as a controller takes it every second: ten metrics, fifty epochs of both arms, for requests drawn one by one and for
//! sticky units, whole and with the traffic cut into 64 slices; what a core has to do for a thousand rollouts at once; and how
//! long it takes besides to tell people how each metric compares, which is done when somebody asks and when something moves.
//!
//! [`evidence`] is what they decide over.

mod evidence;

use crate::ours::input;
use anyhow::{Result, ensure};
use evidence::{EPOCHS, GUARDS, Rollout, Traffic};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;
use viridian_core::analysis::judge::{Units, decided, tell};
use viridian_core::rollout::step::step;

/// Decisions that are measured, after some that are not.
const DECISIONS: usize = 400;
const WARM_UP: usize = 50;
/// The slowest median that is good enough, in milliseconds.
const BAR: f64 = 1.0;
/// So many rollouts, each with evidence of its own, are decided over once a second.
const ROLLOUTS: u64 = 1_000;
/// So many of sticky units are measured, each of which stands for five: the evidence of a thousand takes five gigabytes, and
/// that of these is more than a cache holds as well.
const STICKY: u64 = ROLLOUTS / 5;
/// The most of one core that may take where requests are drawn one by one.
const CORE: f64 = 0.5;
/// How long an epoch is.
const EPOCH_SECONDS: u64 = 300;
/// Requests in an epoch of these: five minutes at four a second.
const REQUESTS_OF_MANY: u64 = 1_200;
/// Requests in an epoch of the one: five minutes at twenty a second.
const REQUESTS: u64 = 6_000;

/// Measures, prints, and fails when a bar is not reached.
pub(crate) fn run(json: bool) -> Result<()> {
    let median_of = |traffic: Traffic| -> Result<f64> {
        let mut rollout = Rollout::new(1, REQUESTS, traffic)?;
        Ok(median(|| after(&mut rollout, REQUESTS / EPOCH_SECONDS)))
    };
    let independent = median_of(Traffic { units: Units::Independent, sliced: false })?;
    let sticky = median_of(Traffic { units: Units::Sticky, sliced: false })?;
    let sliced = median_of(Traffic { units: Units::Independent, sliced: true })?;
    let sticky_sliced = median_of(Traffic { units: Units::Sticky, sliced: true })?;
    let told = told_of(Units::Independent)?;
    let told_of_sticky = told_of(Units::Sticky)?;
    let core = core_for_many(Units::Independent, ROLLOUTS)?;
    let core_for_sticky = core_for_many(Units::Sticky, STICKY)?;
    if json {
        let figures = serde_json::json!({
            "independent_ms": independent,
            "sticky_ms": sticky,
            "sliced_ms": sliced,
            "sticky_sliced_ms": sticky_sliced,
            "told_ms": told,
            "told_of_sticky_ms": told_of_sticky,
            "rollouts": ROLLOUTS,
            "core": core,
            "core_for_sticky": core_for_sticky,
        });
        println!("{figures}");
    } else {
        println!(
            "one decision over {} metrics and {EPOCHS} epochs: {independent:.3} ms for requests drawn one by one, {sliced:.3} ms with \
             64 slices; {sticky:.3} ms for sticky units, {sticky_sliced:.3} ms with 64 slices; the bar is {BAR} ms without slices\n\
             to tell how each compares, when somebody asks: {told:.3} ms besides, {told_of_sticky:.3} ms for sticky units\n\
             {ROLLOUTS} rollouts, each decided over once a second: {:.0} % of a core for requests drawn one by one, of which the bar is \
             {:.0} %; {:.0} % for sticky units, of which there is none",
            GUARDS.len(),
            core * 100.0,
            CORE * 100.0,
            core_for_sticky * 100.0
        );
    }
    for (what, milliseconds) in [("requests drawn one by one", independent), ("sticky units", sticky)] {
        ensure!(milliseconds <= BAR, "a decision over {what} takes {milliseconds} ms, more than {BAR} ms");
    }
    ensure!(core <= CORE, "{ROLLOUTS} rollouts take {core} of a core, more than {CORE}");
    Ok(())
}

/// The time in the median of what a decision is followed by when somebody asks, in milliseconds.
fn told_of(units: Units) -> Result<f64> {
    let Rollout { plan, evidence, .. } = &Rollout::new(1, REQUESTS, Traffic { units, sliced: false })?;
    let decided = decided(&plan.guards, evidence, units);
    Ok(median(|| {
        let mut analysis = decided.clone();
        let begun = worked();
        tell(&mut analysis, std::hint::black_box(evidence), units);
        std::hint::black_box(&analysis);
        worked() - begun
    }))
}

/// The time in the median, in milliseconds.
fn median(mut once: impl FnMut() -> Duration) -> f64 {
    let mut times: Vec<Duration> = (0..WARM_UP + DECISIONS).map(|_| once()).skip(WARM_UP).collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The part of a second that one decision over each of [`ROLLOUTS`] takes, whose evidence no cache holds, by so many that are
/// measured.
fn core_for_many(units: Units, measured: u64) -> Result<f64> {
    let traffic = Traffic { units, sliced: false };
    let mut rollouts = (1..=measured)
        .map(|seed| Rollout::new(seed, REQUESTS_OF_MANY, traffic))
        .collect::<Result<Vec<_>>>()?;
    let each = |rollout: &mut Rollout| after(rollout, REQUESTS_OF_MANY / EPOCH_SECONDS);
    let mut all = || rollouts.iter_mut().map(each).sum::<Duration>().as_secs_f64();
    let mut passes = [all(), all(), all()];
    passes.sort_unstable_by(f64::total_cmp);
    Ok(passes[1] * ROLLOUTS as f64 / measured as f64)
}

/// One tick of a controller, after so many requests that came since the one before.
fn after(rollout: &mut Rollout, requests: u64) -> Duration {
    rollout.serve(requests);
    decide(rollout)
}

fn decide(rollout: &Rollout) -> Duration {
    let Rollout { plan, state, calibration, evidence, units, now, .. } = rollout;
    let begun = worked();
    let analysis = decided(&plan.guards, std::hint::black_box(evidence), *units);
    let input = input(state, &analysis, calibration, evidence);
    std::hint::black_box(step(plan, state, &input, *now));
    worked() - begun
}

/// How long a core has worked for this thread: what else the machine does is none of a decision's.
fn worked() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
