//! Factors: an experiment whose arms cross two choices, such as a prompt here and a retrieval there, says what each does on average
//! and whether one changes what the other does: [`effects`]. Of two experiments at once [`super::interactions`] says so.

use super::compare::Comparison;
use super::definition::{Arm, Arms, Better};
use crate::id::{ApplicationName, ReleaseName};
use crate::stats::evidence::linear::Linear;
use serde::{Deserialize, Serialize};

/// The error over the three effects together, and over all looks.
pub const ALPHA: f64 = 0.05;
/// Two main effects and their interaction, each with two ends.
const ENDS: f64 = 6.0;

/// What two crossed choices do, each as a difference of the aim's mean; above zero is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Factors {
    /// The two choices.
    pub main: [Main; 2],
    /// By how much the second choice changes what the first does; zero when they add.
    pub interaction: Range,
}

/// What one choice does on average over the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Main {
    /// Where the choice is made.
    pub application: ApplicationName,
    /// What is chosen in place of the control's.
    pub release: ReleaseName,
    /// How much better that is.
    pub effect: Range,
}

/// An estimate with the ends of its interval, valid at every look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// The best guess.
    pub estimate: f64,
    /// The least it can be.
    pub lower: f64,
    /// The most it can be.
    pub upper: f64,
}

impl Range {
    /// Whether it says on which side of zero the truth is.
    pub fn is_told(&self) -> bool {
        self.lower > 0.0 || self.upper < 0.0
    }

    /// A ratio less one from its logarithm, likewise.
    pub(super) fn of_ratio(logarithm: &Linear, better: Better, alpha: f64) -> Self {
        let (lower, upper) = (logarithm.lower(alpha).exp_m1(), logarithm.upper(alpha).exp_m1());
        Self::turned((logarithm.estimate.exp_m1(), lower, upper), better)
    }

    /// A sum, each end at error `alpha`, with what is better above zero.
    pub(super) fn of(sum: &Linear, better: Better, alpha: f64) -> Self {
        Self::turned((sum.estimate, sum.lower(alpha), sum.upper(alpha)), better)
    }

    fn turned((estimate, lower, upper): (f64, f64, f64), better: Better) -> Self {
        match better {
            Better::Higher => Self { estimate, lower, upper },
            Better::Lower => Self { estimate: -estimate, lower: -upper, upper: -lower },
        }
    }
}

/// Four arms that cross two choices: which of them each makes, as 0 for the control's and 1 for the other.
struct Crossing {
    applications: [ApplicationName; 2],
    releases: [ReleaseName; 2],
    chosen: Vec<[bool; 2]>,
}

impl Crossing {
    /// Nothing unless the arms are every combination of two releases of each of two applications.
    fn of(arms: &Arms) -> Option<Self> {
        let mut applications = arms.applications().cloned();
        let applications = [applications.next()?, applications.next()?];
        if arms.applications().count() != 2 || arms.len() != 4 {
            return None;
        }
        let control = arms.control();
        let differs = |arm: &Arm| {
            applications.each_ref().map(|name| arm.releases.get(name) != control.releases.get(name))
        };
        let chosen: Vec<[bool; 2]> = arms.all().iter().map(differs).collect();
        let place = |wanted: [bool; 2]| chosen.iter().position(|found| *found == wanted);
        let [first, second, both] = [place([true, false])?, place([false, true])?, place([true, true])?];
        let release = |arm: usize, which: usize| arms.all()[arm].releases.get(&applications[which]).cloned();
        let releases = [release(first, 0)?, release(second, 1)?];
        let is_crossed = (0..2).all(|which| release(both, which).as_ref() == Some(&releases[which]));
        is_crossed.then_some(Self { applications, releases, chosen })
    }

    /// Over the arms: a choice made less not made, on average over the other.
    fn main(&self, which: usize) -> Vec<f64> {
        self.chosen.iter().map(|chosen| if chosen[which] { 0.5 } else { -0.5 }).collect()
    }

    /// What the second choice changes of the first's effect.
    fn interaction(&self) -> Vec<f64> {
        self.chosen.iter().map(|[first, second]| if first == second { 1.0 } else { -1.0 }).collect()
    }
}

/// What the choices of crossed arms do; nothing when they do not cross two applications, or an arm was not seen.
pub fn effects(arms: &Arms, better: Better, comparison: &Comparison<'_>) -> Option<Factors> {
    let crossing = Crossing::of(arms)?;
    let range = |weights: &[f64]| Some(Range::of(&comparison.sum(weights)?, better, ALPHA / ENDS));
    let main = |which: usize| {
        Some(Main {
            application: crossing.applications[which].clone(),
            release: crossing.releases[which].clone(),
            effect: range(&crossing.main(which))?,
        })
    };
    Some(Factors { main: [main(0)?, main(1)?], interaction: range(&crossing.interaction())? })
}
