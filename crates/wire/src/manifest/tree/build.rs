//! From the events of the YAML parser to a tree: [`Builder`]. It keeps its own stack, so depth costs no recursion.

use super::{Entry, Lost, Node, Progress, Slip, Value, scalar};
use crate::manifest::fault::{Position, quoted};
use saphyr_parser::{Event, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep objects and lists may be nested; an honest manifest needs about ten levels.
const MAX_DEPTH: usize = 64;
/// How many values a text may hold: far above any honest one, and some 20 MB at most.
const MAX_NODES: usize = 100_000;

/// An unquoted key that stands for the fields of other objects.
const MERGE_KEY: &str = "<<";

/// Builds the trees of a text, event by event.
#[derive(Default)]
pub(super) struct Builder {
    open: Vec<Open>,
    nodes: usize,
    documents: Vec<Node>,
    slips: Vec<Slip>,
}

/// A collection whose end has not come yet.
enum Open {
    List { at: Position, items: Vec<Node> },
    Object(OpenObject),
}

/// An object whose end has not come yet.
struct OpenObject {
    at: Position,
    entries: Vec<Entry>,
    /// The line of every key so far.
    lines: HashMap<String, usize>,
    /// The key that waits for its value.
    key: Option<Key>,
}

/// A key that waits for its value.
struct Key {
    at: Position,
    /// Nothing when the key itself was refused, so that its value is passed over.
    text: Option<String>,
}

impl Builder {
    /// Nothing yet but what was found before.
    pub(super) fn new(slips: Vec<Slip>) -> Self {
        Self { slips, ..Self::default() }
    }

    /// Takes the next event.
    pub(super) fn push(&mut self, event: Event<'_>, at: Position) -> Progress {
        match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(tag.as_deref(), at);
                let node = self.scalar(text, style, at);
                self.place(node);
            }
            Event::Alias(_) => {
                self.slip(at, "aliases are not supported; write the value out");
                self.place(Node { at, value: Value::Broken });
            }
            Event::SequenceStart(_, tag) => {
                self.refuse_tag(tag.as_deref(), at);
                self.open.push(Open::List { at, items: Vec::new() });
            }
            Event::MappingStart(_, tag) => {
                self.refuse_tag(tag.as_deref(), at);
                self.open.push(Open::Object(OpenObject::new(at)));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => return Progress::Continues,
        }
        self.within_limits(at)
    }

    /// Gives up the document that is being built.
    pub(super) fn break_off(&mut self, at: Position, message: String) {
        self.open.clear();
        self.slips.push(Slip { at, message, lost: Lost::Document });
    }

    /// The documents, and what no manifest may hold.
    pub(super) fn finish(self) -> (Vec<Node>, Vec<Slip>) {
        (self.documents, self.slips)
    }

    fn slip(&mut self, at: Position, message: &str) {
        self.slips.push(Slip { at, message: message.to_owned(), lost: Lost::Value });
    }

    fn within_limits(&mut self, at: Position) -> Progress {
        self.nodes += 1;
        let message = if self.open.len() > MAX_DEPTH {
            format!("nested deeper than {MAX_DEPTH} levels; nothing after this was read")
        } else if self.nodes > MAX_NODES {
            format!("more than {MAX_NODES} values; nothing after this was read")
        } else {
            return Progress::Continues;
        };
        self.break_off(at, message);
        Progress::Stopped
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, at: Position) {
        if tag.is_some() {
            self.slip(at, "tags are not supported; to have something read as text, put it in quotes");
        }
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, at: Position) -> Node {
        // A key is text however it is written, as in JSON.
        let is_key = matches!(self.open.last(), Some(Open::Object(OpenObject { key: None, .. })));
        if is_key && style == ScalarStyle::Plain && text == MERGE_KEY {
            self.slip(at, "merge keys are not supported; write the fields out");
            return Node { at, value: Value::Broken };
        }
        if style != ScalarStyle::Plain || (is_key && !text.is_empty()) {
            return Node { at, value: Value::Text(text.into_owned()) };
        }
        let value = scalar::resolve(&text).unwrap_or_else(|message| {
            self.slip(at, message);
            Value::Broken
        });
        Node { at, value }
    }

    fn close(&mut self) {
        let node = match self.open.pop() {
            Some(Open::List { at, items }) => Node { at, value: Value::List(items) },
            Some(Open::Object(object)) => Node { at: object.at, value: Value::Object(object.entries) },
            None => return,
        };
        self.place(node);
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            None if node.value == Value::Null => {}
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Object(object)) => {
                if let Err(slip) = object.place(node) {
                    self.slips.push(slip);
                }
            }
        }
    }
}

impl OpenObject {
    fn new(at: Position) -> Self {
        Self { at, entries: Vec::new(), lines: HashMap::new(), key: None }
    }

    /// Takes a key, or the value of the key that waits.
    fn place(&mut self, mut node: Node) -> Result<(), Slip> {
        let Some(key) = self.key.take() else {
            return self.begin(node);
        };
        if node.value == Value::Null {
            node.at = key.at;
        }
        if let Some(text) = key.text {
            self.entries.push(Entry { key: text, at: key.at, node });
        }
        Ok(())
    }

    fn begin(&mut self, node: Node) -> Result<(), Slip> {
        let at = node.at;
        let (text, refused) = match self.accept(node) {
            Ok(text) => (text, Ok(())),
            Err(message) => (None, Err(Slip { at, message, lost: Lost::Value })),
        };
        self.key = Some(Key { at, text });
        refused
    }

    /// The text of a key that may stand in this object; nothing when the key was refused already.
    fn accept(&mut self, node: Node) -> Result<Option<String>, String> {
        match node.value {
            Value::Broken => Ok(None),
            Value::Text(text) => match self.lines.insert(text.clone(), node.at.line) {
                None => Ok(Some(text)),
                Some(line) => Err(format!("the key {} was given on line {line} already", quoted(&text))),
            },
            _ => Err("a key has to be text".to_owned()),
        }
    }
}
