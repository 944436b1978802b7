//! What other rules see of a run: sums of both arms in short spans of time, as a metrics store keeps them.
//!
//! [`Series`] is filled request by request with the shares that the scenario writes down.

use crate::config::{Scenario, Usual, Watched};
use crate::traffic::{Request, User};
use viridian_core::arm::Arm;
use viridian_core::routing::bucket::Bucket;
use viridian_core::weight::Weight;

/// The length of a span in seconds, in scenarios of hours and of days.
const SPANS: [f64; 2] = [10.0, 60.0];
/// Scenarios longer than this are of days.
const LONG: f64 = 3.0 * 3_600.0;

/// Count, sum and sum of squares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
}

/// What one arm did in a span.
#[derive(Debug, Clone, Default)]
struct Cell {
    errors: Moments,
    feedback: Moments,
    latency: Moments,
    cost: Moments,
    /// Every latency in seconds, of the candidate.
    latencies: Vec<f32>,
}

/// Spans of a run.
pub(crate) struct Series {
    pub(crate) span: f64,
    cells: [Vec<Cell>; 2],
    shares: Vec<(f64, Weight)>,
    actual: Option<Weight>,
    /// What comes before this second is left out.
    settled: f64,
    /// Candidate requests by the end of each span, and bad answers that would not have been given without it.
    served: Vec<(u64, f64)>,
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The mean; absent without observations.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// The variance of the mean; absent below two observations.
    pub(crate) fn variance_of_mean(&self) -> Option<f64> {
        let mean = self.mean().filter(|_| self.count > 1.0)?;
        let variance = (self.squares - self.count * mean * mean) / (self.count - 1.0);
        Some(variance.max(0.0) / self.count)
    }
}

impl Series {
    /// An empty series of a scenario.
    pub(crate) fn new(usual: &Usual, scenario: &Scenario) -> Self {
        let seconds = scenario.hours.unwrap_or(usual.hours) * 3_600.0;
        let span = if seconds > LONG { SPANS[1] } else { SPANS[0] };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of spans")]
        let count = (seconds / span).ceil() as usize;
        let shares = scenario.shares.as_ref().unwrap_or(&usual.shares);
        Self {
            span,
            cells: [vec![Cell::default(); count], vec![Cell::default(); count]],
            shares: shares.iter().map(|(from, share)| (*from, weight(*share))).collect(),
            actual: scenario.actual.map(weight),
            settled: scenario.settling.map_or(0.0, |settling| settling.seconds),
            served: vec![(0, 0.0); count],
        }
    }

    /// Serves a request.
    pub(crate) fn serve(&mut self, request: &Request, user: Option<&User>) {
        let stamped = self.shares.iter().rev().find(|(from, _)| request.at >= *from).map(|(_, share)| *share);
        let weight = self.actual.or(stamped).unwrap_or(Weight::ZERO);
        let bucket = user.map_or_else(|| Bucket::from_uniform(request.draw), |user| user.bucket);
        let arm = if bucket.is_candidate(weight) { Arm::Candidate } else { Arm::Baseline };
        let answer = request.answer(arm);
        let place = self.place(request.at);
        if let Some(served) = self.served.get_mut(place).filter(|_| arm == Arm::Candidate) {
            served.0 += 1;
            served.1 += request.excess;
        }
        if request.at < self.settled {
            return;
        }
        let is_error = answer.class.is_error();
        let seconds = answer.latency_us as f64 / 1e6;
        if let Some(cell) = self.cells[arm.index()].get_mut(place) {
            cell.errors.add(f64::from(u8::from(is_error)));
            cell.latency.add(seconds);
            cell.cost.add(answer.cost);
            if arm == Arm::Candidate {
                #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
                cell.latencies.push(seconds as f32);
            }
        }
        if let Some(judged) = answer.judged.filter(|_| !is_error) {
            let place = self.place(request.at + judged.after);
            if let Some(cell) = self.cells[arm.index()].get_mut(place) {
                cell.feedback.add(f64::from(u8::from(judged.bad)));
            }
        }
    }

    /// Sums what the candidate was sent, when all requests are served.
    pub(crate) fn close(&mut self) {
        let mut total = (0, 0.0);
        for served in &mut self.served {
            total = (total.0 + served.0, total.1 + served.1);
            *served = total;
        }
    }

    /// What the candidate had been sent by a moment.
    pub(crate) fn served_by(&self, seconds: f64) -> (u64, f64) {
        let spans = self.place(seconds - self.span / 2.0);
        self.served.get(spans).or_else(|| self.served.last()).copied().unwrap_or_default()
    }

    /// How many spans there are.
    pub(crate) fn len(&self) -> usize {
        self.served.len()
    }

    /// What an arm did in a span, by one metric.
    pub(crate) fn moments(&self, arm: Arm, metric: Watched, place: usize) -> Moments {
        let Some(cell) = self.cells[arm.index()].get(place) else { return Moments::default() };
        match metric {
            Watched::Errors | Watched::All => cell.errors,
            Watched::Feedback => cell.feedback,
            Watched::Latency => cell.latency,
            Watched::Cost => cell.cost,
        }
    }

    /// The candidate's 95th percentile over spans; absent without answers.
    pub(crate) fn slowest(&self, places: std::ops::Range<usize>) -> Option<f64> {
        let cells = self.cells[Arm::Candidate.index()].get(places)?;
        let mut all: Vec<f32> = cells.iter().flat_map(|cell| &cell.latencies).copied().collect();
        if all.is_empty() {
            return None;
        }
        let rank = (all.len() * 95).div_ceil(100) - 1;
        let (_, slowest, _) = all.select_nth_unstable_by(rank, f32::total_cmp);
        Some(f64::from(*slowest))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    fn place(&self, seconds: f64) -> usize {
        (seconds.max(0.0) / self.span) as usize
    }
}

fn weight(per_cent: f64) -> Weight {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the type")]
    let basis_points = (per_cent * 100.0).round() as u16;
    Weight::from_basis_points(basis_points).unwrap_or(Weight::FULL)
}
