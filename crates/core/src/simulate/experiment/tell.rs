//! Telling: the script line by line, and between its lines what changed: transitions with their reports, and verdicts that are
//! new. Numbers alone are no news.

use super::script::{Expectation, Line, Script, Statement, Until};
use super::world::{LOOK, World};
use crate::experiment::days;
use crate::experiment::step::{End, Phase};
use crate::experiment::verdict::{Analysis, Verdict, Wait};
use crate::simulate::story::page::{Page, clock};
use crate::simulate::{Story, Unmet};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// Tells a script.
pub(super) fn tell(script: &Script) -> Story {
    // Shares that do not fit are a fault of the script, found before.
    let Some(world) = World::of(script) else {
        return Story { text: String::new(), end: None, unmet: Vec::new() };
    };
    let mut teller =
        Teller { world, page: Page::default(), unmet: Vec::new(), told_from: 0, told: None, analysis: None };
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
    /// The verdict that was told last.
    told: Option<Kind>,
    analysis: Option<Analysis>,
}

/// A verdict, numbers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    verdict: Discriminant<Verdict>,
    wait: Option<Discriminant<Wait>>,
    arm: Option<usize>,
}

impl Kind {
    const fn of(verdict: Verdict) -> Self {
        let (wait, arm) = match verdict {
            Verdict::Wait(wait) => (Some(discriminant(&wait)), None),
            Verdict::Winner { arm } | Verdict::Leading { arm } => (None, Some(arm)),
            Verdict::NoDifference | Verdict::NoArmLeft | Verdict::KeepGoing => (None, None),
        };
        Self { verdict: discriminant(&verdict), wait, arm }
    }
}

impl Teller {
    fn line(&mut self, line: &Line) {
        let mark = if line.statement == Statement::Heading { "" } else { "> " };
        self.page.line(&format!("{mark}{}", line.text));
        match &line.statement {
            Statement::Heading | Statement::Setting => {}
            Statement::Start => {
                self.world.start();
                self.look();
            }
            Statement::Run { until, at_most } => self.run(*until, *at_most),
            Statement::Order(order) => {
                self.world.order(*order);
                self.look();
            }
            Statement::Event(event) => self.world.happen(event),
            Statement::Expect(expectations) => {
                expectations.iter().for_each(|expected| self.expect(line.number, expected));
                self.told_from = self.page.len();
            }
        }
    }

    fn run(&mut self, until: Until, at_most: Duration) {
        let end = self.world.now.plus(at_most);
        while self.world.now < end && !(until == Until::End && self.world.is_over()) {
            let next = self.world.now.plus(LOOK).min(end);
            while self.world.now < next {
                self.world.minute();
            }
            self.look();
        }
    }

    fn look(&mut self) {
        if self.world.is_over() {
            return;
        }
        let Some((analysis, transition)) = self.world.look() else { return };
        let kind = Kind::of(analysis.verdict);
        for sentence in &transition.report {
            self.row(sentence);
        }
        // What is concluded from a lead-in is nothing, so only what keeps it from being used is told.
        let is_news = self.told != Some(kind) && transition.report.is_empty();
        if is_news && self.word() == "Running" {
            self.row(&analysis.sentence(&self.world.experiment));
        }
        self.told = Some(kind);
        self.analysis = Some(analysis);
    }

    fn row(&mut self, sentence: &str) {
        let left = format!("  {:>9}  {:<7}  ", clock(self.world.now), self.word());
        self.page.wrapped(&left, sentence);
    }

    fn word(&self) -> &'static str {
        match self.world.state.as_ref().map(|state| &state.phase) {
            Some(Phase::LeadIn) => "LeadIn",
            Some(Phase::Running { .. }) => "Running",
            Some(Phase::Ended(_)) => "Ended",
            None => "",
        }
    }

    fn expect(&mut self, line: usize, expected: &Expectation) {
        let message = match expected {
            Expectation::Phase(phase) if *phase != self.word() => {
                format!("expected {phase}, and it is {}", self.word())
            }
            Expectation::Told(text) if !self.page.says(text, self.told_from) => {
                format!("nobody said \"{text}\"")
            }
            Expectation::Phase(_) | Expectation::Told(_) => return,
        };
        self.unmet.push(Unmet { line, message });
    }

    fn finish(mut self) -> Story {
        let end = self.world.state.as_ref().and_then(|state| match state.phase {
            Phase::Ended(end) => Some(word(end)),
            Phase::LeadIn | Phase::Running { .. } => None,
        });
        if let Some(analysis) = self.analysis.take() {
            self.summary(&analysis, end);
        }
        Story { text: self.page.text(), end, unmet: self.unmet }
    }

    fn summary(&mut self, analysis: &Analysis, end: Option<&'static str>) {
        let experiment = &self.world.experiment;
        let how = end.map_or_else(|| "is still under way".to_owned(), |end| format!("ended as {end}"));
        self.page.line("");
        self.page.line(&format!("The experiment {how}."));
        self.page.wrapped("  verdict  ", &analysis.sentence(experiment));
        for note in analysis.notes(experiment) {
            self.page.wrapped("  note     ", &note);
        }
        let aim = &experiment.aim;
        for (number, day) in analysis.days.iter().enumerate() {
            let arms = experiment.arms.all().iter().skip(1).zip(&day.arms);
            let told = arms.filter_map(|(arm, gain)| {
                let days::DayGain { estimate, within } = (*gain)?;
                let either_way = aim.told(within);
                Some(format!("{} {} ± {}", arm.name, aim.told(estimate), either_way.trim_start_matches('+')))
            });
            let told: Vec<String> = told.collect();
            if !told.is_empty() {
                self.page.wrapped(&format!("  day {:<4} ", number + 1), &told.join(", "));
            }
        }
    }
}

const fn word(end: End) -> &'static str {
    match end {
        End::Winner { .. } => "Winner",
        End::NoDifference => "NoDifference",
        End::NoArmLeft => "NoArmLeft",
        End::OutOfTime => "OutOfTime",
        End::Stopped => "Stopped",
    }
}
