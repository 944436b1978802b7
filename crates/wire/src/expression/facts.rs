//! What is known of one outcome, as values of expressions: [`of`]. What is not known is left out.

use super::attribute::{Attribute, CLASSES};
use cel::Value;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use viridian_core::outcome::{Class, FirstToken, Outcome};

/// The longest text that expressions are asked of, in bytes; a longer one is not known.
pub const LONGEST_TEXT: usize = 64 << 10;
/// Billionths in one.
const BILLION: f64 = 1e9;

/// What an answer says, for the expressions that ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The text; absent when it is longer than is looked at.
    pub text: Option<String>,
    /// The names of the functions it calls.
    pub functions: Vec<String>,
}

/// The values that are asked for, by the name before the dot.
pub(super) fn of(
    asked: &[&'static Attribute],
    outcome: &Outcome,
    said: Option<&Said>,
) -> BTreeMap<&'static str, Value> {
    let mut roots: BTreeMap<&'static str, HashMap<&'static str, Value>> = BTreeMap::new();
    for attribute in asked {
        let Some((root, field)) = attribute.name.split_once('.') else { continue };
        let fields = roots.entry(root).or_default();
        if let Some(value) = value(attribute.name, outcome, said) {
            fields.insert(field, value);
        }
    }
    roots.into_iter().map(|(root, fields)| (root, Value::from(fields))).collect()
}

fn value(name: &str, outcome: &Outcome, said: Option<&Said>) -> Option<Value> {
    let contents = &outcome.contents;
    let text = || said.and_then(|said| said.text.as_deref());
    match name {
        "outcome.class" => CLASSES.get(outcome.class as usize).map(|class| Value::from(*class)),
        "outcome.latency" => came_to_its_end(outcome.class).then(|| milliseconds(outcome.latency_us)),
        "outcome.firstToken" => match outcome.first_token {
            FirstToken::After(us) => Some(milliseconds(us)),
            FirstToken::NotStreamed | FirstToken::Never => None,
        },
        "request.streamed" => Some(Value::Bool(outcome.first_token != FirstToken::NotStreamed)),
        "answer.refused" => contents.refused.map(Value::Bool),
        "answer.empty" => contents.empty.map(Value::Bool),
        "answer.truncated" => contents.truncated.map(Value::Bool),
        "answer.inputTokens" => contents.input_tokens.and_then(integer),
        "answer.cachedTokens" => contents.cached_tokens.and_then(integer),
        "answer.outputTokens" => contents.output_tokens.and_then(integer),
        "answer.cost" => contents.cost.map(|cost| Value::Float(cost as f64 / BILLION)),
        "answer.text" => text().map(Value::from),
        "answer.length" => integer(u64::try_from(text()?.chars().count()).ok()?),
        "answer.functions" => said.map(|said| Value::from(said.functions.clone())),
        "answer.json" => serde_json::from_str(text()?).ok().map(json),
        _ => None,
    }
}

/// A request that failed or was given up says nothing of how long its answer would have taken.
const fn came_to_its_end(class: Class) -> bool {
    !class.is_error() && !matches!(class, Class::Cancelled)
}

fn milliseconds(us: u64) -> Value {
    Value::Float(us as f64 / 1_000.0)
}

fn integer(number: u64) -> Option<Value> {
    i64::try_from(number).ok().map(Value::Int)
}

fn json(value: Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::from(items.into_iter().map(json).collect::<Vec<_>>()),
        Json::Object(fields) => Value::from(
            fields.into_iter().map(|(name, value)| (name, json(value))).collect::<HashMap<_, _>>(),
        ),
    }
}
