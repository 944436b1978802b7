//! Which experiments are companions of one, and what gateways have to know of them: [`companions`] and [`company`].
//!
//! A companion runs at the same time, keeps callers on one arm by the same kind of unit, and is of another layer: those of one
//! layer have no unit in common. While either leads in, its arms are alike, and there is nothing they could change.

use super::definition::Experiment;
use super::step::Phase;
use crate::arm;
use crate::companion::{Companion, Companions, Number};
use crate::metric::Metric;
use crate::routing::layer::Part;
use crate::routing::table::{Company, DrawnElsewhere, Salt};
use crate::weight::Weight;

/// An experiment that is under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// Its number.
    pub number: Number,
    /// What was asked for.
    pub experiment: Experiment,
    /// What it does.
    pub phase: Phase,
    /// Its part of the layer.
    pub part: Part,
    /// The secret key of its draw.
    pub salt: Salt,
    /// Units that an application that takes part serves by a pin.
    pub pinned: Vec<String>,
}

impl Other {
    /// The share of each arm now; nothing unless it is a companion of this experiment.
    fn shares(&self, of: &Experiment) -> Option<[Weight; arm::MOST]> {
        let Phase::Running { stopped } = &self.phase else { return None };
        let Experiment { name, unit, layer, arms, .. } = &self.experiment;
        if *name == of.name || !unit.is_sticky() || *unit != of.unit || *layer == of.layer {
            return None;
        }
        let mut shares = [Weight::ZERO; arm::MOST];
        for (place, arm) in arms.all().iter().enumerate().filter(|(place, _)| !stopped.contains(place)) {
            shares[place] = arm.share;
        }
        Some(shares)
    }
}

/// The companions of an experiment among those that are under way, those that began first before the others.
pub fn companions(of: &Experiment, others: &[Other]) -> Companions {
    let found = others.iter().filter_map(|other| Some((other.number, other.shares(of)?)));
    let mut found: Vec<Companion> =
        found.map(|(experiment, shares)| Companion { experiment, shares }).collect();
    found.sort_by_key(|companion| companion.experiment);
    Companions::of(found)
}

/// How the companions of a span draw, and what is counted by their arms: requests, and the aim, where it comes with the answer.
/// Nothing without companions. All of them are among the others.
pub fn company(of: &Experiment, companions: &Companions, others: &[Other]) -> Option<Company> {
    let draw = |companion: &Companion| {
        let other = others.iter().find(|other| other.number == companion.experiment)?;
        let Experiment { name, layer, arms, .. } = &other.experiment;
        Some(DrawnElsewhere {
            experiment: name.clone(),
            layer: layer.clone(),
            part: other.part,
            salt: other.salt,
            shares: other.experiment.shares().ok()?.with(&companion.shares[..arms.len()]).ok()?,
            pinned: other.pinned.clone(),
        })
    };
    // A place that is left out would be another's.
    let draws: Vec<DrawnElsewhere> = companions.iter().map(draw).collect::<Option<_>>()?;
    let aim = of.aim.metric;
    let metrics =
        [Some(Metric::Errors), Some(aim).filter(|aim| *aim != Metric::Errors && !aim.arrives_late())];
    (!draws.is_empty()).then(|| Company { draws, metrics: metrics.into_iter().flatten().collect() })
}

#[cfg(test)]
mod tests;
