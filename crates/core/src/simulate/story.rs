//! Telling: the script line by line, and between its lines what changed, in the words of the reports. Only changes
//! are told: transitions, something new that is waited for, a guard that begins to complain without acting.

pub(super) mod page;

use super::script::{Expectation, Line, Run, Script, Statement, Until};
use super::world::World;
use super::{Story, Unmet};
use crate::analysis::verdict::{Analysis, Wait};
use crate::rollout::effect::Effect;
use crate::rollout::report::{Finding, Report};
use crate::rollout::state::{Hold, Phase, Waiting};
use crate::rollout::step::Transition;
use crate::time::Timestamp;
use page::Page;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// Tells a script.
pub(super) fn tell(script: &Script) -> Story {
    let mut teller = Teller {
        world: World::new(&script.setting),
        page: Page::default(),
        unmet: Vec::new(),
        told_from: 0,
        sequence: 0,
        waits_for: None,
        complaints: Vec::new(),
        started_at: None,
        rejected: false,
        ended: None,
        analysis: None,
    };
    for line in &script.lines {
        teller.line(line);
    }
    teller.finish()
}

struct Teller {
    world: World,
    page: Page,
    unmet: Vec<Unmet>,
    /// Where on the page the text begins that an expectation may quote.
    told_from: usize,
    /// The last transition that was told.
    sequence: u64,
    waits_for: Option<Kind>,
    /// The metrics of guards that complained and may not act.
    complaints: Vec<String>,
    started_at: Option<Timestamp>,
    /// Whether the release is remembered as rejected.
    rejected: bool,
    /// When the rollout ended.
    ended: Option<Timestamp>,
    /// What was known when the rollout was last moved by its plan or by danger.
    analysis: Option<Analysis>,
}

/// What is waited for, numbers aside: a change of numbers is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    waiting: Discriminant<Waiting>,
    wait: Option<Discriminant<Wait>>,
}

impl Teller {
    fn line(&mut self, line: &Line) {
        self.page.quote(line);
        let decided = match &line.statement {
            Statement::Heading | Statement::Setting => return,
            Statement::Start => {
                self.started_at = Some(self.world.now());
                self.world.start()
            }
            Statement::Run(run) => return self.run(run),
            Statement::Order(command) => {
                // Whoever orders something is told what became of it, even when it is the same as before.
                self.waits_for = None;
                self.world.order(command.clone())
            }
            Statement::Event(event) => {
                self.world.happen(event);
                return;
            }
            Statement::Expect(expectations) => return self.expect(line.number, expectations),
        };
        self.tell_all(&decided);
    }

    fn run(&mut self, run: &Run) {
        let began = self.world.now();
        while self.world.now().since(began) < run.at_most {
            if self.has_reached(run.until) {
                return;
            }
            let decided = self.world.second();
            self.tell_all(&decided);
        }
        if run.until != Until::TimeIsOver && !self.has_reached(run.until) {
            self.page.remark("the time is over");
        }
    }

    fn has_reached(&self, until: Until) -> bool {
        let Some(state) = self.world.state() else { return false };
        match until {
            Until::TimeIsOver => false,
            Until::End => state.is_end(),
            Until::Phase(word) => state.phase.word() == word || state.is_end(),
            Until::Step(step) => state.position().is_none_or(|at| at.step + 1 >= step),
        }
    }

    fn tell_all(&mut self, decided: &[Transition]) {
        for transition in decided {
            self.tell(transition);
        }
    }

    fn tell(&mut self, transition: &Transition) {
        let phase = &transition.next.phase;
        let moved = transition.next.sequence != self.sequence;
        if !moved && self.ended.is_some() {
            return;
        }
        if !matches!(transition.report.finding, Finding::Restored) {
            self.analysis = Some(transition.report.analysis.clone());
        }
        let waits_for = kind(transition);
        let waits_anew = waits_for.is_some() && waits_for != self.waits_for;
        if moved || waits_anew {
            let row = page::Row {
                at: self.world.now(),
                phase,
                steps: self.world.plan().steps.len(),
                weight: transition.next.weight(),
                sentence: &transition.report.sentence,
            };
            self.page.row(&row);
        }
        self.tell_complaints(&transition.report, phase);
        self.rejected |= transition.effects.contains(&Effect::RejectCandidate);
        self.waits_for = waits_for;
        self.sequence = transition.next.sequence;
        if transition.next.is_end() {
            let now = self.world.now();
            self.ended.get_or_insert(now);
        }
    }

    /// Guards that may not act are told when they complain for the first time, unless the report has just said it.
    fn tell_complaints(&mut self, report: &Report, phase: &Phase) {
        for sentence in &report.observed {
            let metric = sentence.split(':').next().unwrap_or_default();
            if self.complaints.iter().any(|told| told == metric) {
                continue;
            }
            self.complaints.push(metric.to_owned());
            if report.sentence.contains(sentence.as_str()) {
                continue;
            }
            let row = page::Row {
                at: self.world.now(),
                phase,
                steps: self.world.plan().steps.len(),
                weight: self.world.state().map(crate::rollout::state::State::weight).unwrap_or_default(),
                sentence: &format!("observed: {sentence}"),
            };
            self.page.row(&row);
        }
    }

    fn expect(&mut self, line: usize, expectations: &[Expectation]) {
        for expectation in expectations {
            if let Err(instead) = self.check(expectation) {
                self.page.remark(&format!("NOT MET: {instead}"));
                self.unmet.push(Unmet { line, message: instead });
            }
        }
        self.told_from = self.page.len();
    }

    /// What is the case instead of what was expected.
    fn check(&self, expectation: &Expectation) -> Result<(), String> {
        let Some(state) = self.world.state() else { return Err("there is no rollout".to_owned()) };
        let (holds, instead) = match expectation {
            Expectation::Phase(word) => {
                (state.phase.word() == *word, format!("the rollout is {}", state.phase.word()))
            }
            Expectation::Weight(weight) => {
                (state.weight() == *weight, format!("the candidate's share is {}", state.weight()))
            }
            Expectation::Step(step) => {
                let at = state.position().map(|at| at.step + 1);
                let instead = at.map_or_else(|| "no step".to_owned(), |at| format!("step {at}"));
                (at == Some(*step), format!("the rollout is at {instead}"))
            }
            Expectation::Told(text) => {
                (self.page.says(text, self.told_from), format!("nothing since then said '{text}'"))
            }
            Expectation::FewerOnCandidate(limit) => {
                let requests = self.world.toll().candidate.requests;
                (requests < *limit, format!("the candidate answered {requests} requests"))
            }
        };
        if holds { Ok(()) } else { Err(instead) }
    }

    fn finish(mut self) -> Story {
        let state = self.world.state().cloned();
        if let (Some(state), Some(started_at)) = (&state, self.started_at) {
            let lasted: Duration = self.ended.unwrap_or_else(|| self.world.now()).since(started_at);
            let summary = page::Summary {
                phase: &state.phase,
                lasted,
                rejected: self.rejected,
                toll: self.world.toll(),
                compares: self.world.plan().compares(),
                guards: self.analysis.as_ref().map_or(&[], |analysis| analysis.guards.as_slice()),
            };
            self.page.summary(&summary);
        }
        Story {
            text: self.page.text(),
            end: state.filter(crate::rollout::state::State::is_end).map(|state| state.phase.word()),
            unmet: self.unmet,
        }
    }
}

/// What a transition waits for.
fn kind(transition: &Transition) -> Option<Kind> {
    let waiting = match (&transition.report.finding, &transition.next.phase) {
        (Finding::Waiting { waiting } | Finding::StillHeld { reason: Hold::Waiting(waiting) }, _)
        | (Finding::Held, Phase::Held { reason: Hold::Waiting(waiting), .. }) => waiting,
        _ => return None,
    };
    let wait = match waiting {
        Waiting::Evidence(wait) => Some(discriminant(wait)),
        _ => None,
    };
    Some(Kind { waiting: discriminant(waiting), wait })
}
