//! What is stored, as the bodies that show it.

use crate::error::Error;
use crate::forecast;
use crate::page::Length;
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::percentiles;
use viridian_core::application::Application;
use viridian_core::arm::Arm;
use viridian_core::experiment::step::Phase;
use viridian_core::rollout::plan::Proposal;
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State as RolloutState;
use viridian_core::time::Timestamp;
use viridian_store::events::{Event, Fact, Stream};
use viridian_store::{Store, StoredExperiment, StoredRelease, StoredRollout};
use viridian_wire::api::{
    ApplicationBody, ApplicationSummary, Entry, ExperimentBody, ExperimentFacts, Explanation, Facts, Fate,
    History, InWords, PercentileBody, RejectionBody, ReleaseBody, RolloutBody, RolloutSummary,
};

/// An application in a list.
pub(crate) fn application_summary(
    store: &Store,
    application: &Application,
) -> Result<ApplicationSummary, Error> {
    let (baseline, rollout) = serving(store, application)?;
    Ok(ApplicationSummary::new(application, baseline, rollout))
}

/// An application with everything that is known of it.
pub(crate) fn application(store: &Store, application: &Application) -> Result<ApplicationBody, Error> {
    let (baseline, rollout) = serving(store, application)?;
    let table = store.table(&application.name)?;
    let lost = store.unwritten(&application.name, Arm::Baseline)?
        + store.unwritten(&application.name, Arm::Candidate)?;
    Ok(ApplicationBody::new(application, baseline, rollout, table.as_ref(), lost))
}

/// A release and what became of it.
pub(crate) fn release(store: &Store, stored: &StoredRelease) -> Result<ReleaseBody, Error> {
    let baseline = store.baseline(&stored.release.application)?;
    let fate = Fate {
        is_baseline: baseline.is_some_and(|baseline| baseline.release.name == stored.release.name),
        registered_at: stored.registered_at.into(),
        rejected: stored.rejected.as_ref().map(|rejected| RejectionBody {
            at: rejected.at.into(),
            rollout: rejected.rollout.to_string(),
            because: rejected.because.clone(),
        }),
    };
    Ok(ReleaseBody::new(&stored.release, fate))
}

/// An experiment with its numbers: those it was looked at with last, while it goes on.
pub(crate) fn experiment(store: &Store, stored: &StoredExperiment) -> Result<ExperimentBody, Error> {
    let noted = store.noted_analysis(&stored.experiment.name).filter(|_| stored.ended_at.is_none());
    let report = stored.latest_report.as_ref();
    let table = store.table(&stored.experiment.aim.application)?;
    let running = table.and_then(|table| table.experiment);
    let running = running.filter(|running| {
        running.experiment == stored.experiment.name && !matches!(stored.state.phase, Phase::Ended(_))
    });
    let facts = ExperimentFacts {
        state: &stored.state,
        analysis: noted.as_ref().or_else(|| report.map(|report| &report.analysis)),
        shares: running.as_ref().map(|running| &running.shares),
        because: report.map_or(&[], |report| &report.sentences),
        ended_at: stored.ended_at.map(Into::into),
    };
    Ok(ExperimentBody::new(&stored.experiment, facts))
}

/// A rollout in a list.
pub(crate) fn rollout_summary(store: &Store, stored: &StoredRollout) -> RolloutSummary {
    with_facts(store, stored, None, RolloutSummary::new)
}

/// A rollout with its plan and its numbers, and how long it will still take.
pub(crate) fn rollout(store: &Store, stored: &StoredRollout, now: Timestamp) -> Result<RolloutBody, Error> {
    let last_step = last_step(store, stored)?;
    let pending = store.pending_commands(&stored.proposal.name)?;
    let orders = pending.iter().map(|order| InWords(&order.command).to_string()).collect();
    let remaining = match latest_report(store, stored) {
        Some(report) if !stored.state.is_end() => forecast::remains(store, stored, &report, now)?,
        _ => None,
    };
    let percentiles = percentiles(store, stored, now)?;
    Ok(with_facts(store, stored, last_step, |facts| RolloutBody {
        remaining,
        percentiles,
        ..RolloutBody::new(facts, orders)
    }))
}

/// The percentiles of the times that answers took since a rollout began, while it goes through its steps.
fn percentiles(store: &Store, stored: &StoredRollout, now: Timestamp) -> Result<Vec<PercentileBody>, Error> {
    let Proposal { application: name, .. } = &stored.proposal;
    let Some(application) = store.application(name)? else { return Ok(Vec::new()) };
    if application.unit.is_sticky() || stored.state.position().is_none() {
        return Ok(Vec::new());
    }
    // As the controller asks, so that what is kept for it serves both.
    let maturity = stored.plan.guards.iter().map(|guard| guard.maturity).max().unwrap_or_default();
    let evidence = store.evidence(name, stored.first_epoch, maturity, now)?;
    Ok(percentiles::percentiles(&evidence, Units::Independent).into_iter().map(Into::into).collect())
}

/// Why a rollout stands where it stands.
pub(crate) fn explanation(store: &Store, stored: &StoredRollout) -> Explanation {
    with_facts(store, stored, None, Explanation::new)
}

/// What happened to a rollout after a place in its story.
pub(crate) fn history(
    store: &Store,
    stored: &StoredRollout,
    (after, length): (u64, Length),
) -> Result<History, Error> {
    let name = &stored.proposal.name;
    let stream = Stream::Rollout(name.clone());
    let mut events = store.history_after(&stream, after, length.looked_for())?;
    let next = length.cut(&mut events, |event| event.stream_seq.to_string());
    Ok(History { rollout: name.to_string(), entries: events.iter().filter_map(entry).collect(), next })
}

/// The entity tag of a rollout: it changes with every transition, and with nothing else.
pub(crate) fn tag(rollout: &StoredRollout) -> String {
    format!("\"{}.{}\"", rollout.created_seq, rollout.state.sequence)
}

/// The release that serves an application and the rollout that moves its traffic.
fn serving(
    store: &Store,
    application: &Application,
) -> Result<(Option<String>, Option<RolloutSummary>), Error> {
    let baseline = store.baseline(&application.name)?.map(|stored| stored.release.name.to_string());
    let rollout = store.active_rollout(&application.name)?;
    Ok((baseline, rollout.map(|stored| rollout_summary(store, &stored))))
}

fn with_facts<T>(
    store: &Store,
    stored: &StoredRollout,
    last_step: Option<usize>,
    body: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let report = latest_report(store, stored);
    let trouble = store.trouble();
    body(&Facts {
        proposal: &stored.proposal,
        plan: &stored.plan,
        state: &stored.state,
        report: report.as_ref(),
        baseline: stored.baseline.as_str(),
        last_step,
        waits_for: stored.waits_for.as_ref().map(|name| name.as_str()),
        trouble: trouble.as_deref(),
        started_at: stored.started_at.into(),
        ended_at: stored.ended_at.map(Into::into),
    })
}

/// The report of the last transition, or a later one that led to nothing. A transition that was committed after the
/// rollout was last looked at is newer than what was noted before it.
fn latest_report(store: &Store, stored: &StoredRollout) -> Option<Report> {
    let noted = store.noted_report(&stored.proposal.name).filter(|_| !stored.state.is_end());
    match (noted, stored.latest_report.clone()) {
        (Some(noted), Some(last)) => Some(if noted.at > last.at { noted } else { last }),
        (noted, last) => noted.or(last),
    }
}

/// The last step of its plan that a rollout was at, counted from zero. Its state no longer tells once it has left
/// its plan.
fn last_step(store: &Store, stored: &StoredRollout) -> Result<Option<usize>, Error> {
    let step = |state: &RolloutState| state.position().map(|at| at.step);
    if let Some(present) = step(&stored.state) {
        return Ok(Some(present));
    }
    let events = store.history(&Stream::Rollout(stored.proposal.name.clone()))?;
    Ok(events.iter().rev().find_map(|event| match &event.fact {
        Fact::Moved(moved) => step(&moved.next),
        _ => None,
    }))
}

fn entry(event: &Event) -> Option<Entry> {
    let (seq, at) = (event.seq, event.at.into());
    match &event.fact {
        Fact::Started { proposal, .. } => Some(Entry::started(seq, at, proposal)),
        Fact::Ordered { command, .. } => Some(Entry::ordered(seq, at, command)),
        Fact::Moved(moved) => Some(Entry::moved(seq, at, &moved.next, &moved.report)),
        _ => None,
    }
}
