//! Events of the log as the stream shows them.

use viridian_core::application::Application;
use viridian_core::id::RolloutName;
use viridian_core::rollout::report::Report;
use viridian_store::events::{Event, Fact, Stream};
use viridian_wire::api::{EventBody, EventKind, InWords, ReportBody};

/// An event of the log.
pub(super) fn of(event: &Event) -> EventBody {
    let mut body = of_fact(event);
    match &event.stream {
        Stream::Application(name) => body.application = Some(name.to_string()),
        Stream::Release(name) => body.release = Some(name.to_string()),
        Stream::Rollout(name) => body.rollout = Some(name.to_string()),
        Stream::Experiment(name) => body.experiment = Some(name.to_string()),
    }
    body
}

/// A rollout was looked at and stays where it is.
pub(super) fn of_report(rollout: &RolloutName, report: &Report) -> EventBody {
    EventBody {
        rollout: Some(rollout.to_string()),
        report: Some(ReportBody::from(report)),
        ..EventBody::new(EventKind::RolloutReport, report.at.into(), report.sentence.clone())
    }
}

fn of_fact(event: &Event) -> EventBody {
    let new = |kind, sentence| EventBody::new(kind, event.at.into(), sentence);
    match &event.fact {
        Fact::Applied(Application { name, .. }) => {
            new(EventKind::ApplicationApplied, format!("application {name} was applied"))
        }
        Fact::BaselineSet { release } => EventBody {
            release: Some(release.to_string()),
            ..new(EventKind::ApplicationBaseline, format!("{release} serves first"))
        },
        Fact::BaselineMoved { release, rollout } => EventBody {
            release: Some(release.to_string()),
            rollout: Some(rollout.to_string()),
            ..new(EventKind::ApplicationBaseline, format!("{release} is the baseline now"))
        },
        Fact::TablePublished { generation, because, .. } => {
            new(EventKind::ApplicationTable, format!("table {generation} was published: {because}"))
        }
        Fact::Registered(release) => EventBody {
            application: Some(release.application.to_string()),
            ..new(EventKind::ReleaseRegistered, format!("release {} was registered", release.name))
        },
        Fact::Rejected { rollout, because } => EventBody {
            rollout: Some(rollout.to_string()),
            ..new(EventKind::ReleaseRejected, format!("rejected: {because}"))
        },
        Fact::Started { proposal, .. } => EventBody {
            application: Some(proposal.application.to_string()),
            release: Some(proposal.candidate.to_string()),
            ..new(EventKind::RolloutStarted, format!("asked to move to {}", proposal.candidate))
        },
        Fact::Ordered { command, .. } => new(EventKind::RolloutOrdered, InWords(command).to_string()),
        Fact::Moved(moved) => EventBody::moved(event.at.into(), &moved.next, &moved.report),
        Fact::ExperimentStarted { experiment, .. } => {
            let arms: Vec<&str> = experiment.arms.all().iter().map(|arm| arm.name.as_str()).collect();
            new(EventKind::ExperimentStarted, format!("asked to compare {}", arms.join(", ")))
        }
        Fact::ExperimentOrdered { by, .. } => {
            new(EventKind::ExperimentOrdered, format!("stop, ordered by {by}"))
        }
        Fact::ExperimentMoved(moved) => new(EventKind::ExperimentMoved, moved.report.sentences.join("; ")),
    }
}
