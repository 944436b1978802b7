//! Whether experiments elsewhere change what the arms of one do: [`interactions`].
//!
//! A unit that has an arm here has one in every companion as well, by a draw of its own, so that the arms of both are crossed: the
//! outcomes of an arm fall into cells by the arm that their units have there. For each arm `i` beside the control and each arm `j` of
//! a companion beside its control the question is the crossed contrast of the aim's means, zero where `j` does not change what `i` does:
//!
//! `(m_ij - m_0j) - (m_i0 - m_00)`, or for an aim whose least effect is a part of the control's value `(m_ij / m_0j) / (m_i0 / m_00)`.
//!
//! *Error.* Of the companions that change nothing at most [`ALPHA`] are ever said to, over all pairs of arms, both ends of each range,
//! and all looks (Bonferroni over pairs and ends; each end is a one-sided asymptotic confidence sequence over the groups of units,
//! [`crate::stats::evidence::linear`]). Each companion has that error for itself.
//!
//! *Assumptions.* Units were drawn here and there independently of one another, which is asked of the counts first ([`Draws`]); shares
//! here and there are constant within a span; many groups. Where not every request is a case each span is compared by itself, as arms
//! are ([`super::evidence::merged`]). It is what units were drawn for that counts: that the other experiment
//! serves it to everyone at every moment is not assumed, and where it does not, a change is told later.

use super::checks::ALPHA_SPLIT;
use super::definition::Experiment;
use super::evidence::{Counted, Named, Span, added_up, kind};
use super::factors::Range;
use crate::analysis::judge::MIN_GROUPS;
use crate::companion::{Companion, Number, Seat};
use crate::guard::Margin;
use crate::id::{ArmName, ExperimentName};
use crate::metric::Metric;
use crate::stats::evidence::contrast::{EpochSums, GroupSums, split_is_off};
use crate::stats::evidence::linear::Linear;
use crate::stats::moments::Moments;
use crate::stats::sequence::asymptotic::is_enough;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of the companions without influence that may be said to have one, each; over its pairs of arms and all looks.
pub const ALPHA: f64 = 0.05;
/// Each range has two ends.
const ENDS: f64 = 2.0;
/// The arm here and there, the control there, the control here, and both controls.
const CROSSED: [f64; 4] = [1.0, -1.0, -1.0, 1.0];

/// What an experiment elsewhere changes of what the arms do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    /// The experiment elsewhere.
    pub experiment: ExperimentName,
    /// Whether the two draws were independent, as far as the counts tell.
    pub draws: Draws,
    /// Each arm beside the control, with each arm there beside the control.
    pub pairs: Vec<Pair>,
}

/// Whether units were drawn here and there independently of one another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Draws {
    /// Nothing speaks against it.
    Independent,
    /// Among the requests of units on one arm there, an arm here has another part than was drawn for it: the draws hang together,
    /// or something loses or adds requests of units on both.
    Dependent {
        /// The arm here, counted from zero.
        arm: usize,
        /// The arm there.
        beside: ArmName,
        /// Its part as drawn.
        expected: f64,
        /// Its part as counted.
        observed: f64,
    },
}

/// An arm here and one there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// The arm here, counted from zero.
    pub arm: usize,
    /// The arm there.
    pub beside: ArmName,
    /// By how much the arm here does better where the one there serves than where the control there does, on the scale of the
    /// least effect that matters; absent while it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Range>,
}

/// What the companions of an experiment change of what its arms do, as counted in the application its aim is measured in: of each that
/// is among the named ones and was one in some span.
pub fn interactions(
    experiment: &Experiment,
    counted: &Counted,
    companions: &BTreeMap<Number, Named>,
) -> Vec<Interaction> {
    let of = |(number, named): (&Number, &Named)| {
        let spans: Vec<Shared<'_>> =
            counted.spans.iter().filter_map(|span| Shared::of(span, *number)).collect();
        let crossed = Crossed { experiment, named, spans };
        (!crossed.spans.is_empty()).then(|| crossed.interaction())
    };
    companions.iter().filter_map(of).collect()
}

/// A span in which a companion ran.
struct Shared<'a> {
    span: &'a Span,
    place: u8,
    companion: &'a Companion,
}

impl<'a> Shared<'a> {
    fn of(span: &'a Span, companion: Number) -> Option<Self> {
        let (place, companion) = span.companions.find(companion)?;
        Some(Self { span, place, companion })
    }

    /// The observations of a cell, by group.
    fn cell(&self, arm: usize, there: usize, metric: Metric) -> Vec<Moments> {
        let seat = Seat { companion: self.place, arm: u8::try_from(there).unwrap_or(u8::MAX) };
        self.span.of_cell(arm, seat, metric)
    }

    /// What the draws have in common with those of another span, so that both are one.
    fn is_drawn_as(&self, other: &Self) -> bool {
        (&self.span.shares, self.companion) == (&other.span.shares, other.companion)
    }
}

/// The arms of two experiments, crossed.
struct Crossed<'a> {
    experiment: &'a Experiment,
    named: &'a Named,
    spans: Vec<Shared<'a>>,
}

impl Crossed<'_> {
    fn interaction(&self) -> Interaction {
        let (here, there) = (self.experiment.arms.len(), self.named.arms.len());
        let draws = self.draws();
        let alpha = ALPHA / ENDS / ((here - 1) * (there - 1)) as f64;
        let is_sound = draws == Draws::Independent;
        let pair = |arm: usize, beside: usize| Pair {
            arm,
            beside: self.named.arms[beside].clone(),
            change: is_sound.then(|| self.change((arm, beside), alpha)).flatten(),
        };
        let pairs = (1..here).flat_map(|arm| (1..there).map(move |beside| (arm, beside)));
        Interaction {
            experiment: self.named.experiment.clone(),
            pairs: pairs.map(|(arm, beside)| pair(arm, beside)).collect(),
            draws,
        }
    }

    /// The crossed contrast of a pair; nothing while one of its cells has traffic in too few groups.
    fn change(&self, (arm, beside): (usize, usize), alpha: f64) -> Option<Range> {
        let aim = &self.experiment.aim;
        let cells = [(arm, beside), (0, beside), (arm, 0), (0, 0)];
        if !cells.iter().all(|cell| self.is_told(*cell)) {
            return None;
        }
        let observed = self
            .spans
            .iter()
            .map(|shared| (shared, cells.map(|(arm, there)| shared.cell(arm, there, aim.metric)).to_vec()));
        let spans = added_up(observed, |one, other| aim.metric.cases_are_drawn() && one.is_drawn_as(other));
        let kind = kind(aim.metric);
        match aim.minimum_effect {
            Margin::Points(_) | Margin::Score(_) => {
                Some(Range::of(&Linear::of(&spans, &CROSSED, kind)?, aim.better, alpha))
            }
            Margin::Relative(_) => {
                Some(Range::of_ratio(&Linear::of_logarithms(&spans, &CROSSED, kind)?, aim.better, alpha))
            }
        }
    }

    /// Whether a cell has enough for numbers that hold only with many groups.
    fn is_told(&self, (arm, there): (usize, usize)) -> bool {
        let metric = self.experiment.aim.metric;
        let of = |metric: Metric| {
            let mut groups: Vec<f64> = Vec::new();
            for shared in &self.spans {
                let cell = shared.cell(arm, there, metric);
                groups.resize(cell.len(), 0.0);
                groups.iter_mut().zip(&cell).for_each(|(sum, group)| *sum += group.count);
            }
            groups
        };
        let seen = |groups: &[f64]| groups.iter().filter(|count| **count > 0.0).count();
        let observed = of(metric);
        let is_scored = !matches!(metric, Metric::Score(_)) || seen(&observed) >= MIN_GROUPS;
        // Every outcome of a unit adds one to what is looked at for errors.
        seen(&of(Metric::Errors)) >= MIN_GROUPS && is_scored && is_enough(observed.iter().sum(), None)
    }

    /// Asks of the units on each arm there whether they were drawn for the arms here as all are. What an arm there does to how much
    /// its units ask is no matter: it is the same for all arms here. The error is that of a split, over all cells. Cells are counted as
    /// requests end, so times of which some are under way say nothing yet: of a slower arm more are.
    fn draws(&self) -> Draws {
        let (here, there) = (self.experiment.arms.len(), self.named.arms.len());
        let alpha = ALPHA_SPLIT / (here * there) as f64;
        let cells = (0..there).flat_map(|there| (0..here).map(move |arm| (arm, there)));
        let mut off = cells.filter(|cell| self.is_told(*cell)).map(|cell| (cell, self.against_others(cell)));
        let Some(((arm, there), sums)) = off.find(|(_, sums)| split_is_off(sums, alpha)) else {
            return Draws::Independent;
        };
        let (mut own, mut drawn, mut all) = (0.0, 0.0, 0.0);
        for EpochSums { probability, groups } in &sums {
            let of_span: f64 = groups.iter().map(|group| group.candidate + group.baseline).sum();
            own += groups.iter().map(|group| group.candidate).sum::<f64>();
            drawn += probability * of_span;
            all += of_span;
        }
        let beside = self.named.arms[there].clone();
        Draws::Dependent { arm, beside, expected: drawn / all, observed: own / all }
    }

    /// The requests of one cell beside those of the others with the same arm there.
    fn against_others(&self, (arm, there): (usize, usize)) -> Vec<EpochSums> {
        let of_span = |shared: &Shared<'_>| {
            let shares = &shared.span.shares;
            let all = shared.span.whole();
            let share = shares.get(arm).filter(|share| **share > Weight::ZERO)?.probability();
            let of = |arm: usize| shared.cell(arm, there, Metric::Errors);
            let own = of(arm);
            let mut groups: Vec<GroupSums> =
                own.iter().map(|own| GroupSums { candidate: own.count, ..GroupSums::default() }).collect();
            for other in (0..shares.len()).filter(|other| *other != arm) {
                groups.iter_mut().zip(of(other)).for_each(|(group, other)| group.baseline += other.count);
            }
            (share < all).then(|| EpochSums { probability: share / all, groups })
        };
        self.spans.iter().filter(|shared| !shared.span.is_under_way()).filter_map(of_span).collect()
    }
}
