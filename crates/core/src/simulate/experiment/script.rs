//! The language of stories of experiments: one statement per line. [`parse`] reads it and names every fault at once.
//!
//! ```text
//! experiment tone of support-chat, unit user, 3000 users of unequal activity     # or: unit request
//! arms now 33%, terse 33%, kind 33%                          # the first is the control
//! aim feedback lower by 2pp                                  # or: errors; higher; by 10%; maturity 48h
//! guard errors margin 0.5pp onFail rollback
//! stop: leadIn 24h, maxDuration 336h, winner byPerson, holdout 1%
//! bandit floor 10%                                           # with unit request
//! seed 7
//!
//! traffic 2/s
//! all arms: errors 1%, feedback 20%, negative 10%
//! terse: negative 8%
//! terse: complaints after 12h                                # on average; praise comes at once
//! 20% of terse's outcomes are lost
//! 10% of the requests are drawn elsewhere                    # by a gateway with another salt
//! start
//! run 24h
//! run until it ends, at most 336h
//! ann stops kind                                             # or: ann stops it
//! ann names terse
//! expect Ended, "'terse' wins"                               # or: LeadIn, Running
//! ```

use crate::application::Unit;
use crate::experiment::definition::{Aim, Allocation, Arm, Arms, Better, Decider, Experiment, Stop};
use crate::experiment::step::Order;
use crate::guard::Guard;
use crate::id::{ApplicationName, ArmName, ExperimentName};
use crate::metric::Metric;
use crate::simulate::ScriptFault;
use crate::simulate::script::words::{Words, clauses, name};
use crate::simulate::script::{Population, guard, margin, population};
use crate::weight::Weight;
use std::collections::BTreeMap;
use std::time::Duration;

/// An experiment that says nothing else ends after four weeks.
const MAX_DURATION: Duration = Duration::from_secs(28 * 24 * 60 * 60);

/// A script that was understood.
pub(super) struct Script {
    pub(super) experiment: Experiment,
    /// Who calls; absent when every request is drawn by itself.
    pub(super) users: Option<Population>,
    pub(super) seed: u64,
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
    Run {
        until: Until,
        at_most: Duration,
    },
    Order(Order),
    Event(Event),
    Expect(Vec<Expectation>),
}

/// What a run stops at, if its time is not over before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    TimeIsOver,
    End,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// So many requests per second from now on.
    Traffic(f64),
    /// One arm, or all, answer in another way.
    Behave { arm: Option<usize>, changes: Vec<Change> },
    /// A share of an arm's outcomes never arrives.
    Lose { arm: usize, share: f64 },
    /// A share of the requests is drawn by another salt.
    Astray(f64),
}

/// What an arm's answers are like from now on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    /// The share that fails.
    Errors(f64),
    /// The share that callers give feedback on.
    Feedback(f64),
    /// The share of that feedback that is negative.
    Negative(f64),
    /// How long callers who are not pleased take on average to say so.
    Complaints(Duration),
}

/// What has to be the case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expectation {
    Phase(&'static str),
    /// A text that was told since the last expectation.
    Told(String),
}

/// What was read of a setting so far.
#[derive(Default)]
struct Draft {
    name: Option<(ExperimentName, ApplicationName)>,
    users: Option<Population>,
    arms: Vec<(ArmName, Weight)>,
    aim: Option<(Metric, Better, crate::guard::Margin)>,
    maturity: Duration,
    guards: Vec<Guard>,
    lead_in: Duration,
    max_duration: Option<Duration>,
    winner: Decider,
    holdout: Weight,
    allocation: Allocation,
    seed: u64,
}

/// Reads a script.
pub(super) fn parse(text: &str) -> Result<Script, Vec<ScriptFault>> {
    let mut draft = Draft { seed: 1, ..Draft::default() };
    let (mut lines, mut faults, mut started) = (Vec::new(), Vec::new(), false);
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        match draft.statement(text).and_then(|statement| in_place(statement, started)) {
            Ok(statement) => {
                started |= statement == Statement::Start;
                lines.push(Line { number, text: text.trim_end().to_owned(), statement });
            }
            Err(message) => faults.push(ScriptFault { line: number, message }),
        }
    }
    let (users, seed) = (draft.users, draft.seed);
    let last = text.lines().count().max(1);
    match draft.finish() {
        Ok(experiment) if faults.is_empty() => return Ok(Script { experiment, users, seed, lines }),
        // A line that cannot be read may be the one that is missing.
        Err(messages) if faults.is_empty() => {
            faults.extend(messages.into_iter().map(|message| ScriptFault { line: last, message }));
        }
        _ => {}
    }
    Err(faults)
}

fn in_place(statement: Statement, started: bool) -> Result<Statement, String> {
    match statement {
        Statement::Setting if started => Err("this has to be said before 'start'".to_owned()),
        Statement::Start if started => Err("the experiment was started before".to_owned()),
        Statement::Order(_) | Statement::Expect(_) | Statement::Run { .. } if !started => {
            Err("nothing runs before 'start'".to_owned())
        }
        in_place => Ok(in_place),
    }
}

impl Draft {
    fn statement(&mut self, text: &str) -> Result<Statement, String> {
        let said = text.split(" #").next().unwrap_or_default().trim();
        if said.is_empty() || said.starts_with('#') {
            return Ok(Statement::Heading);
        }
        if let Some(list) = said.strip_prefix("expect ") {
            return clauses(list)
                .into_iter()
                .map(expectation)
                .collect::<Result<_, _>>()
                .map(Statement::Expect);
        }
        if let Some((head, list)) = said.split_once(':') {
            if head == "stop" {
                self.read_stop(list)?;
                return Ok(Statement::Setting);
            }
            let arm = if head == "all arms" { None } else { Some(self.arm(head)?) };
            let changes: Result<_, String> = clauses(list).into_iter().map(change).collect();
            return Ok(Statement::Event(Event::Behave { arm, changes: changes? }));
        }
        let mut words = Words::of(said);
        let statement = match words.word("a statement")? {
            "experiment" => self.read_name(&mut words)?,
            "arms" => self.read_arms(&mut words)?,
            "aim" => self.read_aim(&mut words)?,
            "guard" => {
                self.guards.push(guard(&mut words)?);
                Statement::Setting
            }
            "bandit" => {
                words.expect("floor")?;
                self.allocation = Allocation::Bandit { floor: words.weight()? };
                Statement::Setting
            }
            "seed" => {
                self.seed = words.number()? as u64;
                Statement::Setting
            }
            "traffic" => Statement::Event(Event::Traffic(words.rate()?)),
            "start" => Statement::Start,
            "run" => run(&mut words)?,
            share if share.ends_with('%') => self.read_share(said, &mut words)?,
            _ => self.order(&mut words).map_err(|fault| format!("'{said}' is not understood: {fault}"))?,
        };
        words.end()?;
        Ok(statement)
    }

    fn read_name(&mut self, words: &mut Words<'_>) -> Result<Statement, String> {
        let called = name(words.word("the experiment's name")?)?;
        words.expect("of")?;
        self.name = Some((called, name(words.word("an application")?)?));
        words.expect("unit")?;
        self.users = match words.word("'request' or 'user'")? {
            "request" => None,
            "user" => Some(population(words)?),
            other => return Err(format!("'{other}' is not a unit stories know: use 'request' or 'user'")),
        };
        Ok(Statement::Setting)
    }

    fn read_arms(&mut self, words: &mut Words<'_>) -> Result<Statement, String> {
        self.arms.clear();
        while !words.is_over() {
            self.arms.push((name(words.word("an arm")?)?, words.weight()?));
        }
        Ok(Statement::Setting)
    }

    fn read_aim(&mut self, words: &mut Words<'_>) -> Result<Statement, String> {
        let metric = match words.word("a metric")? {
            "feedback" => Metric::Feedback,
            "errors" => Metric::Errors,
            other => return Err(format!("'{other}' is not an aim stories know: use 'feedback' or 'errors'")),
        };
        let better = match words.word("'lower' or 'higher'")? {
            "lower" => Better::Lower,
            "higher" => Better::Higher,
            other => return Err(format!("expected 'lower' or 'higher', found '{other}'")),
        };
        words.expect("by")?;
        self.aim = Some((metric, better, margin(words)?));
        self.maturity = if words.skip("maturity") { words.duration()? } else { Duration::ZERO };
        Ok(Statement::Setting)
    }

    fn read_stop(&mut self, list: &str) -> Result<(), String> {
        for clause in clauses(list) {
            let mut words = Words::of(clause);
            match words.word("a rule")? {
                "leadIn" => self.lead_in = words.duration()?,
                "maxDuration" => self.max_duration = Some(words.duration()?),
                "holdout" => self.holdout = words.weight()?,
                "winner" => {
                    self.winner = match words.word("'byRule' or 'byPerson'")? {
                        "byRule" => Decider::ByRule,
                        "byPerson" => Decider::ByPerson,
                        other => return Err(format!("expected 'byRule' or 'byPerson', found '{other}'")),
                    }
                }
                other => {
                    return Err(format!(
                        "'{other}' is not a rule: use leadIn, maxDuration, holdout or winner"
                    ));
                }
            }
            words.end()?;
        }
        Ok(())
    }

    /// `20% of terse's outcomes are lost`, `10% of the requests are drawn elsewhere`.
    fn read_share(&self, said: &str, words: &mut Words<'_>) -> Result<Statement, String> {
        let share = Words::of(said).share()?;
        words.expect("of")?;
        if words.skip("the") {
            words.expect_all(&["requests", "are", "drawn", "elsewhere"])?;
            return Ok(Statement::Event(Event::Astray(share)));
        }
        let whose = words.word("an arm's")?;
        let arm =
            whose.strip_suffix("'s").ok_or_else(|| format!("expected an arm's outcomes, found '{whose}'"))?;
        words.expect_all(&["outcomes", "are", "lost"])?;
        Ok(Statement::Event(Event::Lose { arm: self.arm(arm)?, share }))
    }

    fn order(&self, words: &mut Words<'_>) -> Result<Statement, String> {
        let order = match words.word("'stops' or 'names'")? {
            "stops" if words.skip("it") => Order::Stop,
            "stops" => Order::StopArm { arm: self.arm(words.word("an arm or 'it'")?)? },
            "names" => Order::Name { arm: self.arm(words.word("an arm")?)? },
            other => return Err(format!("expected 'stops' or 'names', found '{other}'")),
        };
        Ok(Statement::Order(order))
    }

    fn arm(&self, text: &str) -> Result<usize, String> {
        let place = self.arms.iter().position(|(name, _)| name.as_str() == text);
        place.ok_or_else(|| {
            let names: Vec<&str> = self.arms.iter().map(|(name, _)| name.as_str()).collect();
            format!("there is no arm '{text}', only {}", names.join(", "))
        })
    }

    fn finish(self) -> Result<Experiment, Vec<String>> {
        let missing = |what: &str| vec![format!("{what}")];
        let (called, application) = self.name.ok_or_else(|| {
            missing("no experiment is named: say 'experiment tone of support-chat, unit request'")
        })?;
        let (metric, better, minimum_effect) =
            self.aim.ok_or_else(|| missing("no aim is given: say 'aim feedback lower by 2pp'"))?;
        let control = self.arms.first().map(|(name, _)| name.clone());
        let control = control.ok_or_else(|| missing("no arms are given: say 'arms now 50%, terse 50%'"))?;
        let arm = |(arm, share): (ArmName, Weight)| {
            let release = name(&format!("{application}-{arm}")).map_err(|fault| vec![fault])?;
            Ok(Arm { name: arm, share, releases: [(application.clone(), release)].into() })
        };
        let arms: Result<Vec<Arm>, Vec<String>> = self.arms.into_iter().map(arm).collect();
        let experiment = Experiment {
            name: called,
            layer: name("stories").map_err(|fault| vec![fault])?,
            traffic: Weight::FULL,
            unit: if self.users.is_some() { Unit::User } else { Unit::Request },
            arms: Arms::new(arms?, &control).map_err(|fault| vec![fault.to_string()])?,
            holdout: self.holdout,
            aim: Aim { application, metric, better, minimum_effect, maturity: self.maturity },
            guards: self.guards,
            meanings: BTreeMap::new(),
            allocation: self.allocation,
            lead_in: self.lead_in,
            stop: Stop { winner: self.winner, max_duration: self.max_duration.unwrap_or(MAX_DURATION) },
        };
        let faults = experiment.faults();
        if faults.is_empty() { Ok(experiment) } else { Err(faults.iter().map(ToString::to_string).collect()) }
    }
}

fn change(clause: &str) -> Result<Change, String> {
    let mut words = Words::of(clause);
    let change = match words.word("a quality")? {
        "errors" => Change::Errors(words.share()?),
        "feedback" => Change::Feedback(words.share()?),
        "negative" => Change::Negative(words.share()?),
        "complaints" => {
            words.expect("after")?;
            Change::Complaints(words.duration()?)
        }
        other => {
            return Err(format!("'{other}' is no quality: use errors, feedback, negative or complaints"));
        }
    };
    words.end()?;
    Ok(change)
}

fn run(words: &mut Words<'_>) -> Result<Statement, String> {
    let until = if words.skip("until") {
        words.expect_all(&["it", "ends", "at", "most"])?;
        Until::End
    } else {
        Until::TimeIsOver
    };
    Ok(Statement::Run { until, at_most: words.duration()? })
}

fn expectation(clause: &str) -> Result<Expectation, String> {
    if let Some(quoted) = clause.strip_prefix('"') {
        let text = quoted.strip_suffix('"').ok_or("a text ends with a quotation mark")?;
        return Ok(Expectation::Told(text.to_owned()));
    }
    let phase = ["LeadIn", "Running", "Ended"].into_iter().find(|phase| *phase == clause);
    phase
        .map(Expectation::Phase)
        .ok_or_else(|| format!("'{clause}' is not a phase: use LeadIn, Running or Ended"))
}
