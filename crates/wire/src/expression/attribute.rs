//! What can be asked of an outcome: [`ATTRIBUTES`] is the one list of it.

use viridian_core::declared::{Asks, Load};
use viridian_core::outcome::Class;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// Known when it is looked at.
    Anything,
}

/// Something that can be asked of an outcome.
#[derive(Debug)]
pub struct Attribute {
    /// As it is written.
    pub name: &'static str,
    /// What it is.
    pub is: Type,
    /// What it says, with its unit, and when it is not known.
    pub doc: &'static str,
    /// What has to be known of an outcome to tell it.
    pub asks: Asks,
    /// Whether load matters to it.
    pub load: Load,
    /// Whether only the OpenAI protocol tells it.
    pub is_of_openai: bool,
}

/// The words of `outcome.class`, in the order of [`Class::ALL`].
pub(super) const CLASSES: [&str; Class::ALL.len()] =
    ["ok", "callerError", "rateLimited", "upstreamError", "unreachable", "timeout", "truncated", "cancelled"];

const fn passing(name: &'static str, is: Type, doc: &'static str) -> Attribute {
    Attribute { name, is, doc, asks: Asks::Passing, load: Load::Matters, is_of_openai: false }
}

const fn answer(name: &'static str, is: Type, doc: &'static str) -> Attribute {
    Attribute { name, is, doc, asks: Asks::Answer, load: Load::Indifferent, is_of_openai: true }
}

const fn text(name: &'static str, is: Type, doc: &'static str) -> Attribute {
    Attribute { asks: Asks::Text, ..answer(name, is, doc) }
}

/// Everything that can be asked.
pub const ATTRIBUTES: [Attribute; 15] = [
    passing(
        "outcome.class",
        Type::Text,
        "How the request ended: ok, callerError (4xx), rateLimited (429), upstreamError (5xx), unreachable, timeout, truncated or cancelled.",
    ),
    passing(
        "outcome.latency",
        Type::Double,
        "From the request's arrival to the last byte, in milliseconds; of answers that came to their end.",
    ),
    Attribute {
        is_of_openai: true,
        ..passing(
            "outcome.firstToken",
            Type::Double,
            "From the request's arrival to the first event, in milliseconds; of streamed answers.",
        )
    },
    Attribute {
        load: Load::Indifferent,
        is_of_openai: true,
        ..passing("request.streamed", Type::Boolean, "Whether the caller asked for a stream.")
    },
    answer("answer.refused", Type::Boolean, "Whether it declines to say what it was asked for."),
    answer("answer.empty", Type::Boolean, "Whether it says nothing."),
    answer("answer.truncated", Type::Boolean, "Whether it reached the most tokens it may have."),
    answer("answer.inputTokens", Type::Integer, "Tokens read; of answers that tell."),
    answer(
        "answer.cachedTokens",
        Type::Integer,
        "Those of them that came from a cache; of answers that tell.",
    ),
    answer("answer.outputTokens", Type::Integer, "Tokens written; of answers that tell."),
    answer(
        "answer.cost",
        Type::Double,
        "What it costs, in the unit of its release's prices; of releases with prices.",
    ),
    text(
        "answer.text",
        Type::Text,
        "Its text, of 64 KiB at most; of the first where several were asked for.",
    ),
    text("answer.length", Type::Integer, "How many characters the text has."),
    text("answer.functions", Type::Texts, "The names of the functions it calls."),
    text("answer.json", Type::Anything, "The text as JSON; of texts that are JSON."),
];
