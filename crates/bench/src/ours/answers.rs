//! Answers as a gateway counts them: [`outcome`], and what each says [`Against`] the candidate.

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

/// What an outcome says against the candidate. By everything else it can only lower the evidence of harm.
pub(super) struct Against {
    errors: bool,
    /// It was among the slowest of those the baseline gives, or may have been.
    latency_p95: bool,
    latency_mean: bool,
    cost: bool,
    tokens: bool,
    pub(super) feedback: bool,
}

impl Against {
    /// By what bets and races of its epoch hold it against. A race takes bad outcomes alone, and those of the candidate; a bet on an
    /// amount wins by what the candidate has above the centre and by what the baseline has below it. How long an answer that failed
    /// would have taken is not known: it may be either.
    pub(super) fn of(outcome: &Outcome, epoch: &Epoch) -> Self {
        let is_candidate = outcome.decision.arm == Arm::Candidate;
        let wins = |metric, amount: u64| {
            let (amount, centre) = (amount as f64, epoch.centre(metric));
            if is_candidate { amount > centre } else { amount < centre }
        };
        let failed = outcome.class.is_error();
        let threshold = epoch.thresholds.of(Metric::LatencyP95);
        let is_slow = failed || threshold.is_some_and(|threshold| outcome.latency_us > threshold.at_us);
        let Contents { cost, output_tokens, .. } = outcome.contents;
        Self {
            errors: is_candidate && failed,
            latency_p95: is_candidate && is_slow,
            latency_mean: failed || wins(Metric::LatencyMean, outcome.latency_us),
            cost: cost.is_some_and(|cost| wins(Metric::Cost, cost)),
            tokens: output_tokens.is_some_and(|tokens| wins(Metric::OutputTokens, tokens)),
            feedback: false,
        }
    }

    /// What a judgement that came later says: of the candidate a bad one, and of the baseline a good one, as it makes the candidate's
    /// part of what was told less.
    pub(super) const fn judged(feedback: bool) -> Self {
        let [errors, latency_p95, latency_mean, cost, tokens] = [false; 5];
        Self { errors, latency_p95, latency_mean, cost, tokens, feedback }
    }

    /// Whether it says so by a metric. Where units stay together an amount is told by an interval, which one answer hardly
    /// moves: that is looked at as time passes.
    pub(super) const fn by(&self, metric: Metric, units: Units) -> bool {
        match metric {
            _ if metric.is_amount() && matches!(units, Units::Sticky) => false,
            Metric::Errors => self.errors,
            Metric::LatencyP95 => self.latency_p95,
            Metric::LatencyMean => self.latency_mean,
            Metric::Cost => self.cost,
            Metric::OutputTokens => self.tokens,
            Metric::Feedback => self.feedback,
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
