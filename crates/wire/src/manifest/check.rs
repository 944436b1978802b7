//! Holds what people wrote against a shape and reports everything that differs: [`check`].

use super::cursor::Cursor;
use super::fault::{Fault, alternatives, listing, quoted};
use super::shape::{Field, List, Map, Need, Object, Range, Refused, Shape};
use super::text::Text;
use super::tree::Value;

/// How long a word may be, in bytes, for a similar one to be looked for.
const COMPARED_LENGTH: usize = 40;

/// Reports every way in which a value differs from its shape.
pub(crate) fn check(shape: &Shape, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    match (shape, &cursor.node.value) {
        (_, Value::Broken)
        | (Shape::Any, _)
        | (Shape::Boolean, Value::Boolean(_))
        | (Shape::Decimal, Value::Number(_)) => {}
        (Shape::Object(object), Value::Object(_)) => check_object(object, cursor, faults),
        (Shape::OneOf(object), Value::Object(_)) => check_one_of(object, cursor, faults),
        (Shape::Map(map), Value::Object(_)) => check_map(map, cursor, faults),
        (Shape::List(list), Value::List(_)) => check_list(list, cursor, faults),
        (Shape::Text(text), Value::Text(written)) => check_text(text, written, cursor, faults),
        (Shape::Choice(choice), Value::Text(word)) => {
            let is_own = choice.own.is_some_and(|own| (own.check)(word).is_ok())
                && Refused::reason(choice.refused, word).is_none();
            if !choice.words.contains(&word.as_str()) && !is_own {
                faults.push(cursor.fault(wrong_word(word, choice.words, choice.refused)));
            }
        }
        (Shape::OneOf(object), Value::Text(word)) if Refused::reason(object.refused, word).is_some() => {
            faults.push(cursor.fault(unknown_field(word, object)));
        }
        (Shape::Number(Range { least, most }), Value::Number(number))
            if number.as_u64().is_some_and(|number| (*least..=*most).contains(&number)) => {}
        _ => faults.push(difference(shape, cursor, "")),
    }
}

fn check_object(object: &Object, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    let mut meant = Vec::new();
    for (name, field) in cursor.fields() {
        match object.field(name) {
            Some(known) => check(&known.shape, &field, faults),
            None => {
                meant.extend(similar(name, object.names()));
                let fault = field.key_fault(unknown_field(name, object));
                faults.push(Fault { confidential: object.fields.iter().any(holds_secret), ..fault });
            }
        }
    }
    for field in object.fields {
        // A misspelt field is reported once, as misspelt.
        if field.need == Need::Required && cursor.field(field.name).is_none() && !meant.contains(&field.name)
        {
            faults.push(missing(field, cursor));
        }
    }
}

fn check_one_of(object: &Object, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    let mut first = None;
    let mut is_empty = true;
    for (name, field) in cursor.fields() {
        is_empty = false;
        match (object.field(name), first) {
            (None, _) => faults.push(field.key_fault(unknown_field(name, object))),
            (Some(known), None) => {
                first = Some(known.name);
                check(&known.shape, &field, faults);
            }
            (Some(_), Some(first)) => {
                let message = format!("only one field may stand here, and '{first}' does already");
                faults.push(field.key_fault(message));
            }
        }
    }
    if is_empty {
        faults.push(cursor.fault(format!("found nothing, expected one of {}", alternatives(object.names()))));
    }
}

fn check_map(map: &Map, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    let mut is_empty = true;
    for (key, field) in cursor.fields() {
        if let Some(reserved) = map.reserved.iter().find(|reserved| reserved.name == key) {
            check(&reserved.shape, &field, faults);
            continue;
        }
        is_empty = false;
        if let Err(reason) = (map.keys.check)(key) {
            let (found, expected) = (quoted(key), map.keys.expected);
            faults.push(field.key_fault(format!("found the key {found}, expected {expected}: {reason}")));
        }
        check(map.values, &field, faults);
    }
    if is_empty && map.need == Need::Required {
        faults.push(cursor.key_fault("found an empty object, expected at least one field"));
    }
}

fn check_list(list: &List, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    for item in cursor.items() {
        check(list.items, &item, faults);
    }
    if cursor.items().next().is_none() && list.need == Need::Required {
        faults.push(cursor.fault("found an empty list, expected at least one item"));
    }
}

fn check_text(text: &'static Text, written: &str, cursor: &Cursor<'_>, faults: &mut Vec<Fault>) {
    if let Err(reason) = (text.check)(written) {
        faults.push(difference(&Shape::Text(text), cursor, &format!(": {reason}")));
    }
}

fn missing(field: &Field, cursor: &Cursor<'_>) -> Fault {
    cursor.missing(field.name, format!("missing; expected {}", field.shape.expected()))
}

fn unknown_field(name: &str, object: &Object) -> String {
    if let Some(reason) = Refused::reason(object.refused, name) {
        return refusal(name, reason, object.names().collect());
    }
    similar(name, object.names()).map_or_else(
        || format!("unknown field; expected {}", alternatives(object.names())),
        |meant| format!("unknown field; did you mean '{meant}'?"),
    )
}

/// That a word is none of these, and which may be meant.
pub(super) fn wrong_word(word: &str, words: &[&str], refused: &[Refused]) -> String {
    if let Some(reason) = Refused::reason(refused, word) {
        return refusal(word, reason, words.to_vec());
    }
    let hint = similar(word, words.iter().copied()).map(|meant| format!("; did you mean '{meant}'?"));
    let (found, expected) = (quoted(word), alternatives(words.iter().copied()));
    format!("found {found}, expected {expected}{}", hint.unwrap_or_default())
}

fn refusal(word: &str, reason: &str, supported: Vec<&str>) -> String {
    let verb = if supported.len() == 1 { "is" } else { "are" };
    format!("{} {reason}; supported {verb} {}", quoted(word), listing(supported))
}

/// The word a person may have meant.
fn similar<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if written.len() > COMPARED_LENGTH {
        return None;
    }
    let written = written.to_lowercase();
    let distances = words.map(|word| (strsim::damerau_levenshtein(&written, &word.to_lowercase()), word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may differ; more is another word.
    (distance * 3 <= word.len()).then_some(word)
}

/// Whether a field is the place of a secret, so that a field beside it may hold one by mistake.
fn holds_secret(field: &Field) -> bool {
    matches!(field.shape, Shape::Text(text) if (text.hides)(""))
}

/// The fault of a value that is not what was expected. What may be a secret is not repeated.
fn difference(shape: &Shape, cursor: &Cursor<'_>, reason: &str) -> Fault {
    let value = &cursor.node.value;
    let (confidential, hint) = match (shape, value) {
        (Shape::Text(text), Value::Text(written)) => ((text.hides)(written), ""),
        (Shape::Text(text), Value::Number(_) | Value::Boolean(_)) => {
            let written = found(value);
            let would_do = (text.check)(&written).is_ok();
            ((text.hides)(&written), if would_do { "; put it in quotes" } else { "" })
        }
        _ => (false, ""),
    };
    let found = if confidential { "something that may be a secret".to_owned() } else { found(value) };
    let message = format!("found {found}, expected {}{reason}{hint}", shape.expected());
    Fault { confidential, ..cursor.fault(message) }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null | Value::Broken => "nothing".to_owned(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
