//! What a manifest may look like, as data: every kind is one constant built from the few [`Shape`]s here.
//!
//! A shape is used twice: to check what people wrote, and to render the JSON Schema their editors check it with.
//! What no shape can say, such as that weights rise, is said where a kind becomes a type of the core.

use super::fault::alternatives;
use super::text::Text;

/// What a value may look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// An object with fields of its own.
    Object(Object),
    /// An object with exactly one of several fields.
    OneOf(Object),
    /// An object whose keys people choose.
    Map(Map),
    /// A list.
    List(List),
    /// Text of some form.
    Text(&'static Text),
    /// One of several words.
    Choice(Choice),
    /// A whole number.
    Number(Range),
    /// Any number.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// Anything at all.
    Any,
}

/// The fields of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object {
    pub(crate) fields: &'static [Field],
    pub(crate) refused: &'static [Refused],
}

/// One field of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// What it is for, for people: shown by their editors.
    pub(crate) doc: &'static str,
    pub(crate) need: Need,
    pub(crate) shape: Shape,
}

/// Whether something may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

/// An object whose keys people choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map {
    /// Keys that mean something of their own.
    pub(crate) reserved: &'static [Field],
    pub(crate) keys: &'static Text,
    pub(crate) values: &'static Shape,
    /// Whether there has to be one at all.
    pub(crate) need: Need,
}

/// A list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    pub(crate) items: &'static Shape,
    /// Whether there has to be one at all.
    pub(crate) need: Need,
}

/// One of several words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) words: &'static [&'static str],
    pub(crate) refused: &'static [Refused],
    /// The form of words that people define themselves, where they may; whether one is defined is for the reader to say.
    pub(crate) own: Option<&'static Text>,
}

/// The whole numbers from `least` to `most`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

/// A word people have a reason to expect, and why it is not accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    /// The word; a trailing `*` stands for any rest.
    pub(crate) word: &'static str,
    /// Why, to be read after the word.
    pub(crate) why: &'static str,
}

/// A field that has to be there.
pub(crate) const fn required(name: &'static str, doc: &'static str, shape: Shape) -> Field {
    Field { name, doc, need: Need::Required, shape }
}

/// A field that may be left out.
pub(crate) const fn optional(name: &'static str, doc: &'static str, shape: Shape) -> Field {
    Field { name, doc, need: Need::Optional, shape }
}

/// A word of the language that this version has no meaning for.
pub(crate) const fn planned(word: &'static str) -> Refused {
    Refused { word, why: "is not supported by this version" }
}

impl Shape {
    /// An object with these fields and no others.
    pub(crate) const fn object(fields: &'static [Field]) -> Self {
        Self::Object(Object { fields, refused: &[] })
    }

    /// A list of any length.
    pub(crate) const fn list(items: &'static Self) -> Self {
        Self::List(List { items, need: Need::Optional })
    }

    /// A list of one item or more.
    pub(crate) const fn filled_list(items: &'static Self) -> Self {
        Self::List(List { items, need: Need::Required })
    }

    /// An object with keys of a form, and values of a shape.
    pub(crate) const fn map(keys: &'static Text, values: &'static Self, need: Need) -> Self {
        Self::Map(Map { reserved: &[], keys, values, need })
    }

    /// One of these words.
    pub(crate) const fn choice(words: &'static [&'static str]) -> Self {
        Self::Choice(Choice { words, refused: &[], own: None })
    }

    /// A whole number from `least` to `most`.
    pub(crate) const fn number(least: u64, most: u64) -> Self {
        Self::Number(Range { least, most })
    }

    /// What a person is told was expected.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Object(object) if object.has_only_defaults() => "an object such as {}".to_owned(),
            Self::Object(_) | Self::Map(_) => "an object".to_owned(),
            Self::OneOf(object) => format!("an object with one of {}", alternatives(object.names())),
            Self::List(_) => "a list".to_owned(),
            Self::Text(text) => text.expected.to_owned(),
            Self::Choice(choice) => alternatives(choice.words.iter().copied()),
            Self::Number(Range { least, most }) => format!("a whole number from {least} to {most}"),
            Self::Decimal => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Any => "any value".to_owned(),
        }
    }
}

impl Object {
    /// Whether every field may be left out.
    fn has_only_defaults(&self) -> bool {
        self.fields.iter().all(|field| field.need == Need::Optional)
    }

    /// The names of the fields, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }

    /// The field of a name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Refused {
    /// Why a word is refused, if it is one of these.
    pub(crate) fn reason(refused: &[Self], word: &str) -> Option<&'static str> {
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => word.starts_with(prefix),
            None => word == pattern,
        };
        refused.iter().find(|refused| matches(refused.word)).map(|refused| refused.why)
    }
}
