//! What a span of a running experiment is drawn and scored by, and when the next begins: [`Renewal::after`] is the rule, as
//! [`crate::analysis::calibration`] has it for rollouts.

use super::allocate;
use super::definition::{Allocation, Experiment};
use super::step::Phase;
use super::verdict::Analysis;
use crate::analysis::calibration::{centres, expect_scores, latest_baseline, says_enough};
use crate::analysis::measurement::{ArmCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::arm;
use crate::companion::Companions;
use crate::epoch::{Allotment, Epoch, Stage, Thresholds};
use crate::guard::Guard;
use crate::id::{ApplicationName, EpochId};
use crate::routing::build::Conduct;
use crate::routing::layer::Part;
use crate::routing::shares::{Shares, SharesError};
use crate::routing::table::{ArmPlacement, Placement, Running, Salt};
use crate::time::Timestamp;
use crate::weight::Weight;
use std::time::Duration;

/// How long scoring parameters serve before they are renewed. An experiment lasts days, and everything that was counted in each of
/// its spans is looked at again and again.
const REFRESH: Duration = Duration::from_secs(6 * 60 * 60);
/// How often a bandit moves traffic.
const BANDIT: Duration = Duration::from_secs(60 * 60);
/// The same while nothing was known to make them from.
const FIRST_REFRESH: Duration = Duration::from_secs(5 * 60);
/// No span is longer, so that the effect can be told by day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the next span follows from.
#[derive(Debug, Clone, Copy)]
pub struct Renewal<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// What it does from now on.
    pub phase: &'a Phase,
    /// What was measured in the application since it began.
    pub evidence: &'a Evidence,
    /// What the baseline did before.
    pub calibration: &'a ArmCounts,
    /// What it says so far; a bandit follows it.
    pub analysis: Option<&'a Analysis>,
    /// The experiments that run elsewhere now.
    pub companions: Companions,
}

impl Renewal<'_> {
    /// The epoch after `last`, when the shares change, here or elsewhere, or when the scoring parameters have served long enough; nothing once the
    /// experiment has ended. Parameters come from spans that are over.
    pub fn after(&self, last: &Epoch, now: Timestamp) -> Option<Epoch> {
        let age = now.since(last.started_at);
        let is_scored =
            last.thresholds != Thresholds::default() || last.centres.iter().any(|centre| *centre > 0.0);
        let refresh = if is_scored { REFRESH } else { FIRST_REFRESH };
        let learned = self.evidence.epochs.last().is_some_and(|counts| says_enough(&counts.baseline));
        let is_bandit = matches!(self.experiment.allocation, Allocation::Bandit { .. });
        let is_due = age >= DAY || (age >= refresh && learned) || (is_bandit && age >= BANDIT);
        let allotment = self.allotment(last, is_due)?;
        if last.allotment == Some(allotment) && !is_due {
            return None;
        }
        let scored = self.scored();
        let (mut thresholds, centres) = match latest_baseline(self.evidence, self.calibration) {
            Some(control) => (Thresholds::calibrated(&scored, control), centres(control)),
            None => (last.thresholds, last.centres),
        };
        expect_scores(&mut thresholds, &scored, (self.evidence, self.calibration));
        Some(Epoch {
            id: EpochId(last.id.0 + 1),
            weight: Weight::ZERO,
            thresholds,
            centres,
            started_at: now,
            allotment: Some(allotment),
        })
    }

    /// What outcomes are scored for: guards, and the aim as if it were one.
    fn scored(&self) -> Vec<Guard> {
        let Experiment { guards, aim, .. } = self.experiment;
        guards.iter().cloned().chain([Guard::new(aim.metric, aim.minimum_effect)]).collect()
    }

    fn allotment(&self, last: &Epoch, is_due: bool) -> Option<Allotment> {
        let (stage, stopped): (Stage, &[usize]) = match self.phase {
            Phase::LeadIn => (Stage::LeadIn, &[]),
            Phase::Running { stopped } => (Stage::Running, stopped),
            Phase::Ended(_) => return None,
        };
        let arms = self.experiment.arms.all();
        let left = arms.iter().enumerate();
        let left = left.map(|(arm, of)| if stopped.contains(&arm) { Weight::ZERO } else { of.share });
        let fixed = padded(left);
        let shares = match (self.experiment.allocation, last.allotment) {
            (Allocation::Bandit { floor }, Some(before))
                if stage == Stage::Running && before.stage == stage =>
            {
                let live: Vec<bool> = (0..arms.len()).map(|arm| !stopped.contains(&arm)).collect();
                let stops =
                    before.shares.iter().zip(&live).any(|(share, live)| !live && *share > Weight::ZERO);
                match self.analysis.filter(|_| is_due || stops) {
                    Some(analysis) => self.followed(analysis, &live, floor).unwrap_or(before.shares),
                    None => before.shares,
                }
            }
            _ => fixed,
        };
        let companions = match stage {
            Stage::LeadIn => Companions::default(),
            Stage::Running => self.companions,
        };
        Some(Allotment { stage, shares, companions })
    }

    /// Shares by what the arms came to.
    fn followed(&self, analysis: &Analysis, live: &[bool], floor: Weight) -> Option<[Weight; arm::MOST]> {
        let counts: Vec<Counts> = analysis.arms.iter().map(|arm| arm.counts).collect();
        let whole = self.experiment.arms.all().iter().map(|arm| arm.share.basis_points()).sum();
        let whole = Weight::from_basis_points(whole).ok()?;
        let rule = (self.experiment.aim.better, floor);
        Some(padded(allocate::shares(&counts, live, rule, whole).into_iter()))
    }
}

fn padded(shares: impl Iterator<Item = Weight>) -> [Weight; arm::MOST] {
    let mut places = [Weight::ZERO; arm::MOST];
    places.iter_mut().zip(shares).for_each(|(place, share)| *place = share);
    places
}

impl Experiment {
    /// The buckets of the arms during a span.
    ///
    /// # Errors
    /// The shares are none of this experiment.
    pub fn places(&self, allotment: &Allotment) -> Result<Shares, SharesError> {
        let shares = &allotment.shares[..self.arms.len()];
        match self.allocation {
            Allocation::Fixed => self.shares()?.with(shares),
            // Nobody is moved where every request is drawn by itself, so the arms need no places of their own.
            Allocation::Bandit { .. } => Shares::anew(shares, self.holdout),
        }
    }

    /// How the table of an application conducts it during a span, by itself. `placements` are those of the arms beside the control, in
    /// their order.
    ///
    /// # Errors
    /// As [`Experiment::places`].
    pub fn conduct(
        &self,
        application: &ApplicationName,
        (salt, part): (Salt, Part),
        allotment: &Allotment,
        placements: &[Placement],
    ) -> Result<Conduct, SharesError> {
        let treatments = self.arms.all().iter().skip(1).zip(placements);
        let treatments = treatments
            .map(|(arm, placement)| ArmPlacement { name: arm.name.clone(), placement: placement.clone() });
        Ok(Conduct {
            running: Running {
                experiment: self.name.clone(),
                layer: self.layer.clone(),
                part,
                salt,
                shares: self.places(allotment)?,
                stage: allotment.stage,
                control: self.arms.control().name.clone(),
                treatments: treatments.collect(),
                company: None,
            },
            unit: self.unit.clone(),
            metrics: self.asked_of(application),
            meanings: self.meanings.get(application).cloned().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
