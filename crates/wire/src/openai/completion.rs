//! Chat completions as upstreams write them, whole and in pieces, as far as anything here is measured: [`Completion`].
//!
//! It is lenient: what is not listed is passed over, and what may be absent or null is. Texts are borrowed where they can be.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A chat completion, or one piece of a streamed one.
#[derive(Debug, Deserialize)]
pub struct Completion<'a> {
    /// The answers that were asked for, usually one.
    #[serde(borrow)]
    pub choices: Vec<Choice<'a>>,
    /// What was used; in a stream only in the last piece, and only where the caller asked for it.
    #[serde(default)]
    pub usage: Option<Usage>,
}

/// One of the answers that were asked for.
#[derive(Debug, Deserialize)]
pub struct Choice<'a> {
    /// Its place among them.
    #[serde(default)]
    pub index: usize,
    /// What it says; in a stream what this piece adds.
    #[serde(borrow, default, alias = "delta")]
    pub message: Option<Message<'a>>,
    /// Why it ended; absent while it has not.
    #[serde(borrow, default)]
    pub finish_reason: Option<Cow<'a, str>>,
}

/// What an answer says.
#[derive(Debug, Default, Deserialize)]
pub struct Message<'a> {
    /// Its text, or its parts.
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    /// Why it does not say what it was asked for.
    #[serde(borrow, default)]
    pub refusal: Option<Cow<'a, str>>,
    /// The functions it asks the caller to call.
    #[serde(borrow, default)]
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The form of before tools.
    #[serde(borrow, default)]
    pub function_call: Option<&'a RawValue>,
    /// What it says aloud.
    #[serde(borrow, default)]
    pub audio: Option<&'a RawValue>,
}

/// A function the caller is to call; in a stream what this piece adds to it.
#[derive(Debug, Deserialize)]
pub struct ToolCall<'a> {
    /// Its place among the calls of this answer; only in streams.
    #[serde(default)]
    pub index: Option<usize>,
    /// What to call.
    #[serde(borrow, default)]
    pub function: Option<Function<'a>>,
}

/// A function and what it is called with.
#[derive(Debug, Deserialize)]
pub struct Function<'a> {
    /// Its name.
    #[serde(borrow, default)]
    pub name: Option<Cow<'a, str>>,
    /// JSON, as text.
    #[serde(borrow, default)]
    pub arguments: Option<Cow<'a, str>>,
}

/// What an answer used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Tokens read.
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    /// Tokens written.
    #[serde(default)]
    pub completion_tokens: Option<u64>,
    /// More of the tokens read.
    #[serde(default)]
    pub prompt_tokens_details: Option<PromptTokens>,
}

/// More of the tokens read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PromptTokens {
    /// Those that came from a cache.
    #[serde(default)]
    pub cached_tokens: Option<u64>,
}

impl Message<'_> {
    /// The text of the content; nothing when it is absent, null, or no text.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let content = self.content?.get();
        if content == "null" {
            None
        } else {
            serde_json::from_str::<Text<'_>>(content).ok().map(|text| text.0)
        }
    }

    /// Whether there is content that is no text, such as a list of parts, and not an empty one.
    #[must_use]
    pub fn has_parts(&self) -> bool {
        let is_something = |value: &RawValue| !matches!(value.get(), "null" | "[]" | "{}" | "\"\"");
        let is_other = |value: &&RawValue| !value.get().starts_with('"') && is_something(value);
        self.content.filter(is_other).is_some()
            || [self.audio, self.function_call].into_iter().flatten().any(is_something)
    }
}

/// A text, copied only when it holds escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What a caller asks of the form of an answer: `response_format`.
#[derive(Debug, Deserialize)]
pub struct ResponseFormat<'a> {
    /// `text`, `json_object` or `json_schema`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// The schema, of the last kind.
    #[serde(borrow, default)]
    pub json_schema: Option<DeclaredSchema<'a>>,
}

/// A schema that answers are to satisfy.
#[derive(Debug, Deserialize)]
pub struct DeclaredSchema<'a> {
    /// The schema itself.
    #[serde(borrow, default)]
    pub schema: Option<&'a RawValue>,
}

/// A tool that a caller declares: an entry of `tools`.
#[derive(Debug, Deserialize)]
pub struct Tool<'a> {
    /// The function; tools of other kinds have none.
    #[serde(borrow, default)]
    pub function: Option<DeclaredFunction<'a>>,
}

/// A function that may be called.
#[derive(Debug, Deserialize)]
pub struct DeclaredFunction<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The schema of what it is called with.
    #[serde(borrow, default)]
    pub parameters: Option<&'a RawValue>,
}
