//! Characters beyond the first 65 536 as JSON may write them: two escapes, `\ud83d\ude00`, that are one character only
//! together. YAML has an escape of its own for them and its parser knows no other: [`Joined`] puts it in place of such
//! pairs and remembers where, because it is shorter and positions have to be those of the text a person wrote.

use super::{Lost, Met, Progress, Slip, events};
use crate::manifest::fault::Position;
use saphyr_parser::{Event, ScalarStyle};
use std::borrow::Cow;

/// The length of one escape of a pair, of both, and of the one that takes their place.
const HALF: usize = "\\ud83d".len();
const PAIR: usize = 2 * HALF;
const ONE: usize = "\\U0001F600".len();
/// As long as half a pair, and nothing to object to.
const HARMLESS: &str = "\\u0020";

/// A text in which every pair of escapes is one.
pub(super) struct Joined<'a> {
    pub(super) text: Cow<'a, str>,
    /// Halves without the other; in the text something harmless stands in their place.
    pub(super) slips: Vec<Slip>,
    /// Where pairs were joined, in the order of the text.
    at: Vec<Position>,
}

/// An escape that YAML does not know, if it stands in double quotes.
struct Escape {
    offset: usize,
    at: Position,
    meaning: Meaning,
}

#[derive(Clone, Copy)]
enum Meaning {
    /// It is a pair, which is this character.
    Character(char),
    /// It is half a pair.
    Half,
}

impl<'a> Joined<'a> {
    /// Joins the pairs of a text.
    pub(super) fn new(text: &'a str) -> Self {
        let mut escapes = escapes(text);
        if escapes.is_empty() {
            return Self { text: Cow::Borrowed(text), slips: Vec::new(), at: Vec::new() };
        }
        keep_quoted(&mut escapes, text);
        let written = replaced(text, &escapes, |escape| match escape.meaning {
            Meaning::Character(character) => format!("\\U{:08X}", u32::from(character)),
            Meaning::Half => HARMLESS.to_owned(),
        });
        let mut joined = Self { text: Cow::Owned(written), slips: Vec::new(), at: Vec::new() };
        let mut before = Position::START;
        let mut shift = 0;
        for Escape { at, meaning, .. } in escapes {
            if at.line != before.line {
                shift = 0;
            }
            before = at;
            match meaning {
                Meaning::Character(_) => {
                    joined.at.push(Position { column: at.column - shift, ..at });
                    shift += PAIR - ONE;
                }
                Meaning::Half => joined.slips.push(half(at)),
            }
        }
        joined
    }

    /// Where something stands in the text as it was written.
    pub(super) fn original(&self, Position { line, column }: Position) -> Position {
        let upto = self.at.partition_point(|joined| *joined < Position { line, column });
        let of_line = self.at.partition_point(|joined| joined.line < line);
        Position { line, column: column + (upto - of_line) * (PAIR - ONE) }
    }
}

fn half(at: Position) -> Slip {
    let message = "this is half a character; a high and a low escape belong together, as in '\\ud83d\\ude00'";
    Slip { at, message: message.to_owned(), lost: Lost::Value }
}

/// Every place that may hold an escape YAML does not know.
fn escapes(text: &str) -> Vec<Escape> {
    let bytes = text.as_bytes();
    let mut escapes = Vec::new();
    let (mut offset, mut at) = (0, Position::START);
    while let Some(byte) = bytes.get(offset) {
        let meaning = if *byte == b'\\' { meaning(&bytes[offset..]) } else { None };
        let length = match meaning {
            Some(Meaning::Character(_)) => PAIR,
            Some(Meaning::Half) => HALF,
            // A backslash that is escaped itself begins nothing.
            None if bytes[offset..].starts_with(b"\\\\") => 2,
            None => 1,
        };
        escapes.extend(meaning.map(|meaning| Escape { offset, at, meaning }));
        match byte {
            b'\n' => at = Position { line: at.line + 1, column: 1 },
            // The later bytes of a character.
            0x80..=0xbf => {}
            _ => at.column += length,
        }
        offset += length;
    }
    escapes
}

/// What the escape means that a text begins with; nothing when YAML knows it.
fn meaning(text: &[u8]) -> Option<Meaning> {
    let first = unit(text).filter(|unit| (0xd800..0xe000).contains(unit))?;
    let second = text.get(HALF..).and_then(unit);
    let character = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    Some(character.map_or(Meaning::Half, Meaning::Character))
}

/// The number in the escape that a text begins with.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(text.get(..HALF)?.strip_prefix(b"\\u")?).ok()?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Leaves the escapes that stand in double quotes: elsewhere a backslash is a backslash. Where the quotes are is found
/// by reading the text with something harmless in their place.
fn keep_quoted(escapes: &mut Vec<Escape>, text: &str) {
    let harmless = replaced(text, escapes, |escape| match escape.meaning {
        Meaning::Character(_) => HARMLESS.repeat(2),
        Meaning::Half => HARMLESS.to_owned(),
    });
    let mut quoted = Vec::new();
    events(&harmless, |met| {
        if let Met::Event(Event::Scalar(_, ScalarStyle::DoubleQuoted, ..), from, to) = met {
            quoted.push(from..to);
        }
        Progress::Continues
    });
    let mut quoted = quoted.into_iter().peekable();
    escapes.retain(|escape| {
        while quoted.next_if(|range| range.end <= escape.at).is_some() {}
        quoted.peek().is_some_and(|range| range.contains(&escape.at))
    });
}

fn replaced(text: &str, escapes: &[Escape], by: impl Fn(&Escape) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    let mut from = 0;
    for escape in escapes {
        written.push_str(&text[from..escape.offset]);
        written.push_str(&by(escape));
        from = escape.offset
            + match escape.meaning {
                Meaning::Character(_) => PAIR,
                Meaning::Half => HALF,
            };
    }
    written + &text[from..]
}
