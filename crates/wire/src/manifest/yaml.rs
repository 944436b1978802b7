//! JSON as YAML that people like to read: [`to_yaml`]. Reading it gives the same value.

use super::tree::reads_as_text;
use serde_json::Value;

/// The longest key, in characters, that YAML reads without being told that it is one: 1 024, quotes included.
const LONGEST_PLAIN_KEY: usize = 1_000;

/// Writes a value as one YAML document.
pub fn to_yaml(value: &Value) -> String {
    let mut yaml = String::new();
    write(value, 0, &mut yaml);
    yaml
}

/// Writes a value on lines of its own, indented by so many levels.
fn write(value: &Value, level: usize, yaml: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                write_key(name, level, yaml);
                write_field(field, level, yaml);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(level, yaml);
                yaml.push('-');
                write_item(item, level, yaml);
            }
        }
        scalar => {
            indent(level, yaml);
            yaml.push_str(&inline(scalar));
            yaml.push('\n');
        }
    }
}

/// Writes a key and its colon.
fn write_key(name: &str, level: usize, yaml: &mut String) {
    let key = text(name);
    indent(level, yaml);
    if key.chars().count() > LONGEST_PLAIN_KEY {
        yaml.push_str(&format!("? {key}\n"));
        indent(level, yaml);
    } else {
        yaml.push_str(&key);
    }
    yaml.push(':');
}

/// Writes the value of a field after its colon.
fn write_field(value: &Value, level: usize, yaml: &mut String) {
    if is_inline(value) {
        yaml.push(' ');
        yaml.push_str(&inline(value));
        yaml.push('\n');
        return;
    }
    yaml.push('\n');
    // Lists need no further indentation.
    let level = if value.is_array() { level } else { level + 1 };
    write(value, level, yaml);
}

/// Writes an item after its dash; the first field of an object stands on the same line.
fn write_item(value: &Value, level: usize, yaml: &mut String) {
    let mut nested = String::new();
    write(value, level + 1, &mut nested);
    yaml.push(' ');
    yaml.push_str(nested.trim_start_matches(' '));
}

fn indent(level: usize, yaml: &mut String) {
    yaml.push_str(&"  ".repeat(level));
}

fn is_inline(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// A value that fits on the line of its key.
fn inline(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}

/// Text, in quotes unless it can only be read as itself.
fn text(text: &str) -> String {
    let begins_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./%".contains(&byte));
    if begins_plain && is_plain && reads_as_text(text) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            printable if is_printable(printable) => quoted.push(printable),
            other => quoted.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character may stand in quotes as itself (YAML 1.2.2, section 5.1), and is not invisible.
fn is_printable(character: char) -> bool {
    let is_invisible = matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    !character.is_control() && !is_invisible
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tree;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(value: &Value, yaml: &str) {
        assert_eq!(to_yaml(value), yaml);
    }

    #[test]
    fn values_are_written_as_a_person_would() {
        check(
            &json!({"name": "support-chat", "share": "5%", "list": [1, {"a": "x", "b": []}, [true, "yes"]], "none": {}}),
            "list:\n- 1\n- a: x\n  b: []\n- - true\n  - yes\nname: support-chat\nnone: {}\nshare: 5%\n",
        );
        check(
            &json!(["5", "null", "", "a: b", "-", "1.10", "é\n\t"]),
            "- \"5\"\n- \"null\"\n- \"\"\n- \"a: b\"\n- \"-\"\n- \"1.10\"\n- \"é\\n\\U00000009\"\n",
        );
        check(&json!("x"), "x\n");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(|number: f64| json!(number)),
            any::<String>().prop_map(Value::from),
            "[a-z0-9.:#%~-]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[^<]{0,8}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_reads_as_the_same_value(value in any_json()) {
            // A lone null is an empty document.
            prop_assume!(!value.is_null());
            let yaml = to_yaml(&value);
            let (documents, slips) = tree::parse(&yaml);
            prop_assert!(slips.is_empty(), "{slips:?} in {yaml:?}");
            prop_assert_eq!(documents[0].json(), value, "{}", yaml);
        }
    }
}
