//! Whether two concurrent experiments change each other's effect.
//!
//! For experiments whose requests are drawn one by one and which are recorded outcome by outcome; the product counts arms instead and
//! asks [`super::linear`], so nothing in it calls this.
//!
//! Start with [`Crossed`]. Each request is drawn for both, with two probabilities and independent salts. Its
//! `z = (A1/p1 - (1-A1)/(1-p1)) (A2/p2 - (1-A2)/(1-p2)) (Y - c)` has the mean
//! `(mu11 - mu01) - (mu10 - mu00)`: how much the second experiment's candidate changes the first one's effect, for any centre
//! `c` known before. Two gamblers, on more and on less, bet on it. Whether the two draws are independent is a question to
//! [`super::srm::log_e_of_cells`].
//!
//! Exact for requests drawn one by one. The bets are those of [`super::bounded`], with its sources; the contrast is that of a
//! two-by-two design (Fisher, "The design of experiments", 1935).

use super::betting::log_payoffs;
use super::capital::Capital;
use crate::arm::Arm;
use crate::stats::special::log_sum_exp;

/// How the outcomes of two crossed experiments are bet on, fixed before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossed {
    /// The probabilities of the candidate in each.
    pub probabilities: [f64; 2],
    /// The least and the most an outcome can be; outcomes and centres beyond are taken to these ends.
    pub range: (f64, f64),
}

/// The evidence in both directions; it adds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Directions {
    /// Against "the interaction is at most zero".
    pub above: Capital,
    /// Against "the interaction is at least zero".
    pub below: Capital,
}

impl Crossed {
    /// The `z` of one outcome, in its units: its mean is `(mu11 - mu01) - (mu10 - mu00)` for any centre known before.
    #[must_use]
    pub fn z(&self, arms: [Arm; 2], outcome: f64, centre: f64) -> f64 {
        let (low, high) = self.range;
        let within = |value: f64| value.max(low).min(high);
        self.share(arms) * (within(outcome) - within(centre))
    }

    /// The evidence of one outcome, against "at most zero" and against "at least zero": `ln(1 + h s z / -lowest)` for sixteen `h` from 0.004 to
    /// 0.9, with `s` the direction and `lowest` the least that `s z` can be. The chance that the mean capital of either ever reaches `1/alpha`
    /// under its hypothesis is at most `alpha`.
    #[must_use]
    pub fn evidence(&self, arms: [Arm; 2], outcome: f64, centre: f64) -> Directions {
        let z = self.z(arms, outcome, centre);
        let (low, high) = self.range;
        let both = [Arm::Baseline, Arm::Candidate];
        let cells = both.iter().flat_map(|first| both.map(|second| [*first, second]));
        let values: Vec<f64> =
            cells.flat_map(|arms| [low, high].map(|end| self.z(arms, end, centre))).collect();
        let bet = |sign: f64| {
            let most = -values.iter().map(|value| sign * value).fold(f64::INFINITY, f64::min);
            Capital(log_payoffs(sign * z / most))
        };
        Directions { above: bet(1.0), below: bet(-1.0) }
    }

    fn share(&self, arms: [Arm; 2]) -> f64 {
        let factors = arms.iter().zip(self.probabilities).map(|(arm, probability)| match arm {
            Arm::Candidate | Arm::Treatment(_) => 1.0 / probability,
            Arm::Baseline => -1.0 / (1.0 - probability),
        });
        factors.product()
    }
}

impl Directions {
    /// The log e-value against "the experiments do not interact": half of the capital on each direction.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        log_sum_exp(&[self.above.log_e(), self.below.log_e()]) - std::f64::consts::LN_2
    }
}

impl std::ops::AddAssign for Directions {
    fn add_assign(&mut self, more: Self) {
        self.above += more.above;
        self.below += more.below;
    }
}
