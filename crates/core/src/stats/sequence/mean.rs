//! Confidence sequences of the mean of observations between 0 and 1, valid at every look and for few of them.
//!
//! For those who have the observations one by one; nothing in the product calls it.
//!
//! Start with [`empirical_bernstein`], which is as tight as the observed variance allows. Each function gives the lower
//! bound after every observation, at the error of one side; the upper bound is one less the lower bound of one less the
//! observations ([`upper`]). Assumes that each observation has the same mean given those before.

use super::beta_binomial::Tuning;
use super::gamma_exponential::GammaExponential;

/// Bets of the empirical Bernstein sequence stay below this, where its supermartingale is finite.
const LARGEST_BET: f64 = 0.5;

/// Before any observation they are taken to have this mean and variance, with the weight of one.
const PRIOR_MEAN: f64 = 0.5;
const PRIOR_VARIANCE: f64 = 0.25;

/// The lower bounds by predictable bets on the observed variance.
///
/// `(sum l X - ln(1/alpha) - sum psi(l) (X - m)^2) / sum l` with `psi(l) = -ln(1-l) - l`, `m` the mean of the observations
/// before (zero before the first) and `l = min(1/2, sqrt(2 ln(1/alpha) / (t ln(1+t) v)))`. Source: Waudby-Smith and Ramdas,
/// "Estimating means of bounded random variables by betting", JRSS B 86(1), 2024, theorem 2.
#[must_use]
pub fn empirical_bernstein(values: &[f64], alpha: f64) -> Vec<f64> {
    let mut bounds = Weighted::new(alpha);
    let (mut sum, mut deviations) = (0.0, 0.0);
    let steps = values.iter().zip(1_u32..).map(|(value, t)| {
        let seen = f64::from(t - 1);
        let variance = (PRIOR_VARIANCE + deviations) / (seen + 1.0);
        let mean = if seen > 0.0 { sum / seen } else { 0.0 };
        let bet = (scale(alpha, t) / variance).sqrt().min(LARGEST_BET);
        sum += value;
        let predicted = ((PRIOR_MEAN + sum) / (seen + 2.0)).min(1.0);
        deviations += (value - predicted).powi(2);
        bounds.after(*value, bet, (-(-bet).ln_1p() - bet) * (value - mean).powi(2))
    });
    steps.collect()
}

/// The lower bounds that know nothing of the variance: `(sum l X - ln(1/alpha) - sum l^2 / 8) / sum l` with
/// `l = min(1, sqrt(8 ln(1/alpha) / (t ln(1+t))))`. Source: as [`empirical_bernstein`], proposition 1.
#[must_use]
pub fn hoeffding(values: &[f64], alpha: f64) -> Vec<f64> {
    let mut bounds = Weighted::new(alpha);
    let steps = values.iter().zip(1_u32..).map(|(value, t)| {
        let bet = (4.0 * scale(alpha, t)).sqrt().min(1.0);
        bounds.after(*value, bet, bet * bet / 8.0)
    });
    steps.collect()
}

/// The lower bounds by the gamma-exponential mixture of the observed squared errors, tightest where those sum to
/// `v_opt`: `mean - bound(sum (X - m)^2) / t`, at least zero. Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
/// nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021, theorem 4.
#[must_use]
pub fn mixed_empirical_bernstein(values: &[f64], alpha: f64, v_opt: f64) -> Vec<f64> {
    let mixture = GammaExponential::tuned(Tuning { v_opt, alpha }, 1.0);
    let (mut sum, mut squares) = (0.0, 0.0);
    let steps = values.iter().zip(1_u32..).map(|(value, t)| {
        let seen = f64::from(t - 1);
        let predicted = if seen > 0.0 { sum / seen } else { PRIOR_MEAN };
        squares += (value - predicted).powi(2);
        sum += value;
        ((sum - mixture.bound(squares, alpha)) / f64::from(t)).max(0.0)
    });
    steps.collect()
}

/// The upper bounds that belong to a function of lower ones.
#[must_use]
pub fn upper(values: &[f64], lower: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let mirrored: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
    lower(&mirrored).iter().map(|bound| 1.0 - bound).collect()
}

/// `2 ln(1/alpha) / (t ln(1 + t))`: bets fall so that the bounds shrink as fast as an unending error budget allows.
fn scale(alpha: f64, t: u32) -> f64 {
    let t = f64::from(t);
    -2.0 * alpha.ln() / (t * t.ln_1p())
}

/// A mean weighted by bets, less what the bets have cost.
struct Weighted {
    threshold: f64,
    bets: f64,
    values: f64,
    cost: f64,
}

impl Weighted {
    fn new(alpha: f64) -> Self {
        Self { threshold: -alpha.ln(), bets: 0.0, values: 0.0, cost: 0.0 }
    }

    fn after(&mut self, value: f64, bet: f64, cost: f64) -> f64 {
        self.bets += bet;
        self.values += bet * value;
        self.cost += cost;
        ((self.values - self.threshold - self.cost) / self.bets).min(1.0)
    }
}
