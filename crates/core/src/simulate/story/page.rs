//! The page a story is written on: quoted lines of the script, rows of what happened, the summary.

use crate::analysis::verdict::Judgement;
use crate::rollout::state::Phase;
use crate::simulate::script::{Line, Statement};
use crate::simulate::world::{Served, Toll};
use crate::time::{Timestamp, readable};
use crate::weight::Weight;
use std::fmt::Write as _;
use std::time::Duration;

/// How wide a page is, as wide as the project's own text.
const WIDTH: usize = 110;
/// How wide the names of a summary are at least.
const NARROWEST: usize = 11;

/// What was written so far.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
}

/// One thing that happened.
pub(super) struct Row<'a> {
    pub(super) at: Timestamp,
    pub(super) phase: &'a Phase,
    /// How many the plan has.
    pub(super) steps: usize,
    pub(super) weight: Weight,
    pub(super) sentence: &'a str,
}

/// How it ended.
pub(super) struct Summary<'a> {
    pub(super) phase: &'a Phase,
    pub(super) lasted: Duration,
    /// Whether the release is remembered as rejected.
    pub(super) rejected: bool,
    pub(super) toll: &'a Toll,
    /// Whether its plan compares the arms at all.
    pub(super) compares: bool,
    pub(super) guards: &'a [Judgement],
}

impl Page {
    /// A line of the script.
    pub(super) fn quote(&mut self, line: &Line) {
        let mark = if line.statement == Statement::Heading { "" } else { "> " };
        self.line(&format!("{mark}{}", line.text));
    }

    pub(super) fn row(&mut self, row: &Row<'_>) {
        let step = position(row.phase).map_or_else(String::new, |step| format!("{step}/{}", row.steps));
        let left = format!(
            "  {:>8}  {:<11}  {:>4}  {:>5}  ",
            clock(row.at),
            row.phase.word(),
            step,
            row.weight.to_string()
        );
        self.wrapped(&left, row.sentence);
    }

    pub(super) fn remark(&mut self, text: &str) {
        self.wrapped("  ", text);
    }

    pub(super) fn summary(&mut self, summary: &Summary<'_>) {
        let Summary { phase, lasted, rejected, toll, compares, guards } = summary;
        let verb = match phase {
            Phase::Promoted | Phase::RolledBack { .. } | Phase::Aborted { .. } | Phase::Superseded { .. } => {
                "ended as"
            }
            _ => "is still",
        };
        let rejected = if *rejected { " The release is rejected." } else { "" };
        self.line("");
        self.line(&format!(
            "The rollout {verb} {}, {} after its start.{rejected}",
            phase.word(),
            readable(*lasted)
        ));
        let users = match toll.users.len() {
            0 => String::new(),
            users => format!(", {users} users touched"),
        };
        let longest = guards.iter().map(|judged| judged.guard.metric.as_str().len()).max();
        let width = longest.unwrap_or_default().max(NARROWEST);
        self.wrapped(&format!("  {:<width$}  ", "candidate"), &format!("{}{users}", served(&toll.candidate)));
        self.wrapped(&format!("  {:<width$}  ", "baseline"), &served(&toll.baseline));
        for judged in *guards {
            let metric = judged.guard.metric;
            let finding = if *compares { judged.finding() } else { "not compared".to_owned() };
            self.wrapped(&format!("  {metric:<width$}  "), &finding);
        }
    }

    /// Whether a text is written behind a place.
    pub(crate) fn says(&self, text: &str, from: usize) -> bool {
        let behind = self.text.get(from..).unwrap_or_default();
        let told: Vec<&str> =
            behind.lines().filter(|line| line.starts_with(' ')).flat_map(str::split_whitespace).collect();
        let sought: Vec<&str> = text.split_whitespace().collect();
        told.join(" ").contains(&sought.join(" "))
    }

    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn text(self) -> String {
        self.text
    }

    pub(crate) fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{}", text.trim_end());
    }

    /// A text beside what stands left of its first line.
    pub(crate) fn wrapped(&mut self, left: &str, text: &str) {
        let indent = left.chars().count();
        let mut line = left.to_owned();
        let mut length = indent;
        for word in text.split(' ') {
            let wide = word.chars().count();
            if length > indent && length + 1 + wide > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                length = indent;
            }
            if length > indent {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += wide;
        }
        self.line(&line);
    }
}

/// The step a phase is at, counted from one.
const fn position(phase: &Phase) -> Option<usize> {
    match phase {
        Phase::Progressing(at) | Phase::Held { at, .. } | Phase::Baking(at) => Some(at.step + 1),
        _ => None,
    }
}

pub(crate) fn clock(at: Timestamp) -> String {
    let seconds = at.0 / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn served(served: &Served) -> String {
    let Served { requests, failed, disliked } = served;
    let disliked = match disliked {
        0 => String::new(),
        disliked => format!(", {disliked} disliked"),
    };
    format!("{requests} requests, {failed} failed{disliked}")
}
