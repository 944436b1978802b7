//! A rollout's forecast for the traffic an application has now: [`plan`] before it starts, [`remains`] under way.

mod warnings;

use crate::apply;
use crate::error::Error;
use crate::start;
use std::time::Duration;
use viridian_core::analysis::row::slot_of;
use viridian_core::application::Application;
use viridian_core::guard::{Guard, Unproven, maturity};
use viridian_core::id::ApplicationName;
use viridian_core::metric::Metric;
use viridian_core::rollout::forecast::{Bottleneck, Forecast, Sight, Traffic, forecast, remaining};
use viridian_core::rollout::plan::Plan;
use viridian_core::rollout::report::Report;
use viridian_core::slice::unasked;
use viridian_core::time::{Timestamp, readable};
use viridian_core::unit::Units;
use viridian_store::{Recent, Store, StoredRollout};
use viridian_wire::api::{
    ForecastBody, Reached, RemainingBody, StartRequest, StepBody, StepForecastBody, StepKind, TrafficBody,
};

/// How far back the present traffic is looked for.
const WINDOW: Duration = Duration::from_secs(30 * 60);
/// The shortest time a rate is worth computing over.
const SHORTEST: Duration = Duration::from_secs(1);

/// Forecasts the rollout of a request; nothing is started. Blocks on the disk.
pub(crate) fn plan(store: &Store, request: &StartRequest, now: Timestamp) -> Result<ForecastBody, Error> {
    let (documents, proposal) = start::read(store, request)?;
    let application = apply::application(store, &documents, &proposal.application)?;
    let plan = Plan::of(&proposal, &application);
    let Lately { recent, measured, per_second } =
        Lately::of(store, &proposal.application, &plan.guards, now)?;
    let found = forecast(&plan, Traffic { per_second, baseline: &recent.baseline });
    Ok(ForecastBody {
        application: proposal.application.to_string(),
        candidate: proposal.candidate.to_string(),
        traffic: traffic(&recent, per_second, measured),
        total_seconds: total(&found),
        soonest_seconds: found.soonest.map(|soonest| soonest.as_secs_f64()),
        bottleneck: found.bottleneck.map(bottleneck),
        steps: steps(&plan, &found),
        warnings: warnings::of(&plan, (per_second > 0.0).then_some(&found.guards)),
        notes: notes(per_second, &application, &plan),
    })
}

/// How long a rollout will still take; nothing while it does not go on by itself. Blocks on the disk.
pub(crate) fn remains(
    store: &Store,
    stored: &StoredRollout,
    report: &Report,
    now: Timestamp,
) -> Result<Option<RemainingBody>, Error> {
    let Lately { recent, per_second, .. } =
        Lately::of(store, &stored.proposal.application, &stored.plan.guards, now)?;
    let traffic = Traffic { per_second, baseline: &recent.baseline };
    let found = remaining(&stored.plan, &stored.state, &report.analysis, traffic, now);
    Ok(found.map(RemainingBody::from))
}

/// The traffic of the last half hour.
struct Lately {
    recent: Recent,
    measured: Duration,
    per_second: f64,
}

impl Lately {
    fn of(
        store: &Store,
        application: &ApplicationName,
        guards: &[Guard],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let back = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX);
        let since = slot_of(Timestamp(now.0.saturating_sub(back)));
        let recent = store.recent(application, since, maturity(guards), now)?;
        let measured = recent.since.map_or(Duration::ZERO, |since| now.since(since).max(SHORTEST));
        let per_second =
            if measured.is_zero() { 0.0 } else { recent.outcomes as f64 / measured.as_secs_f64() };
        Ok(Self { recent, measured, per_second })
    }
}

fn traffic(recent: &Recent, per_second: f64, measured: Duration) -> TrafficBody {
    let share = |metric: Metric| recent.baseline.counts(metric).share().unwrap_or(0.0);
    let outcomes = recent.baseline.outcomes().max(1) as f64;
    let feedback = recent.baseline.metrics[Metric::Feedback.index()].trials as f64;
    TrafficBody {
        per_second,
        measured_seconds: (!measured.is_zero()).then_some(measured.as_secs_f64()),
        errors: share(Metric::Errors),
        feedback_coverage: feedback / outcomes,
        bad_feedback: share(Metric::Feedback),
    }
}

fn total(forecast: &Forecast) -> Option<f64> {
    forecast.steps.iter().map(|step| step.takes.map(|takes| takes.as_secs_f64())).sum()
}

fn steps(plan: &Plan, forecast: &Forecast) -> Vec<StepForecastBody> {
    let titles = StepBody::list(plan, Reached::Nothing);
    let mut open = false;
    let pairs = titles.into_iter().zip(&forecast.steps);
    pairs
        .map(|(body, step)| {
            open |= step.takes.is_none();
            let judges = matches!(body.kind, StepKind::Analysis | StepKind::Bake);
            StepForecastBody {
                number: body.number,
                title: body.title,
                weight: body.weight,
                seconds: step.takes.map(|takes| takes.as_secs_f64()),
                candidate_requests: (!open).then_some(step.candidate),
                sees: if judges { step.sees.iter().filter_map(sight).collect() } else { Vec::new() },
            }
        })
        .collect()
}

/// What a guard will see; nothing when it cannot see anything yet.
fn sight(sight: &Sight) -> Option<String> {
    let what = match sight.metric.percentile() {
        Some(_) => format!("answers above today's {}", sight.metric),
        None if sight.metric == Metric::Feedback => "bad feedback".to_owned(),
        None => sight.metric.to_string(),
    };
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    if let Metric::Score(_) = sight.metric {
        return sight.smallest.map(|smallest| format!("{what}: {:.2} -> {smallest:.2}", sight.now));
    }
    if sight.metric.is_amount() {
        return sight
            .smallest
            .map(|smallest| format!("{what}: +{} on average", percent(smallest / sight.now - 1.0)));
    }
    sight.smallest.map(|smallest| format!("{what}: {} -> {}", percent(sight.now), percent(smallest)))
}

fn bottleneck(bottleneck: Bottleneck) -> String {
    let metric = bottleneck.metric;
    match bottleneck.takes {
        Some(takes) if takes.is_zero() => {
            format!("Every guard is expected to be satisfied before the bake begins; {metric} takes longest.")
        }
        Some(takes) => {
            format!("The bottleneck is {metric}: it is shown safe about {} s into the bake.", takes.as_secs())
        }
        None => format!("The bottleneck is {metric}: at this traffic it is never shown safe."),
    }
}

fn notes(per_second: f64, application: &Application, plan: &Plan) -> Vec<String> {
    let mut notes =
        vec!["For a candidate as good as the baseline: five of six are there by then.".to_owned()];
    notes.extend(plan.caveats().iter().map(|caveat| sentence(caveat)));
    notes.extend(plan.guards.iter().filter_map(|guard| held(plan, guard)));
    let maturity = maturity(&plan.guards);
    if !maturity.is_zero() {
        notes.push(format!(
            "What callers say of a request counts once it is {} old; that is part of these times.",
            readable(maturity)
        ));
    }
    if per_second <= 0.0 {
        notes.push("Nothing was served in the last half hour, so no step that judges would end.".to_owned());
    }
    notes.extend(
        unasked::note(&application.slices, &application.guards, Units::of(&application.unit))
            .map(|note| sentence(&note)),
    );
    if application.unit.is_sticky() {
        notes.push(
            "Users stay on one arm, so their requests are not independent: it may take several times as long, and \
             at least 100 units have to meet the candidate."
                .to_owned(),
        );
    }
    notes
}

/// How long the rollout may be held for a guard that says so itself.
fn held(plan: &Plan, guard: &Guard) -> Option<String> {
    let metric = guard.metric;
    let longest = plan.policy.longest_hold_for(guard).map(readable);
    match guard.unproven {
        Unproven::AsRollout => None,
        _ => Some(match longest {
            Some(longest) => format!(
                "While {metric} has not shown the candidate safe, the rollout is held for at most {longest}; then the \
                 baseline is restored."
            ),
            None => format!(
                "While {metric} has not shown the candidate safe, the rollout is held until a person decides."
            ),
        }),
    }
}

/// A clause as a sentence of its own.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
