//! Reads answers of the OpenAI API as they pass, for the guards that ask what they say. Entry points: [`Reader::of`],
//! [`Reader::take`] and [`Reader::contents`].
//!
//! Nothing is held up and nothing is changed. What cannot be read is unknown, not bad, with one exception: a complete answer
//! that is not even of its protocol's form says nothing, and is empty. Only as much is kept as is needed and allowed: when an
//! answer is larger than the limit, or too many are read at once, what it says stays unknown.

mod expected;
mod heard;
mod lines;
mod schemas;

pub(crate) use expected::Expected;
use heard::Heard;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use lines::Lines;
use schemas::Schemas;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use viridian_core::outcome::Contents;
use viridian_wire::expression::Said;
use viridian_wire::openai::completion::Completion;

/// The most that is kept of one answer, in bytes; longer ones than this are rare and stay unknown.
const MOST_KEPT: usize = 1 << 20;
/// The most that one worker keeps of all answers together.
const MOST_KEPT_TOGETHER: usize = 32 << 20;

/// An answer that is being read.
pub(crate) struct Reader {
    form: Form,
    heard: Heard,
    expected: Expected,
    kept: Kept,
}

/// How an answer comes.
enum Form {
    /// In one JSON document.
    Whole(Vec<u8>),
    /// In events.
    Events(Lines),
    /// It is not read, or not any more: what it says is unknown.
    Unknown,
}

/// What the answers that a worker reads have in common.
#[derive(Default)]
pub(crate) struct Desk {
    /// How many bytes are kept of all of them.
    kept: Cell<usize>,
    /// Borrowed for a moment, never while waiting.
    schemas: RefCell<Schemas>,
}

/// How much is kept of an answer, counted with what its worker keeps of others.
struct Kept {
    desk: Rc<Desk>,
    bytes: usize,
}

impl Reader {
    /// Reads an answer with this head.
    pub(crate) fn of(desk: &Rc<Desk>, head: &HeaderMap, expected: Expected) -> Self {
        let is_of =
            |kind: &str| head.get(CONTENT_TYPE).is_some_and(|is| is.as_bytes().starts_with(kind.as_bytes()));
        let form = if head.contains_key(CONTENT_ENCODING) {
            Form::Unknown
        } else if is_of("text/event-stream") {
            Form::Events(Lines::default())
        } else if is_of("application/json") {
            Form::Whole(Vec::new())
        } else {
            Form::Unknown
        };
        let heard = Heard::keeping_text(expected.wants_text());
        Self { form, heard, expected, kept: Kept { desk: Rc::clone(desk), bytes: 0 } }
    }

    /// The next piece of the answer.
    pub(crate) fn take(&mut self, piece: &[u8]) {
        let Self { form, heard, kept, .. } = self;
        let is_readable = match form {
            Form::Unknown => return,
            Form::Whole(whole) => {
                let fits = kept.grow(piece.len());
                if fits {
                    whole.extend_from_slice(piece);
                }
                fits
            }
            Form::Events(lines) => {
                let before = lines.held() + heard.held();
                let is_read =
                    lines.read(piece, |data| match serde_json::from_slice::<Completion<'_>>(data) {
                        Ok(piece) => heard.take(&piece),
                        Err(_) => false,
                    });
                is_read && kept.grow((lines.held() + heard.held()).saturating_sub(before))
            }
        };
        if !is_readable {
            *form = Form::Unknown;
        }
    }

    /// What the answer says, when it has come to its end, and its words where expressions ask for them.
    pub(crate) fn contents(mut self) -> (Contents, Option<Said>) {
        match &self.form {
            Form::Unknown => return (Contents::default(), None),
            Form::Events(_) => {}
            Form::Whole(whole) => match serde_json::from_slice::<Completion<'_>>(whole) {
                Ok(completion) if self.heard.take(&completion) => {}
                Ok(_) => return (Contents::default(), None),
                Err(_) => return (Contents { empty: Some(true), ..Contents::default() }, None),
            },
        }
        let mut schemas = self.kept.desk.schemas.borrow_mut();
        let (invalid_output, invalid_tool_calls) = self.expected.judge(&self.heard, &mut schemas);
        let contents = Contents { invalid_output, invalid_tool_calls, ..self.heard.contents() };
        drop(schemas);
        (contents, self.expected.tells_text().then(|| self.heard.first()))
    }
}

impl Kept {
    /// Whether so many bytes more may be kept.
    fn grow(&mut self, bytes: usize) -> bool {
        let together = &self.desk.kept;
        let fits = self.bytes + bytes <= MOST_KEPT && together.get() + bytes <= MOST_KEPT_TOGETHER;
        if fits {
            self.bytes += bytes;
            together.set(together.get() + bytes);
        }
        fits
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let together = &self.desk.kept;
        together.set(together.get().saturating_sub(self.bytes));
    }
}
