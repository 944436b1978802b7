//! From shapes to JSON Schema (draft 2020-12), for the editors people write manifests in: [`render`].
//!
//! The schema accepts whatever the reader accepts. The reader is stricter where a rule spans several fields.

use super::shape::{Choice, Field, List, Map, Need, Object, Range, Shape};
use super::text::Text;
use serde_json::{Value, json};

/// Renders a shape.
pub(crate) fn render(shape: &Shape) -> Value {
    match shape {
        Shape::Object(object) => render_object(object),
        Shape::OneOf(object) => json!({
            "type": "object",
            "properties": properties(object.fields),
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        }),
        Shape::Map(map) => render_map(map),
        Shape::List(List { items, need }) => {
            json!({"type": "array", "items": render(items), "minItems": least(*need)})
        }
        Shape::Text(text) => render_text(text),
        Shape::Choice(Choice { words, own: None, .. }) => json!({"type": "string", "enum": words}),
        Shape::Choice(Choice { words, own: Some(own), .. }) => {
            json!({"type": "string", "anyOf": [{"enum": words}, {"pattern": own.pattern}]})
        }
        Shape::Number(Range { least, most }) => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Shape::Decimal => json!({"type": "number"}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Any => json!({}),
    }
}

fn render_object(object: &Object) -> Value {
    let needed = object.fields.iter().filter(|field| field.need == Need::Required);
    json!({
        "type": "object",
        "properties": properties(object.fields),
        "required": needed.map(|field| field.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn render_map(map: &Map) -> Value {
    let Map { reserved, keys, values, need } = map;
    json!({
        "type": "object",
        "properties": properties(reserved),
        "propertyNames": {"pattern": keys.pattern},
        "additionalProperties": render(values),
        "minProperties": least(*need),
    })
}

const fn least(need: Need) -> u8 {
    match need {
        Need::Required => 1,
        Need::Optional => 0,
    }
}

fn render_text(text: &Text) -> Value {
    json!({"type": "string", "pattern": text.pattern})
}

/// Every field with its description, and for text the form that is expected.
fn properties(fields: &[Field]) -> Value {
    let described = fields.iter().map(|field| {
        let mut schema = render(&field.shape);
        let description = match field.shape {
            Shape::Text(text) => format!("{} Write {}.", field.doc, text.expected),
            _ => field.doc.to_owned(),
        };
        schema["description"] = Value::String(description);
        (field.name.to_owned(), schema)
    });
    Value::Object(described.collect())
}

#[cfg(test)]
mod tests;
