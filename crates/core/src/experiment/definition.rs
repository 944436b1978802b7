//! An experiment as people define it: arms, one aim, guards, and when it ends. Start with [`Experiment`].

use crate::application::Unit;
use crate::arm;
use crate::guard::{Guard, Margin};
use crate::id::{ApplicationName, ArmName, ExperimentName, LayerName, ReleaseName};
use crate::meanings::Meanings;
use crate::metric::Metric;
use crate::routing::shares::{Shares, SharesError};
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// With fewer there is nothing to compare; with more the evidence for each has to be so strong that few are ever told apart.
pub const ARMS: std::ops::RangeInclusive<usize> = 2..=arm::MOST;

/// A comparison of several arms whose aim is to learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Experiment {
    /// The name.
    pub name: ExperimentName,
    /// Experiments of one layer exclude one another; those of different layers are drawn independently.
    pub layer: LayerName,
    /// The part of the layer's units it takes.
    pub traffic: Weight,
    /// What keeps a caller on one arm.
    pub unit: Unit,
    /// Who is compared; the first is the control.
    pub arms: Arms,
    /// The part of its units that every arm leaves alone: the control's releases serve it, outside of the comparison, for as
    /// long as the experiment lasts.
    #[serde(default)]
    pub holdout: Weight,
    /// What it is about.
    pub aim: Aim,
    /// What no arm may make worse.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// What the applications that take part meant by metrics and scores of their own when it began, as far as it looks at them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meanings: BTreeMap<ApplicationName, Meanings>,
    /// How traffic is spread over the arms.
    #[serde(default)]
    pub allocation: Allocation,
    /// How long every arm is served by the control before, so that what tells units apart anyway is known.
    #[serde(default)]
    pub lead_in: Duration,
    /// When it ends.
    pub stop: Stop,
}

/// The one metric an experiment is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aim {
    /// Where it is measured, when several applications take part.
    pub application: ApplicationName,
    /// What is measured: a share, an amount or a score.
    pub metric: Metric,
    /// Which way is better: of a score always more.
    #[serde(default)]
    pub better: Better,
    /// The least improvement over the control that matters.
    pub minimum_effect: Margin,
    /// How old a request must be before what is said of it counts, as of a [`Guard`]; zero for what comes with the answer.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub maturity: Duration,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Better {
    /// Less of it, as of everything a guard watches.
    #[default]
    Lower,
    /// More of it.
    Higher,
}

/// How traffic is spread over the arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Allocation {
    /// As the arms say.
    #[default]
    Fixed,
    /// By the chance of each arm to be the best, with at least this share for each.
    Bandit {
        /// What every arm keeps.
        floor: Weight,
    },
}

/// When an experiment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// Who names the winner.
    pub winner: Decider,
    /// After how long it ends without one.
    pub max_duration: Duration,
}

/// Who names the winner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decider {
    /// The verdict, as soon as it stands.
    #[default]
    ByRule,
    /// A person, who is shown it.
    ByPerson,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arm {
    /// Its name.
    pub name: ArmName,
    /// Its part of the experiment's units.
    pub share: Weight,
    /// What serves it, for each application that takes part.
    pub releases: BTreeMap<ApplicationName, ReleaseName>,
}

/// The arms: two to eight with different names, each with another choice of releases of the same applications. The first is the
/// control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Arm>", into = "Vec<Arm>")]
pub struct Arms(Vec<Arm>);

/// What an experiment may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too few arms or too many.
    Count(usize),
    /// Two arms have one name.
    NameTwice(ArmName),
    /// No arm has the control's name.
    NoSuchControl(ArmName),
    /// An arm has no releases, or not of the applications that the control has.
    Applications(ArmName),
    /// Two arms are served by the same releases.
    SameReleases(ArmName, ArmName),
    /// The shares are no split.
    Shares(SharesError),
    /// It takes no part of its layer.
    NoTraffic,
    /// The aim is measured where no arm has a release.
    AimElsewhere(ApplicationName),
    /// A percentile can guard, and is no aim: its mean over units has no meaning.
    AimIsPercentile(Metric),
    /// A ratio of sums can guard, and is no aim: it is no mean of what single requests come to.
    AimIsRatio(Metric),
    /// The other way would be better than what the metric says of itself: more of a score is, and less of what is declared bad.
    Contradicts(Metric),
    /// The least effect that matters is none.
    NoMinimumEffect,
    /// A bandit moves units between arms, which sticky units must not be.
    BanditMovesUnits(Unit),
    /// A bandit follows the chance of a share to be best; amounts have none.
    BanditOnAmounts(Metric),
    /// A bandit moves shares whenever it looks, and several applications have to draw alike.
    BanditOfSeveral,
    /// The floor leaves nothing to move.
    FloorTooHigh(Weight),
    /// It would end at once.
    NoDuration,
    /// Nothing is left of it after its lead-in.
    OnlyLeadIn,
}

impl Arms {
    /// The arms, the control first.
    ///
    /// # Errors
    /// They are no arms of one experiment.
    pub fn new(mut arms: Vec<Arm>, control: &ArmName) -> Result<Self, Fault> {
        let place = arms.iter().position(|arm| arm.name == *control);
        let place = place.ok_or_else(|| Fault::NoSuchControl(control.clone()))?;
        arms[..=place].rotate_right(1);
        Self::try_from(arms)
    }

    /// All of them, the control first.
    pub fn all(&self) -> &[Arm] {
        &self.0
    }

    /// What the others are compared with.
    pub fn control(&self) -> &Arm {
        &self.0[0]
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "there are at least two")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The applications that take part.
    pub fn applications(&self) -> impl Iterator<Item = &ApplicationName> {
        self.control().releases.keys()
    }
}

impl TryFrom<Vec<Arm>> for Arms {
    type Error = Fault;

    fn try_from(arms: Vec<Arm>) -> Result<Self, Fault> {
        if !ARMS.contains(&arms.len()) {
            return Err(Fault::Count(arms.len()));
        }
        for (place, arm) in arms.iter().enumerate() {
            let before = &arms[..place];
            if before.iter().any(|other| other.name == arm.name) {
                return Err(Fault::NameTwice(arm.name.clone()));
            }
            if arm.releases.is_empty() || !arm.releases.keys().eq(arms[0].releases.keys()) {
                return Err(Fault::Applications(arm.name.clone()));
            }
            if let Some(same) = before.iter().find(|other| other.releases == arm.releases) {
                return Err(Fault::SameReleases(same.name.clone(), arm.name.clone()));
            }
        }
        Ok(Self(arms))
    }
}

impl From<Arms> for Vec<Arm> {
    fn from(arms: Arms) -> Self {
        arms.0
    }
}

impl Experiment {
    /// The shares its arms begin with.
    ///
    /// # Errors
    /// They are no split.
    pub fn shares(&self) -> Result<Shares, SharesError> {
        let shares: Vec<Weight> = self.arms.all().iter().map(|arm| arm.share).collect();
        Shares::new(&shares, self.holdout)
    }

    /// How old a request must be before what callers or judges say of it counts: the longest that its aim or one of its guards asks
    /// for, because the aim and the guards are of the same requests.
    pub fn maturity(&self) -> Duration {
        self.guards.iter().map(|guard| guard.maturity).fold(self.aim.maturity, Duration::max)
    }

    /// What is wrong with it, all at once.
    pub fn faults(&self) -> Vec<Fault> {
        let metric = self.aim.metric;
        let is_score = matches!(metric, Metric::Score(_));
        let is_share = metric.percentile().is_none() && !metric.is_amount() && !is_score;
        let contradicts = matches!(
            (metric, self.aim.better),
            (Metric::Score(_), Better::Lower) | (Metric::Declared(_), Better::Higher)
        );
        let bandit = match self.allocation {
            Allocation::Fixed => None,
            Allocation::Bandit { floor } => Some(floor),
        };
        let arms = self.arms.len() as u64;
        let least = |floor: Weight| u64::from(floor.basis_points()) * arms >= 10_000;
        let elsewhere = !self.arms.applications().any(|name| *name == self.aim.application);
        let checks = [
            self.shares().err().map(Fault::Shares),
            (self.traffic == Weight::ZERO).then_some(Fault::NoTraffic),
            elsewhere.then(|| Fault::AimElsewhere(self.aim.application.clone())),
            self.aim.metric.percentile().map(|_| Fault::AimIsPercentile(self.aim.metric)),
            (self.aim.metric == Metric::CostPerSuccess).then_some(Fault::AimIsRatio(self.aim.metric)),
            contradicts.then_some(Fault::Contradicts(metric)),
            (self.aim.minimum_effect.fraction() <= 0.0).then_some(Fault::NoMinimumEffect),
            bandit.filter(|_| self.unit.is_sticky()).map(|_| Fault::BanditMovesUnits(self.unit.clone())),
            bandit.filter(|_| !is_share).map(|_| Fault::BanditOnAmounts(self.aim.metric)),
            bandit.filter(|_| self.arms.applications().count() > 1).map(|_| Fault::BanditOfSeveral),
            bandit.filter(|floor| least(*floor)).map(Fault::FloorTooHigh),
            self.stop.max_duration.is_zero().then_some(Fault::NoDuration),
            (self.lead_in >= self.stop.max_duration && !self.lead_in.is_zero()).then_some(Fault::OnlyLeadIn),
        ];
        checks.into_iter().flatten().collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => {
                write!(f, "{count} arms: an experiment has {} to {}", ARMS.start(), ARMS.end())
            }
            Self::NameTwice(name) => write!(f, "two arms are called '{name}'"),
            Self::NoSuchControl(name) => write!(f, "the control '{name}' is no arm"),
            Self::Applications(name) => {
                write!(
                    f,
                    "arm '{name}' needs a release of every application that takes part, and of no other"
                )
            }
            Self::SameReleases(one, other) => {
                write!(f, "arms '{one}' and '{other}' are the same releases, so there is nothing to learn")
            }
            Self::Shares(error) => error.fmt(f),
            Self::NoTraffic => f.write_str("it takes no part of its layer"),
            Self::AimElsewhere(name) => write!(f, "the aim is measured in '{name}', which takes no part"),
            Self::AimIsPercentile(metric) => {
                write!(
                    f,
                    "{metric} is a percentile: it can be a guard, and an aim is a share, an amount or a score"
                )
            }
            Self::AimIsRatio(metric) => {
                write!(
                    f,
                    "{metric} is a ratio of sums: it can be a guard, and an aim is a share, an amount or a score"
                )
            }
            Self::Contradicts(metric) if matches!(metric, Metric::Score(_)) => {
                write!(f, "{metric} is a score, of which more is better: leave this out, or write higher")
            }
            Self::Contradicts(metric) => write!(
                f,
                "{metric} is declared as what is bad, so less of it is better: leave this out, or declare what lacks it"
            ),
            Self::NoMinimumEffect => f.write_str("the least effect that matters has to be above zero"),
            Self::BanditMovesUnits(unit) => {
                write!(f, "a bandit would move a {unit} from arm to arm: it needs 'unit: request'")
            }
            Self::BanditOnAmounts(metric) => {
                write!(f, "a bandit follows the chance of a share to be best, and {metric} is none")
            }
            Self::BanditOfSeveral => {
                f.write_str("a bandit moves the traffic of one application, and several take part")
            }
            Self::FloorTooHigh(floor) => write!(f, "a floor of {floor} leaves no traffic to move"),
            Self::NoDuration => f.write_str("the longest duration has to be above zero"),
            Self::OnlyLeadIn => f.write_str("the lead-in takes the whole duration"),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
pub(super) mod tests;
