//! The boundaries that ranges are made of: looked at always, what they bound leaves them as rarely as they say.

use viridian_core::stats::sequence::beta_binomial::Tuning;
use viridian_core::stats::sequence::gamma_exponential::GammaExponential;
use viridian_core::stats::sequence::gamma_poisson::GammaPoisson;
use viridian_core::stats::sequence::stitched::{self, Stitching};
use viridian_core::stats::sequence::two_quantiles::same_quantile_p;
use viridian_core::stats::sequence::{mean, normal};

use crate::runs::{ALPHA, Dice, check, check_at, is_reached};

const STEPS: u32 = 2_000;
/// What those err at most that were made for an error of [`ALPHA`] and hold for more than is asked here.
const CAUTIOUS: f64 = 0.01;
/// Where each boundary is tightest.
const TUNED_FOR: f64 = 300.0;

/// The time until the next of events that come once in a unit of time.
fn wait(dice: &mut Dice) -> f64 {
    -(1.0 - dice.uniform()).ln()
}

#[test]
fn sums_of_normal_steps_stay_within_their_boundary() {
    let both = normal::mixing_parameter(TUNED_FOR, ALPHA);
    check("normal mixture, both sides", |dice| {
        let mut sum = 0.0_f64;
        (1..=STEPS).any(|step| {
            sum += dice.normal();
            sum.abs() > normal::normal_mixture_bound(f64::from(step), ALPHA, both)
        })
    });
    let one = normal::mixing_parameter(TUNED_FOR, 2.0 * ALPHA);
    check("normal mixture, above", |dice| {
        let mut sum = 0.0;
        (1..=STEPS).any(|step| {
            sum += dice.normal();
            is_reached(normal::log_mixture_above(sum, f64::from(step), one))
        })
    });
}

/// Exponential steps less their mean have exactly the tail that the mixture allows for.
#[test]
fn sums_of_exponential_steps_stay_below_their_boundary() {
    let mixture = GammaExponential::tuned(Tuning { v_opt: TUNED_FOR, alpha: ALPHA }, 1.0);
    check("gamma-exponential mixture", |dice| {
        let mut sum = 0.0;
        (1..=STEPS).any(|step| {
            sum += wait(dice) - 1.0;
            is_reached(mixture.log_mixture(sum, f64::from(step)))
        })
    });
}

#[test]
fn events_over_time_stay_below_their_boundary() {
    let mixture = GammaPoisson::tuned(Tuning { v_opt: TUNED_FOR, alpha: ALPHA }, 1.0);
    check("gamma-Poisson mixture", |dice| {
        let mut time = 0.0;
        (1..=STEPS).any(|events| {
            time += wait(dice);
            is_reached(mixture.log_mixture(f64::from(events) - time, time))
        })
    });
}

/// Mostly small, with a mean of a quarter.
fn leaning(dice: &mut Dice, count: usize) -> Vec<f64> {
    (0..count).map(|_| dice.uniform().powi(3)).collect()
}

#[test]
fn bounds_of_a_mean_lie_below_it_and_above_it() {
    let is_above = |bounds: Vec<f64>| bounds.into_iter().any(|bound| bound > 0.25);
    let is_below = |bounds: Vec<f64>| bounds.into_iter().any(|bound| bound < 0.25);
    let bernstein = |values: &[f64]| mean::empirical_bernstein(values, ALPHA);
    let hoeffding = |values: &[f64]| mean::hoeffding(values, ALPHA);
    let mixed = |values: &[f64]| mean::mixed_empirical_bernstein(values, ALPHA, 5.0);
    check("empirical Bernstein, below", |dice| is_above(bernstein(&leaning(dice, 2_000))));
    check("empirical Bernstein, above", |dice| is_below(mean::upper(&leaning(dice, 2_000), bernstein)));
    check("Hoeffding, below", |dice| is_above(hoeffding(&leaning(dice, 2_000))));
    check("Hoeffding, above", |dice| is_below(mean::upper(&leaning(dice, 2_000), hoeffding)));
    check_at(CAUTIOUS, "mixed empirical Bernstein, below", |dice| is_above(mixed(&leaning(dice, 80))));
    check_at(CAUTIOUS, "mixed empirical Bernstein, above", |dice| {
        is_below(mean::upper(&leaning(dice, 80), mixed))
    });
}

/// Values spread evenly, in rising order: the part below a value is the value.
struct Spread(Vec<f64>);

impl Spread {
    fn add(&mut self, value: f64) {
        self.0.insert(self.0.partition_point(|other| *other < value), value);
    }

    fn below(&self, value: f64) -> f64 {
        self.0.partition_point(|other| *other <= value) as f64
    }

    /// How far the observed distribution function strays from the true one.
    fn farthest(&self) -> f64 {
        let count = self.0.len() as f64;
        let at = |(place, value): (usize, &f64)| {
            (value - place as f64 / count).max((place + 1) as f64 / count - value)
        };
        self.0.iter().enumerate().map(at).fold(0.0, f64::max)
    }
}

#[test]
fn every_quantile_stays_within_its_boundary_at_once() {
    let stitching = Stitching { tuned_for: 32.0, spacing: 0.5, decay: 1.4, factor: 2.04 };
    check_at(CAUTIOUS, "all quantiles", |dice| {
        let mut seen = Spread(Vec::new());
        (1..=600).any(|count| {
            seen.add(dice.uniform());
            let count = f64::from(count);
            (1..20).map(|place| f64::from(place) / 20.0).any(|quantile| {
                let more = seen.below(quantile) - count * quantile;
                let side = if more > 0.0 { quantile } else { 1.0 - quantile };
                more.abs() > stitched::rank_deviation(side, count, ALPHA, stitching)
            })
        })
    });
    let widths: Vec<f64> =
        (1..=400).map(|count| stitched::distribution(count.into(), ALPHA, 20.0, 0.85)).collect();
    check_at(CAUTIOUS, "the distribution", |dice| {
        let mut seen = Spread(Vec::new());
        widths.iter().any(|width| {
            seen.add(dice.uniform());
            seen.farthest() > *width
        })
    });
}

#[test]
fn two_samples_with_the_same_quantile_are_rarely_told_apart() {
    let tuning = Tuning { v_opt: 100.0, alpha: ALPHA };
    check_at(CAUTIOUS, "the same p90 of unlike distributions", |dice| {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        (0..150).any(|_| {
            // Below and above its ninth decile, one, the second spreads twice as far.
            first.push(dice.uniform() / 0.9);
            second.push(1.0 + 2.0 * (dice.uniform() / 0.9 - 1.0));
            same_quantile_p(&first, &second, 0.9, tuning).unwrap() <= ALPHA
        })
    });
}
