//! The language of stories: one statement per line. [`parse`] reads it and names every fault at once.
//!
//! ```text
//! # Comments are copied into the story.
//! application support-chat, unit request                     # or: unit user, 2000 users of unequal activity
//! guard errors margin 0.5pp onFail rollback                  # mode observe, maturity 10m, onInsufficient hold, maxHold 2h
//! canary: weight 5%, analysis 200, pause 10m, weight 100%, bake 10m holdback 2%
//! blueGreen: smoke, trial 10%, bake 10m holdback 2%          # instead of canary
//! gauge gpu-faults at most 5 onFail rollback                 # or: at least 5; mode observe
//! localGuard: errors 50%, minRequests 20
//! policy: patience 5m, maxHold 2h, onInsufficientData rollback, riskBudget 5%, warmup 0, rejectRelease false
//! gateways gw-1, gw-2
//! seed 7
//!
//! traffic 20/s                                               # or: traffic stops
//! both arms: errors 1%, latency 800ms, feedback 20%, negative 5%
//! both arms: timeouts 1%, rateLimited 2%, firstToken 200ms   # streamed, from then on
//! candidate: errors 6%, latency 1s within 10m                # at once, or in a straight line
//! 10% of the candidate's outcomes are lost
//! the baseline is dead                                       # alive; the candidate
//! smoke passes                                               # or: smoke fails: POST /v1/chat answered 500
//! reading gpu-faults 7.5                                     # from now on; or: no reading gpu-faults
//! gateway gw-2 acknowledges after 30s                        # nothing, at once, is lost, is back,
//!                                                            # trips its local guard
//! start
//! run 10m
//! run until it ends, at most 2h                              # or a phase, or: step 3
//! ann orders pause                                           # resume, promote, promote to the end,
//! ann orders rollback: it answers in French                  # abort
//! support-chat-v9 supersedes
//! expect Held, weight 5%, step 2, "too few units", fewer than 300 on the candidate
//! ```

mod setting;
mod releases;
mod strategy;
mod event;
pub(super) mod words;

use super::ScriptFault;
use crate::rollout::command::Command;
use crate::weight::Weight;
pub(super) use event::{Arms, Change, Event, GatewayChange, Quality};
use setting::Draft;
pub(super) use setting::{Population, Setting, guard, margin, population};
use std::time::Duration;
use words::Words;

/// A script that was understood.
pub(super) struct Script {
    /// What is there before anything happens.
    pub(super) setting: Setting,
    /// Every line, in order.
    pub(super) lines: Vec<Line>,
}

/// One line of a script.
pub(super) struct Line {
    /// Counted from one.
    pub(super) number: usize,
    /// As it was written.
    pub(super) text: String,
    pub(super) statement: Statement,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Statement {
    /// Nothing, or a comment.
    Heading,
    /// A part of the setting.
    Setting,
    Start,
    Run(Run),
    Order(Command),
    Event(Event),
    Expect(Vec<Expectation>),
}

/// How long the world runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    pub(super) until: Until,
    pub(super) at_most: Duration,
}

/// What a run stops at, if its time is not over before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Until {
    TimeIsOver,
    End,
    Phase(&'static str),
    /// Counted from one.
    Step(usize),
}

/// What has to be the case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expectation {
    Phase(&'static str),
    Weight(Weight),
    /// Counted from one.
    Step(usize),
    /// A text that was told since the last expectation.
    Told(String),
    /// The candidate answered fewer requests than this.
    FewerOnCandidate(u64),
}

/// Reads a script.
pub(super) fn parse(text: &str) -> Result<Script, Vec<ScriptFault>> {
    let mut draft = Draft::default();
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    let mut started = false;
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        let read = statement(text, &mut draft).and_then(|statement| in_place(statement, started));
        match read {
            Ok(statement) => {
                started |= statement == Statement::Start;
                lines.push(Line { number, text: text.trim_end().to_owned(), statement });
            }
            Err(message) => faults.push(ScriptFault { line: number, message }),
        }
    }
    let last = text.lines().count().max(1);
    match draft.finish(started) {
        Ok(setting) if faults.is_empty() => return Ok(Script { setting, lines }),
        // A line that cannot be read may be the one that is missing.
        Err(message) if faults.is_empty() => faults.push(ScriptFault { line: last, message }),
        _ => {}
    }
    Err(faults)
}

/// What is fixed cannot change after the start, and orders need a rollout.
fn in_place(statement: Statement, started: bool) -> Result<Statement, String> {
    match statement {
        Statement::Setting if started => Err("this has to be said before 'start'".to_owned()),
        Statement::Start if started => Err("the rollout was started before".to_owned()),
        Statement::Order(_) | Statement::Expect(_) if !started => {
            Err("there is no rollout before 'start'".to_owned())
        }
        Statement::Run(Run { until, .. }) if !started && until != Until::TimeIsOver => {
            Err("there is no rollout before 'start'; say 'run 10m'".to_owned())
        }
        in_place => Ok(in_place),
    }
}

fn statement(text: &str, draft: &mut Draft) -> Result<Statement, String> {
    let said = text.split(" #").next().unwrap_or_default().trim();
    if said.is_empty() || said.starts_with('#') {
        return Ok(Statement::Heading);
    }
    if draft.read(said)? {
        return Ok(Statement::Setting);
    }
    if let Some(event) = event::read(said, draft)? {
        return Ok(Statement::Event(event));
    }
    let mut words = Words::of(said);
    let statement = match words.next() {
        Some("start") => Statement::Start,
        Some("run") => Statement::Run(run(&mut words)?),
        Some("expect") => return expectations(said).map(Statement::Expect),
        _ => return order(said)?.map(Statement::Order).ok_or_else(|| unknown(said)),
    };
    words.end()?;
    Ok(statement)
}

fn unknown(said: &str) -> String {
    format!(
        "'{said}' is not understood. A line starts with application, guard, gauge, canary:, blueGreen:, localGuard:, \
         policy:, gateways, seed, traffic, baseline:, candidate:, both arms:, 'N% of the candidate's outcomes', \
         'the baseline is', 'the candidate is', smoke, gateway, reading, 'no reading', start, run or expect, or is an order such as 'ann orders pause'"
    )
}

fn run(words: &mut Words<'_>) -> Result<Run, String> {
    if !words.skip("until") {
        return Ok(Run { until: Until::TimeIsOver, at_most: words.duration()? });
    }
    let until = if words.skip("it") {
        words.expect("ends")?;
        Until::End
    } else if words.skip("step") {
        Until::Step(words.number()?)
    } else {
        Until::Phase(phase(words)?)
    };
    words.expect("at")?;
    words.expect("most")?;
    Ok(Run { until, at_most: words.duration()? })
}

const PHASES: [&str; 9] = [
    "Pending",
    "Progressing",
    "Held",
    "Baking",
    "RollingBack",
    "Promoted",
    "RolledBack",
    "Aborted",
    "Superseded",
];

fn phase(words: &mut Words<'_>) -> Result<&'static str, String> {
    let word = words.word("a phase")?;
    PHASES
        .into_iter()
        .find(|phase| *phase == word)
        .ok_or_else(|| format!("'{word}' is not a phase: use {}", PHASES.join(", ")))
}

fn expectations(said: &str) -> Result<Vec<Expectation>, String> {
    let list = said.strip_prefix("expect").unwrap_or(said);
    words::clauses(list).into_iter().map(expectation).collect()
}

fn expectation(clause: &str) -> Result<Expectation, String> {
    if let Some(quoted) = clause.strip_prefix('"') {
        let text = quoted.strip_suffix('"').ok_or("a text ends with a quotation mark")?;
        return Ok(Expectation::Told(text.to_owned()));
    }
    let mut words = Words::of(clause);
    let expectation = if words.skip("weight") {
        Expectation::Weight(words.weight()?)
    } else if words.skip("step") {
        Expectation::Step(words.number()?)
    } else if words.skip("fewer") {
        words.expect("than")?;
        let limit = words.number()?;
        words.expect_all(&["on", "the", "candidate"])?;
        Expectation::FewerOnCandidate(limit as u64)
    } else {
        Expectation::Phase(phase(&mut words)?)
    };
    words.end()?;
    Ok(expectation)
}

fn order(said: &str) -> Result<Option<Command>, String> {
    let (said, reason) = match said.split_once(':') {
        Some((said, reason)) => (said, Some(reason.trim().to_owned())),
        None => (said, None),
    };
    let mut words = Words::of(said);
    let Some(by) = words.next() else { return Ok(None) };
    if words.skip("supersedes") {
        words.end()?;
        return Ok(Some(Command::Supersede { by: words::name(by)? }));
    }
    if !words.skip("orders") {
        return Ok(None);
    }
    let command = event::command(&mut words, by.to_owned(), reason)?;
    words.end()?;
    Ok(Some(command))
}
