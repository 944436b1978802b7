//! Answers as a gateway counts them: [`outcome`], and what each says [`Against`] its arm.

use crate::traffic::{Answer, Requests};
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Thresholds};
use viridian_core::metric::Metric;
use viridian_core::outcome::{Contents, FirstToken, Outcome};
use viridian_core::rollout::step::CALIBRATION;
use viridian_core::routing::decide::{Decision, Exempt, Standing};

/// What an outcome says against its arm. By everything else it can only lower the evidence of harm.
pub(super) struct Against {
    /// It failed, so that it is not known how long it would have taken.
    failed: bool,
    /// It was among the slowest of those the baseline gives.
    slow: bool,
    slower: bool,
    dearer: bool,
    wordier: bool,
    pub(super) by_judge: bool,
}

impl Against {
    /// By what bets and races of its epoch hold it against.
    pub(super) fn of(outcome: &Outcome, epoch: &Epoch) -> Self {
        let is_above = |metric, amount: u64| amount as f64 > epoch.centre(metric);
        let threshold = epoch.thresholds.of(Metric::LatencyP95);
        let Contents { cost, output_tokens, .. } = outcome.contents;
        Self {
            failed: outcome.class.is_error(),
            slow: threshold.is_some_and(|threshold| outcome.latency_us > threshold.at_us),
            slower: is_above(Metric::LatencyMean, outcome.latency_us),
            dearer: cost.is_some_and(|cost| is_above(Metric::Cost, cost)),
            wordier: output_tokens.is_some_and(|tokens| is_above(Metric::OutputTokens, tokens)),
            by_judge: false,
        }
    }

    /// Whether it says so by a metric. Where units stay together an amount is told by an interval, which one answer hardly
    /// moves: that is looked at as time passes.
    pub(super) const fn by(&self, metric: Metric, units: Units) -> bool {
        match metric {
            _ if metric.is_amount() && matches!(units, Units::Sticky) => false,
            Metric::Errors => self.failed,
            Metric::LatencyP95 => self.slow || self.failed,
            Metric::LatencyMean => self.slower || self.failed,
            Metric::Cost => self.dearer,
            Metric::OutputTokens => self.wordier,
            Metric::Feedback => self.by_judge,
            _ => true,
        }
    }
}

/// What the baseline did before the rollout: for so many seconds, and at least as much as a rollout waits for.
pub(crate) fn known(requests: &mut Requests<'_>, seconds: f64) -> ArmCounts {
    let mut baseline = ArmCounts::default();
    let thresholds = Thresholds::default();
    while baseline.tally.outcomes() < CALIBRATION || requests.now() < seconds {
        let request = requests.next();
        let answer = request.answer(Arm::Baseline);
        let decision =
            Decision { arm: Arm::Baseline, standing: Standing::Exempt(Exempt::NotCompared), unit: None };
        baseline.tally.record(&outcome(decision, answer, None), &thresholds);
        if let Some(judged) = answer.judged.filter(|_| !answer.class.is_error()) {
            let said = Counts::of_share(1, u64::from(judged.bad));
            baseline.tally.metrics[Metric::Feedback.index()].add(said);
        }
    }
    requests.rewind(0.0);
    baseline
}

/// What a gateway makes of an answer.
pub(super) fn outcome(decision: Decision, answer: &Answer, tokens: Option<u64>) -> Outcome {
    Outcome {
        decision,
        class: answer.class,
        latency_us: answer.latency_us,
        first_token: FirstToken::NotStreamed,
        contents: Contents {
            cost: Some(billionths(answer.cost)),
            output_tokens: tokens,
            ..Contents::default()
        },
    }
}

/// Of what a dollar is one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some cents")]
fn billionths(dollars: f64) -> u64 {
    (dollars * 1e9).round() as u64
}
