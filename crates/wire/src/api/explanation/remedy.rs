//! What would move a rollout on from where it stands.

use super::super::moment::Moment;
use super::super::rollout::Facts;
use viridian_core::analysis::judge::{MIN_GROUPS, MIN_UNITS};
use viridian_core::analysis::metric::{Elapsed, Metric, Witness};
use viridian_core::analysis::verdict::{Judgement, Verdict, Wait};
use viridian_core::rollout::report::Finding;
use viridian_core::rollout::state::{Hold, Phase, Waiting};

/// What would change where a rollout stands, most useful first.
pub(super) fn of(facts: &Facts<'_>) -> Vec<String> {
    let name = &facts.proposal.name;
    match (&facts.state.phase, facts.report.map(|report| &report.finding)) {
        (Phase::Promoted, _) => vec!["Nothing: the candidate is the baseline now.".to_owned()],
        (Phase::RolledBack { .. }, _) => vec![
            "Nothing: it has ended. Start a rollout of a release with what was wrong put right.".to_owned(),
            format!(
                "To try the same release again, start one with --retry-rejected: {}.",
                facts.proposal.candidate
            ),
        ],
        (Phase::Aborted { .. } | Phase::Superseded { .. }, _) => {
            vec![
                "Nothing: it has ended. The release was not rejected and can be rolled out again.".to_owned(),
            ]
        }
        (Phase::RollingBack { .. }, _) => {
            vec!["Every gateway that got the candidate has to say that it serves the baseline.".to_owned()]
        }
        (Phase::Pending, _) => vec!["It begins as soon as the controller looks at it.".to_owned()],
        (_, Some(Finding::StillHeld { reason })) => hold(reason, name.as_str()),
        (Phase::Held { reason, .. }, _) => hold(reason, name.as_str()),
        (_, Some(Finding::Waiting { waiting })) => waiting_for(waiting, name.as_str()),
        _ => vec!["It is looked at several times in a second and goes on when its step is over.".to_owned()],
    }
}

/// What would change the verdict of one guard.
pub(super) fn of_verdict(judged: &Judgement) -> String {
    match (judged.would_change(), judged.verdict) {
        (Some(turn), _) => turn,
        (None, Verdict::Wait(wait)) => evidence(wait, Some(judged.guard.metric)),
        (None, Verdict::Pass | Verdict::Fail(_)) => "Other outcomes.".to_owned(),
    }
}

fn hold(reason: &Hold, name: &str) -> Vec<String> {
    match reason {
        Hold::Paused { .. } | Hold::PlannedPause => vec![format!("A person resumes it: viridian rollout resume {name}")],
        Hold::Regression { metric } => vec![
            format!("A person decides that {metric} may be as it is: viridian rollout resume {name}"),
            format!("A person decides that it may not: viridian rollout rollback {name}"),
        ],
        Hold::OutOfBounds { gauge } => vec![
            format!("The source of {gauge} says that the number is within bounds, and a person resumes it: viridian rollout resume {name}"),
            format!("Or nobody waits for that: viridian rollout rollback {name}"),
        ],
        Hold::SplitBroken => vec![
            "Something loses, repeats or redirects requests of one arm, such as retries or a cache in front of the \
             gateway. Put that right and start again."
                .to_owned(),
            format!("Until then nothing can be compared: viridian rollout abort {name}"),
        ],
        Hold::Refused { node, .. } => vec![
            format!("What gateway {node} names is mended; it is offered the table again every half minute."),
            format!("Or nobody waits for that: viridian rollout rollback {name}"),
        ],
        Hold::Oversized(_) => vec![
            "The application and its releases are applied again with fewer pins, paths, endpoints or parameters, so that the \
             table is short enough."
                .to_owned(),
            format!("Or nobody waits for that: viridian rollout rollback {name}"),
        ],
        Hold::Waiting(waiting) => waiting_for(waiting, name),
    }
}

fn waiting_for(waiting: &Waiting, name: &str) -> Vec<String> {
    let promote = format!("Or a person takes the risk: viridian rollout promote {name}");
    match waiting {
        Waiting::Gateways { .. } => {
            vec![
                "Every gateway says that it serves by the new table. Look for one that has stopped."
                    .to_owned(),
            ]
        }
        Waiting::Smoke => vec!["The candidate's environment answers the smoke requests.".to_owned()],
        Waiting::Time { until } => vec![format!("It is {}.", Moment(*until)), promote],
        Waiting::Evidence(wait) => vec![evidence(*wait, None), promote],
        Waiting::Guard { metric, wait } => vec![evidence(*wait, Some(*metric)), promote],
        Waiting::Gauge { gauge, .. } => {
            vec![format!("The source of {gauge} says that the number is within bounds."), promote]
        }
        Waiting::Risk { next, .. } => vec![
            format!("More requests narrow down what {next} would risk."),
            "A new rollout with smaller steps or a larger riskBudget.".to_owned(),
            promote,
        ],
        Waiting::Baseline => vec!["A server of the baseline answers.".to_owned()],
        Waiting::Candidate => vec!["Every server of the candidate accepts connections.".to_owned()],
        Waiting::Person => vec![
            format!("A person promotes it: viridian rollout promote {name}"),
            "A new rollout with a holdback or a trial, or a localGuard on the application, decides by itself."
                .to_owned(),
        ],
    }
}

fn evidence(wait: Wait, metric: Option<Metric>) -> String {
    match wait {
        Wait::Calibrating { have, need } => {
            format!("{} more requests on the baseline.", need.saturating_sub(have))
        }
        Wait::TooFewUnits { .. } => format!(
            "More different units on the candidate: at least {MIN_UNITS}, in {MIN_GROUPS} of 64 groups. A larger \
             weight or more traffic brings them."
        ),
        Wait::TooFewSamples { have, need } => {
            format!("{} more outcomes on the arm that has fewer.", need.saturating_sub(have))
        }
        Wait::TooFewScored { need, .. } => format!(
            "Scores of answers to more different units, so that on both arms those of {need} of 64 groups have some: a larger sample, \
             a larger weight or more traffic brings them."
        ),
        Wait::NoData if metric == Some(Metric::Feedback) => {
            "Feedback from callers: POST /v1/feedback on the gateway, with the request id.".to_owned()
        }
        Wait::NoData if let Some(Metric::Score(score)) = metric => format!(
            "Scores of both arms' answers: POST /v1/feedback on the gateway, with the request id and {} in scores.",
            score.name()
        ),
        Wait::NoData
            if metric.and_then(Metric::percentile).is_some_and(|p| p.of == Elapsed::ToFirstToken) =>
        {
            "Requests that ask for a stream, on both arms, after enough of them on the baseline.".to_owned()
        }
        Wait::NoData if metric.is_some_and(|metric| metric.witness() == Witness::Contents) => {
            "Answers on both arms that tell, after enough of them on the baseline. Tokens are told in `usage`, which a \
             stream has only when asked for by `stream_options`."
                .to_owned()
        }
        Wait::Unread => {
            "Answers of the candidate that tell as often as the baseline's: look at what they leave out, such as `usage`."
                .to_owned()
        }
        Wait::NoData => "Requests that are measured on both arms.".to_owned(),
        Wait::LoadTooSmall { need } => format!("Requests at a weight of {need} or more."),
        Wait::Undecided => "More requests, until the interval lies on one side of the margin.".to_owned(),
        Wait::Lopsided(heavy) => {
            format!("More requests, of other units above all: {heavy} weigh more than what the others show.")
        }
    }
}
