//! What is wrong with a manifest, where, and how to say so: [`Fault`].

use std::fmt;

/// How many characters of something a person wrote are repeated in a message.
const QUOTED_CHARACTERS: usize = 60;
/// How many characters of a line are shown on either side of a fault.
const SNIPPET_REACH: usize = 80;

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as the reader was told.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The field, such as `spec.guards[1].margin`; empty for what concerns a whole document or file.
    pub path: String,
    /// What was found, what was expected and what may help.
    pub message: String,
    /// Whether the line may hold a secret, so that it is not shown.
    pub(crate) confidential: bool,
}

/// A place in a text, both numbers from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Fault {
    /// A fault in a file that is named later.
    pub(crate) fn at(at: Position, path: String, message: impl Into<String>) -> Self {
        let Position { line, column } = at;
        Self { file: String::new(), line, column, path, message: message.into(), confidential: false }
    }

    /// The fault above the line it concerns, several lines of plain text. `text` is the file's. A line that may hold
    /// a secret is not shown.
    pub fn snippet(&self, text: &str) -> String {
        let (what, file, number, column) = (self.what(), &self.file, self.line, self.column);
        let margin = " ".repeat(number.to_string().len());
        let heading = format!("{what}\n{margin}--> {file}:{number}:{column}\n");
        if self.confidential {
            return heading;
        }
        let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
        let before = column.saturating_sub(1);
        let cut = before.saturating_sub(SNIPPET_REACH);
        let shown: String = line.chars().skip(cut).take(2 * SNIPPET_REACH).map(visible).collect();
        let indent = " ".repeat(before - cut);
        format!("{heading}{margin} |\n{number} | {shown}\n{margin} | {indent}^\n")
    }

    /// Where it stands.
    pub(crate) const fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    /// The field and what is wrong with it.
    fn what(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what())
    }
}

impl std::error::Error for Fault {}

impl Position {
    /// Where every text begins.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
    /// Beyond the end of every text.
    pub(crate) const END: Self = Self { line: usize::MAX, column: usize::MAX };
}

/// Something a person wrote, in quotes, cut short when it is long, on one line.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", shortened(text))
}

/// Something a person wrote, cut short when it is long, on one line.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARACTERS).map(visible).collect();
    if text.chars().nth(QUOTED_CHARACTERS).is_some() {
        short.push('…');
    }
    short
}

/// Several words as a person would list them: `'a', 'b' or 'c'`.
pub(crate) fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Several words, one after the other: `'a', 'b', 'c'`.
pub(crate) fn listing<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("'{word}'")).collect();
    quoted.join(", ")
}

/// A character as it may stand in a message: nothing that moves the cursor or ends the line.
fn visible(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}
