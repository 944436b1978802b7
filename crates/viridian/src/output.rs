//! The one place that prints: data to the standard output, everything else to the standard error.
//!
//! A verb hands over a body of the API and a function that draws it; [`Output`] chooses by the format. Nothing is
//! coloured, so there is nothing to switch off.

mod application;
mod columns;
mod experiment;
mod explanation;
mod forecast;
mod gateway;
mod numbers;
mod release;
mod rollout;
mod screen;

pub use application::{application_table, applications_table};
pub use experiment::{experiment_table, experiments_table};
pub use explanation::explanation_text;
pub use forecast::forecast_table;
pub use gateway::{gateway_table, gateways_table, standing_table};
pub use numbers::{ago, span};
pub use release::{release_table, releases_table};
pub use rollout::{history_table, rollout_line, rollout_status, rollout_table, rollouts_table};
pub use screen::{Screen, is_news};

use crate::args::Format;
use serde::Serialize;
use std::io::{self, Write};

/// Several things as a list.
#[derive(Serialize)]
struct Items<'a, T> {
    items: &'a [T],
}

/// Prints data in the format that was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Prints in this format.
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether people read it, rather than programs.
    pub fn is_for_people(self) -> bool {
        self.format == Format::Table
    }

    /// Prints one thing. `draw` is for people; it ends without a line break.
    pub fn one<T: Serialize>(self, body: &T, draw: impl FnOnce(&T) -> String) -> io::Result<()> {
        match self.format {
            Format::Table => print(&format!("{}\n", draw(body).trim_end())),
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(body)?)),
            Format::Jsonl => print(&format!("{}\n", serde_json::to_string(body)?)),
            Format::Yaml => print(&viridian_wire::manifest::to_yaml(&serde_json::to_value(body)?)),
        }
    }

    /// Prints several things: as a list, or one per line.
    pub fn several<T: Serialize>(self, items: &[T], draw: impl FnOnce(&[T]) -> String) -> io::Result<()> {
        if self.format == Format::Jsonl {
            for item in items {
                print(&format!("{}\n", serde_json::to_string(item)?))?;
            }
            return Ok(());
        }
        self.one(&Items { items }, |list| draw(list.items))
    }

    /// Prints something that is a list by its nature: whole, or one of its rows per line.
    pub fn rows<T: Serialize, R: Serialize>(
        self,
        body: &T,
        rows: &[R],
        draw: impl FnOnce(&T) -> String,
    ) -> io::Result<()> {
        if self.format == Format::Jsonl {
            self.several(rows, |_| String::new())
        } else {
            self.one(body, draw)
        }
    }

    /// Prints text that has one form only, such as a schema.
    pub fn text(self, text: &str) -> io::Result<()> {
        print(&format!("{}\n", text.trim_end()))
    }
}

/// Tells people something that is no data.
pub fn note(text: impl std::fmt::Display) {
    // Nobody can be told that the standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells people what went wrong, with its causes.
pub fn error(error: &anyhow::Error) {
    note(format_args!("error: {error}"));
    for cause in error.chain().skip(1) {
        note(format_args!("  because: {cause}"));
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
