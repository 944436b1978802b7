//! Additive counters: what a gateway folds outcomes into, and what is summed over gateways, restarts and time.
//! Adding is commutative and loses nothing, so the order in which counters meet does not matter.

use super::cells::CellTally;
pub use super::counts::Counts;
use super::counts::{check_groups, is_zero};
pub use super::drawn::DrawnByGroup;
use super::score::{amount, known_time, known_time_under, scores};
pub use super::sketch::UnitSketch;
use super::slices::SliceTally;
use crate::declared::{Declared, Found};
use crate::epoch::Thresholds;
use crate::grown;
use crate::metric::{Elapsed, Metric};
use crate::outcome::{Class, Outcome};
use crate::routing::decide::{Decision, Exempt, Standing};
use crate::score::{Given, Score};
use crate::stats::amounts::Amounts;
use crate::stats::evidence::graded::Grades;
use crate::stats::histogram::Histogram;
use crate::unit::{GROUPS, Group};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What one arm's outcomes came to, in one span of time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Measured outcomes by [`Class`].
    #[serde(deserialize_with = "grown::array")]
    pub classes: [u64; Class::ALL.len()],
    /// Requests whose arm the draw decided, counted when it did: `classes` will have them once they have ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub drawn: u64,
    /// Requests kept out of the evidence, by [`Exempt`] reason; not part of `classes`.
    #[serde(deserialize_with = "grown::array")]
    pub exempt: [u64; Exempt::ALL.len()],
    /// Counts by [`Metric::index`].
    #[serde(deserialize_with = "grown::array")]
    pub metrics: [Counts; Metric::ALL.len()],
    /// Counts of what applications declare.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub declared: BTreeMap<Declared, Counts>,
    /// Scores of answers, as parts of the scale below its top.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<Score, Grades>,
    /// Time to the last byte, without early failures where a threshold tells them.
    pub latency: Histogram,
    /// Time to the first event of streamed answers, without early failures.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub first_token: Histogram,
    /// Time per token after the first, of streamed answers that tell how many there were.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub per_token: Histogram,
    /// Tokens read.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub input_tokens: Amounts,
    /// Tokens written.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub output_tokens: Amounts,
    /// What answers cost, in billionths of the unit of prices.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub cost: Amounts,
    /// The part of it that answers cost which are not good ones.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub wasted_cost: Amounts,
    /// Time to the last byte with its sum, in microseconds, without early failures; where the mean is guarded.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub latency_sums: Amounts,
}

/// What one arm's outcomes came to, per group of units, per slice and per cell; kept per epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupTally {
    /// Counts by [`Metric::index`], then by group: [`GROUPS`] of each, or none where nothing was counted.
    #[serde(deserialize_with = "groups_by_metric")]
    metrics: [Vec<Counts>; Metric::ALL.len()],
    /// The same of what applications declare.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "groups_of_own")]
    declared: BTreeMap<Declared, Vec<Counts>>,
    /// The same of scores, in hundredths of the scale below its top.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "groups_of_own")]
    scores: BTreeMap<Score, Vec<Counts>>,
    /// Requests of units as they were drawn; `metrics` will have them once they have ended.
    #[serde(default, skip_serializing_if = "DrawnByGroup::is_empty")]
    pub drawn: DrawnByGroup,
    /// Which units were seen.
    pub units: UnitSketch,
    /// The same requests by slice.
    #[serde(default, skip_serializing_if = "SliceTally::is_empty")]
    pub slices: SliceTally,
    /// The same requests by the arm that their units have elsewhere.
    #[serde(default, skip_serializing_if = "CellTally::is_empty")]
    pub cells: CellTally,
}

impl Tally {
    /// Counts a request that was decided, if the draw did: what comes of it is counted when it has ended.
    pub const fn record_draw(&mut self, decision: &Decision) {
        if matches!(decision.standing, Standing::Drawn(_)) {
            self.drawn += 1;
        }
    }

    /// Counts an outcome. Requests kept out of the evidence are only counted by reason, except those that no draw
    /// could have decided: they are what the baseline is calibrated on.
    pub fn record(&mut self, outcome: &Outcome, thresholds: &Thresholds) {
        if let Standing::Exempt(reason) = outcome.decision.standing
            && reason != Exempt::NotCompared
        {
            self.exempt[reason as usize] += 1;
            return;
        }
        self.classes[outcome.class as usize] += 1;
        if let Some(us) = known_time(Elapsed::ToLastByte, outcome, thresholds) {
            self.latency.record(us);
        }
        if let Some(us) = known_time(Elapsed::ToFirstToken, outcome, thresholds) {
            self.first_token.record(us);
        }
        if let Some(us) = known_time(Elapsed::PerToken, outcome, thresholds) {
            self.per_token.record(us);
        }
        for (metric, amounts) in self.amounts_mut() {
            if let Some(amount) = amount(metric, &outcome.contents) {
                amounts.record(amount);
            }
        }
        if let Some(cost) = outcome.contents.cost
            && !outcome.contents.is_good()
        {
            self.wasted_cost.record(cost);
        }
        if let Some(cap) = thresholds.cap(Metric::LatencyMean)
            && let Some(us) = known_time_under(cap, outcome)
        {
            self.latency_sums.record(us);
        }
        scores(outcome, thresholds, |metric, counts| self.metrics[metric.index()].add(counts));
    }

    /// Counts what an outcome with this standing is by the metrics that its application declares.
    pub fn record_declared(&mut self, standing: Standing, found: &[(Declared, Found)]) {
        if matches!(standing, Standing::Exempt(reason) if reason != Exempt::NotCompared) {
            return;
        }
        for (metric, found) in found {
            self.declared.entry(*metric).or_default().add(Counts::of_found(*found));
        }
    }

    /// Counts a score that so many answers got.
    pub fn record_score(&mut self, given: Given, answers: u64) {
        self.scores.entry(given.score).or_default().record_parts(given.level.hundredths(), answers);
    }

    /// The scores of one kind, as parts below the top.
    pub fn scores(&self, score: Score) -> &Grades {
        self.scores.get(&score).unwrap_or(&NO_SCORES)
    }

    /// The counts of a metric.
    pub fn counts(&self, metric: Metric) -> Counts {
        match metric {
            Metric::Declared(declared) => self.declared.get(&declared).copied().unwrap_or_default(),
            Metric::Score(score) => Counts::of_scores(self.scores(score)),
            known => self.metrics[known.index()],
        }
    }

    /// Sets the counts of a metric; nothing happens for a score, which is more than its counts.
    pub fn set_counts(&mut self, metric: Metric, counts: Counts) {
        match metric {
            Metric::Declared(declared) => *self.declared.entry(declared).or_default() = counts,
            Metric::Score(_) => {}
            known => self.metrics[known.index()] = counts,
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (metric, counts) in &other.declared {
            self.declared.entry(*metric).or_default().add(*counts);
        }
        for (score, grades) in &other.scores {
            self.scores.entry(*score).or_default().add(grades);
        }
        add_each(&mut self.classes, &other.classes);
        self.drawn += other.drawn;
        add_each(&mut self.exempt, &other.exempt);
        for (mine, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            mine.add(*theirs);
        }
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
        self.per_token.merge(&other.per_token);
        self.input_tokens.merge(&other.input_tokens);
        self.output_tokens.merge(&other.output_tokens);
        self.cost.merge(&other.cost);
        self.wasted_cost.merge(&other.wasted_cost);
        self.latency_sums.merge(&other.latency_sums);
    }

    /// The amounts of a metric as evidence has them; nothing for one that is none.
    pub const fn amounts(&self, metric: Metric) -> Option<&Amounts> {
        match metric {
            Metric::InputTokens => Some(&self.input_tokens),
            Metric::OutputTokens => Some(&self.output_tokens),
            Metric::Cost | Metric::CostPerSuccess => Some(&self.cost),
            Metric::LatencyMean => Some(&self.latency_sums),
            _ => None,
        }
    }

    /// The amounts of a metric before it has a cap, by which to set one. The times of answers are known by their histogram
    /// until then, to within a bucket.
    pub fn expected_amounts(&self, metric: Metric) -> Option<Cow<'_, Amounts>> {
        match metric {
            Metric::LatencyMean => Some(Cow::Owned(Amounts::of_times(&self.latency))),
            _ => self.amounts(metric).map(Cow::Borrowed),
        }
    }

    const fn amounts_mut(&mut self) -> [(Metric, &mut Amounts); 3] {
        [
            (Metric::InputTokens, &mut self.input_tokens),
            (Metric::OutputTokens, &mut self.output_tokens),
            (Metric::Cost, &mut self.cost),
        ]
    }

    /// The times of outcomes.
    pub const fn times(&self, elapsed: Elapsed) -> &Histogram {
        match elapsed {
            Elapsed::ToLastByte => &self.latency,
            Elapsed::ToFirstToken => &self.first_token,
            Elapsed::PerToken => &self.per_token,
        }
    }

    /// Measured outcomes of any class.
    pub fn outcomes(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// Measured outcomes of one class.
    pub const fn of_class(&self, class: Class) -> u64 {
        self.classes[class as usize]
    }
}

fn add_each<const N: usize>(mine: &mut [u64; N], theirs: &[u64; N]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

/// Reads the counts of a [`GroupTally`]. Nothing was counted for a metric that it was written before.
fn groups_by_metric<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[Vec<Counts>; Metric::ALL.len()], D::Error> {
    let mut metrics: [Vec<Counts>; _] = grown::array(deserializer)?;
    for groups in &mut metrics {
        check_groups(groups)?;
        if groups.iter().all(|counts| *counts == Counts::default()) {
            groups.clear();
        }
    }
    Ok(metrics)
}

/// Reads the counts of what an application has of its own in a [`GroupTally`].
fn groups_of_own<'de, D: Deserializer<'de>, K: Deserialize<'de> + Ord>(
    deserializer: D,
) -> Result<BTreeMap<K, Vec<Counts>>, D::Error> {
    let own: BTreeMap<K, Vec<Counts>> = Deserialize::deserialize(deserializer)?;
    own.values().try_for_each(|groups| check_groups(groups))?;
    Ok(own)
}

/// What a score that no answer got comes to.
static NO_SCORES: Grades = Grades::none();

/// What a metric without counts has in every group.
static NO_COUNTS: [Counts; GROUPS] = [Counts::of_share(0, 0); GROUPS];

impl GroupTally {
    /// Counts a request that was decided, if it was drawn by its unit.
    pub fn record_draw(&mut self, decision: &Decision) {
        if let (Standing::Drawn(_), Some(unit)) = (decision.standing, decision.unit) {
            self.drawn.record(unit.group());
        }
    }

    /// Counts an outcome that is evidence and belongs to a unit.
    pub fn record(&mut self, outcome: &Outcome, thresholds: &Thresholds) {
        let (Standing::Drawn(_), Some(unit)) = (outcome.decision.standing, outcome.decision.unit) else {
            return;
        };
        self.units.insert(unit);
        scores(outcome, thresholds, |metric, counts| self.record_counts(metric, unit.group(), counts));
    }

    /// Counts what an outcome that is evidence and belongs to a unit is by the metrics that its application declares.
    pub fn record_declared(&mut self, decision: &Decision, found: &[(Declared, Found)]) {
        let (Standing::Drawn(_), Some(unit)) = (decision.standing, decision.unit) else { return };
        for (metric, found) in found {
            self.record_counts(Metric::Declared(*metric), unit.group(), Counts::of_found(*found));
        }
    }

    /// Counts a score that so many answers to a group got.
    pub fn record_score(&mut self, given: Given, group: Group, answers: u64) {
        let below = answers * u64::from(given.level.hundredths());
        self.record_counts(Metric::Score(given.score), group, Counts::of_sum(answers, below));
    }

    /// Adds counts to one group of one metric.
    pub fn record_counts(&mut self, metric: Metric, group: Group, counts: Counts) {
        let groups = self.counts_mut(metric);
        groups.resize(GROUPS, Counts::default());
        if let Some(mine) = groups.get_mut(usize::from(group.0)) {
            mine.add(counts);
        }
    }

    /// Makes its counts those of one slice of another tally. What it has room for it keeps room for.
    pub fn become_that_of_slice(&mut self, slices: &SliceTally, slice: (&str, &str)) {
        let own = self.declared.values_mut().chain(self.scores.values_mut());
        self.metrics.iter_mut().chain(own).for_each(Vec::clear);
        for (metric, groups) in slices.groups(slice) {
            self.counts_mut(metric).extend_from_slice(groups);
        }
    }

    fn counts_mut(&mut self, metric: Metric) -> &mut Vec<Counts> {
        match metric {
            Metric::Declared(declared) => self.declared.entry(declared).or_default(),
            Metric::Score(score) => self.scores.entry(score).or_default(),
            known => &mut self.metrics[known.index()],
        }
    }

    /// The counts of a metric, by group: [`GROUPS`] of them.
    pub fn counts(&self, metric: Metric) -> &[Counts] {
        let groups = match metric {
            Metric::Declared(declared) => self.declared.get(&declared).map_or(&[][..], Vec::as_slice),
            Metric::Score(score) => self.scores.get(&score).map_or(&[][..], Vec::as_slice),
            known => &self.metrics[known.index()],
        };
        if groups.is_empty() { &NO_COUNTS } else { groups }
    }

    /// How many times a request was looked at, over all metrics, slices and cells.
    pub fn trials(&self) -> u64 {
        let groups = self.metrics.iter().chain(self.declared.values()).chain(self.scores.values());
        let of_groups: u64 = groups.flatten().map(|counts| counts.trials).sum();
        of_groups + self.slices.trials() + self.cells.trials()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            add_groups(mine, theirs);
        }
        for (metric, theirs) in &other.declared {
            add_groups(self.declared.entry(*metric).or_default(), theirs);
        }
        for (score, theirs) in &other.scores {
            add_groups(self.scores.entry(*score).or_default(), theirs);
        }
        self.drawn.add(&other.drawn);
        self.units.add(&other.units);
        self.slices.add(&other.slices);
        self.cells.add(&other.cells);
    }
}

fn add_groups(mine: &mut Vec<Counts>, theirs: &[Counts]) {
    if !theirs.is_empty() {
        mine.resize(GROUPS, Counts::default());
    }
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        mine.add(*theirs);
    }
}
