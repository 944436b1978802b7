//! What callers say of answers, and what they are told about it: the bodies of `POST /v1/feedback`.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use viridian_core::opinion::Said;

/// What a caller says of one answer: a value, scores, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Feedback {
    /// The id the answer came with, `x-request-id`.
    pub id: String,
    /// What it is worth, if that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The scores it is given, by their names, of those that the application has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, Mark>,
    /// Who gives the scores, with the version, where the application asks for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

/// A piece of feedback as it is written, whether it says anything or not.
#[derive(Deserialize)]
struct Written {
    #[serde(alias = "request_id")]
    id: String,
    #[serde(default, deserialize_with = "said")]
    value: Option<Value>,
    #[serde(default)]
    scores: BTreeMap<String, Mark>,
    #[serde(default)]
    judge: Option<String>,
}

/// Whoever writes a value says something by it: `null` is none.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<Written> for Feedback {
    type Error = &'static str;

    fn try_from(Written { id, value, scores, judge }: Written) -> Result<Self, Self::Error> {
        if value.is_none() && scores.is_empty() {
            return Err("a piece of feedback that says nothing");
        }
        Ok(Self { id, value, scores, judge })
    }
}

/// What stands where a score is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Mark {
    /// A number, on the score's scale or not.
    Number(f64),
    /// Something else, which is refused with the score's name.
    Other(IgnoredAny),
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Other(_) => serializer.serialize_unit(),
        }
    }
}

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Good or not.
    Boolean(bool),
    /// How good: from 0 to 1, unless the application has a scale of its own.
    Number(f64),
    /// In a word, of those that the application has.
    Category(String),
}

/// One piece of feedback, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Request {
    /// One piece.
    One(Feedback),
    /// Several, in any order.
    Several(Vec<Feedback>),
}

/// The answer to feedback.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Response {
    /// How many pieces were taken.
    pub accepted: usize,
    /// The pieces that were not.
    pub refused: Vec<Refused>,
}

/// A piece of feedback that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The HTTP status it would have had alone.
    pub status: u16,
    /// What machines tell the reason by.
    pub code: String,
    /// What people read.
    pub message: String,
}

impl Mark {
    /// The number, if it is one.
    pub const fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Other(_) => None,
        }
    }
}

impl Value {
    /// What is said.
    pub fn said(&self) -> Said<'_> {
        match self {
            Self::Boolean(is_good) => Said::Boolean(*is_good),
            Self::Number(number) => Said::Number(*number),
            Self::Category(word) => Said::Category(word),
        }
    }
}

impl Response {
    /// The body.
    pub fn to_json(&self) -> Vec<u8> {
        // Shapes of texts and numbers can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
