//! What an answer has said so far, put together from its pieces: [`Heard::take`]. An answer in one piece is one piece.

use std::borrow::Cow;
use viridian_core::outcome::Contents;
use viridian_wire::expression::{self, LONGEST_TEXT};
use viridian_wire::openai::completion::{Choice, Completion, Message, ToolCall, Usage};

/// The most answers to one request that are put together; nobody asks for so many.
const MOST_CHOICES: usize = 16;
/// The most calls of functions in one of them.
const MOST_CALLS: usize = 128;

/// What an answer has said so far.
#[derive(Default)]
pub(super) struct Heard {
    keeps_text: bool,
    choices: Vec<Said>,
    usage: Option<Usage>,
    held: usize,
}

/// What one of the answers that were asked for says.
#[derive(Default)]
pub(super) struct Said {
    /// The text, when it is kept.
    pub(super) text: String,
    /// The functions that are to be called.
    pub(super) calls: Vec<Call>,
    says_something: bool,
    refuses: bool,
    end: End,
}

/// A function that is to be called.
#[derive(Default)]
pub(super) struct Call {
    pub(super) name: String,
    /// JSON, as text; empty unless texts are kept.
    pub(super) arguments: String,
}

/// Why an answer ended.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It said all it had to say, or has not ended.
    #[default]
    Natural,
    /// It reached the most that it may say.
    Length,
    /// Something kept it from being said.
    Filtered,
}

impl Heard {
    /// Nothing yet; `keeps_text` says whether texts will be asked for.
    pub(super) fn keeping_text(keeps_text: bool) -> Self {
        Self { keeps_text, ..Self::default() }
    }

    /// Takes the next piece; whether it can be put together.
    pub(super) fn take(&mut self, piece: &Completion<'_>) -> bool {
        self.usage = piece.usage.or(self.usage);
        piece.choices.iter().all(|choice| self.take_choice(choice))
    }

    /// How many bytes are kept.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// The answers that were asked for.
    pub(super) fn choices(&self) -> &[Said] {
        &self.choices
    }

    fn take_choice(&mut self, choice: &Choice<'_>) -> bool {
        if choice.index >= MOST_CHOICES {
            return false;
        }
        if self.choices.len() <= choice.index {
            self.choices.resize_with(choice.index + 1, Said::default);
        }
        let said = &mut self.choices[choice.index];
        match choice.finish_reason.as_deref() {
            Some("length") => said.end = End::Length,
            Some("content_filter") => said.end = End::Filtered,
            _ => {}
        }
        let Some(message) = &choice.message else { return true };
        self.held += said.take_text(message, self.keeps_text);
        for (place, call) in message.tool_calls.iter().flatten().enumerate() {
            let Some(bytes) = said.take_call(call.index.unwrap_or(place), call, self.keeps_text) else {
                return false;
            };
            self.held += bytes;
        }
        true
    }

    /// The words of the first of the answers that were asked for.
    pub(super) fn first(&mut self) -> expression::Said {
        let Some(first) = self.choices.first_mut() else { return expression::Said::default() };
        let text = std::mem::take(&mut first.text);
        expression::Said {
            text: (text.len() <= LONGEST_TEXT).then_some(text),
            functions: first.calls.iter().map(|call| call.name.clone()).collect(),
        }
    }

    /// What is known of the answer, but for what takes schemas to judge.
    pub(super) fn contents(&self) -> Contents {
        let any = |is: &dyn Fn(&Said) -> bool| Some(self.choices.iter().any(is));
        let read = self.usage.and_then(|usage| usage.prompt_tokens);
        let cached = self.usage.and_then(|usage| usage.prompt_tokens_details?.cached_tokens);
        Contents {
            refused: any(&Said::is_refusal),
            empty: Some(self.choices.is_empty() || self.choices.iter().any(Said::is_empty)),
            truncated: any(&|said| said.end == End::Length),
            missed_cache: cached.map(|cached| cached == 0),
            input_tokens: read,
            cached_tokens: cached,
            output_tokens: self.usage.and_then(|usage| usage.completion_tokens),
            ..Contents::default()
        }
    }
}

impl Said {
    /// Whether it declines to say what it was asked for.
    pub(super) fn is_refusal(&self) -> bool {
        self.refuses || self.end == End::Filtered
    }

    fn is_empty(&self) -> bool {
        !self.says_something && self.calls.is_empty() && !self.is_refusal()
    }

    /// Takes the text of a message; answers how many bytes of it are kept.
    fn take_text(&mut self, message: &Message<'_>, keeps_text: bool) -> usize {
        self.refuses |= message.refusal.as_deref().is_some_and(|refusal| !refusal.is_empty());
        let text = message.text().unwrap_or(Cow::Borrowed(""));
        self.says_something |= !text.trim().is_empty() || message.has_parts();
        if !keeps_text {
            return 0;
        }
        self.text.push_str(&text);
        text.len()
    }

    /// Takes a call, or more of it; answers how many bytes of it are kept, or nothing when there are too many.
    fn take_call(&mut self, place: usize, call: &ToolCall<'_>, keeps_text: bool) -> Option<usize> {
        if place >= MOST_CALLS {
            return None;
        }
        if self.calls.len() <= place {
            self.calls.resize_with(place + 1, Call::default);
        }
        let (mine, function) = (&mut self.calls[place], call.function.as_ref());
        let texts = function.map(|function| (function.name.as_deref(), function.arguments.as_deref()));
        let Some((name, arguments)) = texts.filter(|_| keeps_text) else { return Some(0) };
        mine.name.push_str(name.unwrap_or_default());
        mine.arguments.push_str(arguments.unwrap_or_default());
        Some(name.map_or(0, str::len) + arguments.map_or(0, str::len))
    }
}
