//! The tree of a YAML or JSON text, every key and value with its position: [`parse`].
//!
//! A text that breaks off is resumed at its next document, so that one slip does not hide the faults of the rest.
//! What a tree may mean is decided by the shapes; here only what no manifest may hold is refused: keys given twice,
//! keys that are no text, aliases, tags, and texts too large or too deep to be a manifest.

mod build;
mod scalar;
mod surrogates;

use super::fault::Position;
use build::Builder;
use saphyr_parser::{Event, Parser};
use serde_json::{Number, Value as Json};
use surrogates::Joined;

/// The largest text read, in bytes: many times the largest honest set of manifests, and little to hold in memory.
const MAX_BYTES: usize = 1 << 20;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Where it begins; the position of its key when nothing was written.
    pub(crate) at: Position,
    /// What it is.
    pub(crate) value: Value,
}

/// What a text can hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// `null`, or nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A finite number.
    Number(Number),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in the order it was written.
    Object(Vec<Entry>),
    /// A value that was reported as a fault already and is not looked at again.
    Broken,
}

/// A key of an object and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) at: Position,
    /// Its value.
    pub(crate) node: Node,
}

/// Something a text may not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slip {
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) lost: Lost,
}

/// What is not read because of a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A part of a document.
    Value,
    /// A document, or several.
    Document,
}

impl Node {
    /// The value as JSON.
    pub(crate) fn json(&self) -> Json {
        match &self.value {
            Value::Null | Value::Broken => Json::Null,
            Value::Boolean(boolean) => Json::Bool(*boolean),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Object(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.node.json())).collect()
            }
        }
    }
}

/// The documents of a text, without empty ones, and everything no manifest may hold.
pub(crate) fn parse(text: &str) -> (Vec<Node>, Vec<Slip>) {
    if text.len() > MAX_BYTES {
        let message = format!("the text is longer than {MAX_BYTES} bytes, the most that is read");
        return (Vec::new(), vec![Slip { at: Position::START, message, lost: Lost::Document }]);
    }

    let mut joined = Joined::new(text);
    let mut builder = Builder::new(std::mem::take(&mut joined.slips));
    events(&joined.text, |met| match met {
        Met::Event(event, at, _) => builder.push(event, joined.original(at)),
        Met::Error(at, message) => {
            builder.break_off(joined.original(at), message);
            Progress::Continues
        }
    });
    builder.finish()
}

/// What is met on the way through a text.
enum Met<'a> {
    /// Something, and where it begins and ends.
    Event(Event<'a>, Position, Position),
    /// The first thing of a document that is not YAML.
    Error(Position, String),
}

/// Whether there is a point in reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Continues,
    Stopped,
}

/// Goes through a text, from document to document.
fn events(text: &str, mut take: impl FnMut(Met<'_>) -> Progress) {
    let mut rest = Some(Rest { text, first_line: 1 });
    while let Some(part) = rest {
        rest = part.read(&mut take).and_then(|line| part.next_document(line));
    }
}

/// What is left of a text.
#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a str,
    first_line: usize,
}

impl Rest<'_> {
    /// Reads to the end, or to the line of the first thing that is not YAML.
    fn read(&self, take: &mut impl FnMut(Met<'_>) -> Progress) -> Option<usize> {
        for event in Parser::new_from_str(self.text) {
            match event {
                Ok((event, span)) => {
                    let met = Met::Event(event, self.position(&span.start), self.position(&span.end));
                    if take(met) == Progress::Stopped {
                        return None;
                    }
                }
                Err(error) => {
                    let at = self.position(error.marker());
                    take(Met::Error(at, format!("this is not YAML: {}", error.info())));
                    return Some(at.line);
                }
            }
        }
        None
    }

    /// What begins with the first `---` at or after a line of the file. Such a line begins a document wherever it
    /// stands, even inside a quoted text.
    fn next_document(&self, line: usize) -> Option<Self> {
        let mut offset = 0;
        for (first_line, text) in (self.first_line..).zip(self.text.split_inclusive('\n')) {
            if first_line > self.first_line && first_line >= line && is_marker(text) {
                return Some(Self { text: &self.text[offset..], first_line });
            }
            offset += text.len();
        }
        None
    }

    fn position(&self, marker: &saphyr_parser::Marker) -> Position {
        Position { line: self.first_line + marker.line().max(1) - 1, column: marker.col() + 1 }
    }
}

/// Whether an unquoted scalar is read as text rather than as a number or the like.
pub(crate) fn reads_as_text(text: &str) -> bool {
    matches!(scalar::resolve(text), Ok(Value::Text(_)))
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests;
