//! Looks into the JSON body of a request without taking it apart: the names of its fields and where their values lie.
//! Entry point: [`Peek::at`].
//!
//! Bodies are forwarded as the bytes they came in, so what is read here and what the upstream reads must be the same.
//! That is why a name that occurs twice is refused: parsers differ in which of the two they believe.

use crate::refusal::Refusal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// From this many fields on, sorting them to find a name that occurs twice is faster than comparing each with each.
const MANY_FIELDS: usize = 32;

/// Most bodies have fewer fields than this.
const USUAL_FIELDS: usize = 16;

/// The fields of a JSON object, in their order.
#[derive(Debug)]
pub(crate) struct Peek<'a> {
    body: &'a str,
    fields: Vec<Field<'a>>,
}

/// A field: its name without escapes, its value as it is written.
#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: &'a str,
}

impl<'a> Peek<'a> {
    /// Looks into a body, which must be one JSON object with different names.
    pub(crate) fn at(body: &'a [u8]) -> Result<Self, Refusal> {
        let body = std::str::from_utf8(body).map_err(|_| Refusal::malformed_json("it is not UTF-8"))?;
        let fields: Fields<'a> =
            serde_json::from_str(body).map_err(|error| Refusal::malformed_json(&error.to_string()))?;
        if let Some(name) = find_repeated(&fields.0) {
            return Err(Refusal::malformed_json(&format!("'{name}' occurs twice")));
        }
        Ok(Self { body, fields: fields.0 })
    }

    /// The text of a field; nothing when it is absent or no text.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.value(name)?)
    }

    /// The text of a field, or of the field `id` of the object that it holds.
    pub(crate) fn text_or_id(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.value(name)?;
        text(value).or_else(|| {
            let fields: Fields<'a> = serde_json::from_str(value).ok()?;
            text(fields.0.iter().find(|field| field.name == "id")?.value)
        })
    }

    /// Whether a field is `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// Where the value of a field lies in the body.
    pub(crate) fn span(&self, name: &str) -> Option<Range<usize>> {
        let value = self.value(name)?;
        // Both are parts of the same text, so their distance is the place of the value.
        let start = value.as_ptr() as usize - self.body.as_ptr() as usize;
        Some(start..start + value.len())
    }

    /// Where the first field is, or would be: behind the opening brace.
    pub(crate) fn inside(&self) -> usize {
        self.body.find('{').map_or(0, |brace| brace + 1)
    }

    /// Whether there is no field.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of a field, as it is written.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.value(name)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value)
    }
}

fn text(value: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(value).ok().map(|text| text.0)
}

fn find_repeated<'f>(fields: &'f [Field<'_>]) -> Option<&'f str> {
    if fields.len() < MANY_FIELDS {
        let earlier = |at: usize| fields[..at].iter().any(|other| other.name == fields[at].name);
        return (0..fields.len()).find(|&at| earlier(at)).map(|at| fields[at].name.as_ref());
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// The fields of an object, read without copying.
struct Fields<'a>(Vec<Field<'a>>);

/// A text, copied only when it holds escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::with_capacity(USUAL_FIELDS);
                while let Some(Text(name)) = map.next_key()? {
                    let value: &'de RawValue = map.next_value()?;
                    fields.push(Field { name, value: value.get() });
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Letters;

        impl<'de> Visitor<'de> for Letters {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Letters)
    }
}

#[cfg(test)]
mod tests;
