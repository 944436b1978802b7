//! What happens while the world runs, and what people order.

use super::setting::Draft;
use super::words::{Words, clauses};
use crate::arm::Arm;
use crate::id::GaugeName;
use crate::metric::{Metric, Witness};
use crate::rollout::command::{Command, Reach};
use crate::rollout::input::{Readiness, SmokeResult};
use std::time::Duration;

/// Why a gauge says nothing, in stories.
const NO_ANSWER: &str = "no answer within 10s";

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// So many requests per second from now on.
    Traffic(f64),
    /// Arms answer in another way.
    Behave { arms: Arms, changes: Vec<Change> },
    /// A share of an arm's outcomes never arrives.
    Lose { arm: Arm, share: f64 },
    /// An arm dies or comes back.
    Life(Arm, Readiness),
    /// Smoke requests are answered like this from now on.
    Smoke(SmokeResult),
    /// A gauge says this from now on, or why it says nothing.
    Gauge { gauge: GaugeName, says: Result<f64, String> },
    /// A gateway changes, by its place.
    Gateway { index: usize, change: GatewayChange },
}

/// Which arms something concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arms {
    One(Arm),
    Both,
}

/// One quality of an arm's answers, on its way to a new value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) quality: Quality,
    /// A share, or seconds for a time.
    pub(crate) to: f64,
    pub(crate) within: Duration,
}

/// What an arm's answers are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// The share that fails.
    Errors,
    /// The median time they take.
    Latency,
    /// The share that callers give feedback on.
    Feedback,
    /// The share of that feedback that is negative.
    Negative,
    /// The share that is not answered in time.
    Timeouts,
    /// The share that is turned away because the arm is busy.
    RateLimited,
    /// The share that is refused as wrong.
    CallerErrors,
    /// The median time to the first event; answers are streamed from then on.
    FirstToken,
    /// What answers say by a metric: a share of them, or what they come to on average.
    Says(Metric),
}

/// What a gateway does from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GatewayChange {
    /// It serves by a new table after so long, and says so.
    AcknowledgesAfter(Duration),
    /// It is heard, but takes no new table.
    AcknowledgesNothing,
    /// It is not heard any more; callers still reach it.
    IsLost,
    /// It is heard again.
    IsBack,
    /// It sends the candidate's share to the baseline by itself.
    Trips,
}

/// Reads a statement if it is an event.
pub(super) fn read(said: &str, draft: &Draft) -> Result<Option<Event>, String> {
    if let Some((head, list)) = said.split_once(':') {
        let arms = match head {
            "baseline" => Arms::One(Arm::Baseline),
            "candidate" => Arms::One(Arm::Candidate),
            "both arms" => Arms::Both,
            "smoke fails" => {
                let detail = list.trim().to_owned();
                return Ok(Some(Event::Smoke(SmokeResult::Failed { detail })));
            }
            _ => return Ok(None),
        };
        let changes = clauses(list).into_iter().map(change).collect::<Result<_, _>>()?;
        return Ok(Some(Event::Behave { arms, changes }));
    }
    let mut words = Words::of(said);
    let event = match words.next() {
        Some("traffic") if words.skip("stops") => Event::Traffic(0.0),
        Some("traffic") => Event::Traffic(words.rate()?),
        Some("smoke") => {
            words.expect("passes")?;
            Event::Smoke(SmokeResult::Passed)
        }
        Some("the") => life(&mut words)?,
        Some("reading") => {
            let gauge = draft.gauge(words.word("a gauge")?)?;
            Event::Gauge { gauge, says: Ok(words.decimal()?) }
        }
        Some("no") => {
            words.expect("reading")?;
            let gauge = draft.gauge(words.word("a gauge")?)?;
            Event::Gauge { gauge, says: Err(NO_ANSWER.to_owned()) }
        }
        Some("gateway") => {
            let index = draft.gateway(words.word("a gateway")?)?;
            Event::Gateway { index, change: gateway(&mut words)? }
        }
        Some(word) if word.ends_with('%') => loss(said)?,
        _ => return Ok(None),
    };
    if !matches!(event, Event::Lose { .. }) {
        words.end()?;
    }
    Ok(Some(event))
}

/// Reads an order after `<who> orders`.
pub(super) fn command(words: &mut Words<'_>, by: String, reason: Option<String>) -> Result<Command, String> {
    Ok(match words.word("an order")? {
        "pause" => Command::Pause { by },
        "resume" => Command::Resume { by },
        "promote" if words.skip("to") => {
            words.expect_all(&["the", "end"])?;
            Command::Promote { by, reach: Reach::Full }
        }
        "promote" => Command::Promote { by, reach: Reach::Step },
        "abort" => Command::Abort { by, reason },
        "rollback" => Command::Rollback { by, reason },
        other => {
            return Err(format!("'{other}' is not an order: use pause, resume, promote, abort or rollback"));
        }
    })
}

fn change(clause: &str) -> Result<Change, String> {
    let mut words = Words::of(clause);
    let (quality, to) = match words.word("a quality")? {
        "errors" => (Quality::Errors, words.share()?),
        "latency" => (Quality::Latency, words.duration()?.as_secs_f64()),
        "feedback" => (Quality::Feedback, words.share()?),
        "negative" => (Quality::Negative, words.share()?),
        "timeouts" => (Quality::Timeouts, words.share()?),
        "rateLimited" => (Quality::RateLimited, words.share()?),
        "callerErrors" => (Quality::CallerErrors, words.share()?),
        "firstToken" => (Quality::FirstToken, words.duration()?.as_secs_f64()),
        other => said(other, &mut words)?,
    };
    let within = if words.skip("within") { words.duration()? } else { Duration::ZERO };
    words.end()?;
    Ok(Change { quality, to, within })
}

/// What answers say, by the name of the metric that counts it.
fn said(name: &str, words: &mut Words<'_>) -> Result<(Quality, f64), String> {
    let is_said = |metric: &Metric| {
        let follows = metric.percentile().is_some() || *metric == Metric::CostPerSuccess;
        metric.witness() == Witness::Contents && !follows
    };
    let mut metrics = Metric::ALL.into_iter().filter(is_said);
    match metrics.find(|metric| metric.as_str() == name) {
        Some(metric) if metric.is_amount() => Ok((Quality::Says(metric), words.number()? as f64)),
        Some(metric) => Ok((Quality::Says(metric), words.share()?)),
        None => Err(format!(
            "'{name}' is not understood: use errors, timeouts, rateLimited, callerErrors, latency, firstToken, feedback, \
             negative or what answers say, such as refusals or tokens.output"
        )),
    }
}

fn life(words: &mut Words<'_>) -> Result<Event, String> {
    let arm = match words.word("'baseline' or 'candidate'")? {
        "baseline" => Arm::Baseline,
        "candidate" => Arm::Candidate,
        other => return Err(format!("expected 'baseline' or 'candidate', found '{other}'")),
    };
    words.expect("is")?;
    match words.word("'dead' or 'alive'")? {
        "dead" => Ok(Event::Life(arm, Readiness::NotReady)),
        "alive" => Ok(Event::Life(arm, Readiness::Ready)),
        other => Err(format!("expected 'dead' or 'alive', found '{other}'")),
    }
}

fn gateway(words: &mut Words<'_>) -> Result<GatewayChange, String> {
    match words.word("what the gateway does")? {
        "acknowledges" if words.skip("nothing") => Ok(GatewayChange::AcknowledgesNothing),
        "acknowledges" if words.skip("at") => {
            words.expect("once")?;
            Ok(GatewayChange::AcknowledgesAfter(Duration::ZERO))
        }
        "acknowledges" => {
            words.expect("after")?;
            Ok(GatewayChange::AcknowledgesAfter(words.duration()?))
        }
        "is" if words.skip("lost") => Ok(GatewayChange::IsLost),
        "is" => words.expect("back").map(|()| GatewayChange::IsBack),
        "trips" => words.expect_all(&["its", "local", "guard"]).map(|()| GatewayChange::Trips),
        other => Err(format!(
            "'{other}' is not understood: a gateway 'acknowledges nothing', 'acknowledges at once', \
             'acknowledges after 30s', 'is lost', 'is back' or 'trips its local guard'"
        )),
    }
}

fn loss(said: &str) -> Result<Event, String> {
    let mut words = Words::of(said);
    let share = words.share()?;
    words.expect_all(&["of", "the"])?;
    let arm = match words.word("the arm")? {
        "baseline's" => Arm::Baseline,
        "candidate's" => Arm::Candidate,
        other => return Err(format!("expected 'candidate's' or 'baseline's', found '{other}'")),
    };
    words.expect_all(&["outcomes", "are", "lost"])?;
    words.end()?;
    Ok(Event::Lose { arm, share })
}
