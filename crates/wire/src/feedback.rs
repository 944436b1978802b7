//! What callers say of answers, and what they are told about it: the bodies of `POST /v1/feedback`.

use serde::{Deserialize, Serialize};
use viridian_core::opinion::Said;

/// What a caller says of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The id the answer came with, `x-request-id`.
    #[serde(alias = "request_id")]
    pub id: String,
    /// What it is worth.
    pub value: Value,
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
