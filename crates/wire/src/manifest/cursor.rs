//! A value together with the way to it: [`Cursor`]. Shapes check with it, conversions read with it, and faults are
//! made by it, so that no path ever has to be spelled out.
//!
//! Reading assumes nothing: what has not the shape it should have reads as `None`, because the shape has reported it.

use super::fault::{Fault, Position, shortened};
use super::tree::{Entry, Node, Value};
use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};

/// A value in a document and the way to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    /// The value.
    pub(crate) node: &'a Node,
    /// Where its key stands; where it begins itself when it has none.
    pub(crate) key_at: Position,
    parent: Option<&'a Cursor<'a>>,
    step: Step<'a>,
}

/// The last step of the way.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

impl<'a> Cursor<'a> {
    /// A whole document.
    pub(crate) const fn root(node: &'a Node) -> Self {
        Self { node, key_at: node.at, parent: None, step: Step::Root }
    }

    /// The value of a field; nothing when it is not there.
    pub(crate) fn field(&'a self, name: &str) -> Option<Self> {
        self.fields().find(|(key, _)| *key == name).map(|(_, cursor)| cursor)
    }

    /// Every field of an object, in the order it was written.
    pub(crate) fn fields(&'a self) -> impl Iterator<Item = (&'a str, Self)> {
        let entries: &[Entry] = match &self.node.value {
            Value::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|Entry { key, at, node }| {
            (key.as_str(), Self { node, key_at: *at, parent: Some(self), step: Step::Field(key) })
        })
    }

    /// Every item of a list.
    pub(crate) fn items(&'a self) -> impl Iterator<Item = Self> {
        let items: &[Node] = match &self.node.value {
            Value::List(items) => items,
            _ => &[],
        };
        items.iter().enumerate().map(|(index, node)| Self {
            node,
            key_at: node.at,
            parent: Some(self),
            step: Step::Item(index),
        })
    }

    /// The way from the document to here, such as `spec.guards[1].margin`.
    pub(crate) fn path(&self) -> String {
        let parent = self.parent.map(Cursor::path).unwrap_or_default();
        match self.step {
            Step::Root => String::new(),
            Step::Field(name) if parent.is_empty() => shortened(name),
            Step::Field(name) => format!("{parent}.{}", shortened(name)),
            Step::Item(index) => format!("{parent}[{index}]"),
        }
    }
}

/// Making faults. The file's name is filled in when all of them are known.
impl Cursor<'_> {
    /// A fault of the value.
    pub(crate) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::at(self.node.at, self.path(), message)
    }

    /// A fault of the field as such: that it is there.
    pub(crate) fn key_fault(&self, message: impl Into<String>) -> Fault {
        Fault::at(self.key_at, self.path(), message)
    }

    /// A fault of this object: that a field is not there.
    pub(crate) fn missing(&self, name: &str, message: impl Into<String>) -> Fault {
        let parent = self.path();
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        Fault::at(self.key_at, path, message)
    }
}

/// Reading values of the right shape.
impl Cursor<'_> {
    /// Reads a field that has to be there.
    pub(crate) fn required<T>(&self, name: &str, read: impl FnOnce(&Cursor<'_>) -> Option<T>) -> Option<T> {
        self.field(name).and_then(|field| read(&field))
    }

    /// Reads a field that stands for `default` when it is not there.
    pub(crate) fn or<T>(
        &self,
        name: &str,
        default: T,
        read: impl FnOnce(&Cursor<'_>) -> Option<T>,
    ) -> Option<T> {
        self.field(name).map_or(Some(default), |field| read(&field))
    }

    /// Reads a field that may be left out.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Cursor<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.field(name).map_or(Some(None), |field| read(&field).map(Some))
    }

    /// Reads every item of a list, all of them even when one does not read.
    pub(crate) fn each<T>(&self, mut read: impl FnMut(&Cursor<'_>) -> Option<T>) -> Option<Vec<T>> {
        let items: Vec<Option<T>> = self.items().map(|item| read(&item)).collect();
        items.into_iter().collect()
    }

    /// The text here.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text here, read as something else.
    pub(crate) fn parsed<T, E>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.text().and_then(|text| parse(text).ok())
    }

    /// The word here, as one of the values of a type whose serialized form is the word.
    pub(crate) fn word<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        let word: StrDeserializer<'_, Error> = self.text()?.into_deserializer();
        T::deserialize(word).ok()
    }

    /// The whole number here.
    pub(crate) fn number<T: TryFrom<u64>>(&self) -> Option<T> {
        match &self.node.value {
            Value::Number(number) => number.as_u64().and_then(|number| T::try_from(number).ok()),
            _ => None,
        }
    }

    /// The number here.
    pub(crate) fn decimal(&self) -> Option<f64> {
        match &self.node.value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The truth value here.
    pub(crate) const fn boolean(&self) -> Option<bool> {
        match self.node.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }
}
