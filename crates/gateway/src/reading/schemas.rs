//! JSON schemas that were compiled, so that requests that declare the same one share it: [`Schemas::holds`].
//!
//! Schemas come from callers. They can refer to nothing outside themselves, patterns are matched in linear time, and one that
//! is too large or cannot be compiled judges nothing.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// How many are kept; when there are more, all are forgotten. Applications declare a handful.
const MOST: usize = 64;
/// The largest that is compiled, in bytes.
const LARGEST: usize = 64 << 10;
/// The most that a compiled pattern may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Schemas by their text.
#[derive(Default)]
pub(crate) struct Schemas {
    compiled: HashMap<Box<str>, Option<Rc<Validator>>>,
}

impl Schemas {
    /// Whether a value satisfies a schema; nothing when the schema judges nothing.
    pub(super) fn holds(&mut self, schema: &str, value: &Value) -> Option<bool> {
        let validator = match self.compiled.get(schema) {
            Some(known) => known.clone(),
            None => {
                if self.compiled.len() >= MOST {
                    self.compiled.clear();
                }
                let compiled = compile(schema).map(Rc::new);
                self.compiled.insert(schema.into(), compiled.clone());
                compiled
            }
        };
        validator.map(|validator| validator.is_valid(value))
    }
}

fn compile(schema: &str) -> Option<Validator> {
    if schema.len() > LARGEST {
        return None;
    }
    let schema: Value = serde_json::from_str(schema).ok()?;
    let patterns = PatternOptions::regex().size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN);
    jsonschema::options().with_pattern_options(patterns).build(&schema).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &str, value: &Value, expected: Option<bool>) {
        let mut schemas = Schemas::default();
        for time in ["first", "second"] {
            assert_eq!(schemas.holds(schema, value), expected, "{schema}, {time} time");
        }
    }

    #[test]
    fn a_schema_that_cannot_be_used_judges_nothing() {
        check(r#"{"type":"object","required":["a"]}"#, &json!({"a": 1}), Some(true));
        check(r#"{"type":"object","required":["a"]}"#, &json!({}), Some(false));
        check(r#"{"type":"nonsense"}"#, &json!({}), None);
        check(r#"{"$ref":"http://example.com/schema"}"#, &json!({}), None);
        check(r#"{"$ref":"file:///etc/passwd"}"#, &json!({}), None);
        check(r#"{"pattern":"(a+)+$(?=b)"}"#, &json!("aaa"), None);
        check("{", &json!({}), None);
        check(&format!(r#"{{"title":"{}"}}"#, "x".repeat(LARGEST)), &json!({}), None);
    }

    #[test]
    fn schemas_are_not_kept_without_end() {
        let mut schemas = Schemas::default();
        for number in 0..10 * MOST {
            schemas.holds(&format!(r#"{{"const":{number}}}"#), &json!(number));
            assert!(schemas.compiled.len() <= MOST);
        }
    }
}
