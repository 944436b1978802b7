//! Applies a release to the body of a request by replacing and inserting bytes; what is not touched stays as the caller
//! wrote it. Entry point: [`apply`].

use crate::peek::Peek;
use crate::prepared::placement::{Edit, Edits};
use crate::refusal::Refusal;
use bytes::Bytes;
use std::ops::Range;

/// A part of the body and what takes its place.
struct Cut<'a> {
    span: Range<usize>,
    value: &'a str,
}

/// The body with the release's model and parameters. What follows the object that was looked into stays behind it.
pub(crate) fn apply(body: &Bytes, peek: &Peek<'_>, edits: &Edits) -> Result<Bytes, Refusal> {
    if edits.is_empty() {
        return Ok(body.clone());
    }
    let Some(field) = edits.within else {
        return Ok(write_object(body, peek, edits).into());
    };
    let inner = match peek.span(field) {
        Some(span) if body[span.clone()] != *b"null" => &body[span],
        _ => &b"{}"[..],
    };
    if !inner.starts_with(b"{") {
        // Its upstream says best what is wrong with it.
        return Ok(body.clone());
    }
    let value = write_object(inner, &Peek::at(inner)?, edits);
    let value = String::from_utf8_lossy(&value).into_owned();
    let whole = Edits { set: vec![Edit { name: field.to_owned(), value }], ..Edits::default() };
    Ok(write_object(body, peek, &whole).into())
}

fn write_object(body: &[u8], peek: &Peek<'_>, edits: &Edits) -> Vec<u8> {
    let mut cuts = Vec::new();
    let mut missing = Vec::new();
    for edit in &edits.set {
        match peek.span(&edit.name) {
            Some(span) => cuts.push(Cut { span, value: &edit.value }),
            None => missing.push(edit),
        }
    }
    missing.extend(edits.default.iter().filter(|edit| peek.span(&edit.name).is_none()));
    cuts.sort_unstable_by_key(|cut| cut.span.start);
    write(body, &insertion(&missing, peek), peek.inside(), &cuts)
}

/// The missing fields as they stand behind the opening brace.
fn insertion(missing: &[&Edit], peek: &Peek<'_>) -> String {
    let mut text = String::new();
    for (at, edit) in missing.iter().enumerate() {
        let is_last = at + 1 == missing.len() && peek.is_empty();
        text.push_str(&serde_json::Value::from(edit.name.as_str()).to_string());
        text.push(':');
        text.push_str(&edit.value);
        text.push_str(if is_last { "" } else { "," });
    }
    text
}

fn write(body: &[u8], insertion: &str, inside: usize, cuts: &[Cut<'_>]) -> Vec<u8> {
    let added: usize = cuts.iter().map(|cut| cut.value.len()).sum();
    let mut written = Vec::with_capacity(body.len() + insertion.len() + added);
    written.extend_from_slice(&body[..inside]);
    written.extend_from_slice(insertion.as_bytes());
    let mut copied = inside;
    for cut in cuts {
        written.extend_from_slice(&body[copied..cut.span.start]);
        written.extend_from_slice(cut.value.as_bytes());
        copied = cut.span.end;
    }
    written.extend_from_slice(&body[copied..]);
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edits(list: &[(&str, &str)]) -> Vec<Edit> {
        list.iter().map(|(name, value)| Edit { name: (*name).into(), value: (*value).into() }).collect()
    }

    fn applied(body: &str, set: &[(&str, &str)], default: &[(&str, &str)]) -> String {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let peek = Peek::at(&body).unwrap();
        let edits = Edits { set: edits(set), default: edits(default), within: None };
        let spliced = apply(&body, &peek, &edits).unwrap();
        String::from_utf8(spliced.to_vec()).unwrap()
    }

    fn check(body: &str, set: &[(&str, &str)], default: &[(&str, &str)], expected: &str) {
        assert_eq!(applied(body, set, default), expected);
    }

    #[test]
    fn the_release_changes_what_it_says_and_nothing_else() {
        let model = [("model", "\"gpt-4o\"")];
        let cool = [("temperature", "0.1")];
        check(r#"{"model":"chat"}"#, &[], &[], r#"{"model":"chat"}"#);
        check(r#"{"model":"chat"}"#, &model, &[], r#"{"model":"gpt-4o"}"#);
        check(r#" { "a" : 1 , "model" : "chat" } "#, &model, &[], r#" { "a" : 1 , "model" : "gpt-4o" } "#);
        check(r#"{"messages":[]}"#, &model, &[], r#"{"model":"gpt-4o","messages":[]}"#);
        check("{}", &model, &[], r#"{"model":"gpt-4o"}"#);
        check(" { } ", &model, &cool, r#" {"model":"gpt-4o","temperature":0.1 } "#);
        check(r#"{"model":"chat"}"#, &model, &cool, r#"{"temperature":0.1,"model":"gpt-4o"}"#);
        check(r#"{"temperature":1}"#, &[], &cool, r#"{"temperature":1}"#);
        check(r#"{"temperature":1}"#, &cool, &[], r#"{"temperature":0.1}"#);
        check(r#"{"temperature":null}"#, &[], &cool, r#"{"temperature":null}"#);
        check(r#"{"b":1,"a":[1],"c":2}"#, &[("a", "0"), ("b", "[0]")], &[], r#"{"b":[0],"a":0,"c":2}"#);
        check(r#"{"a":1}"#, &[("\"", "2")], &[], r#"{"\"":2,"a":1}"#);
    }

    /// The same within the field `parameters`, with a default `a` of 1 and a forced `b` of 2.
    fn check_within(body: &str, expected: &str) {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let edits =
            Edits { set: edits(&[("b", "2")]), default: edits(&[("a", "1")]), within: Some("parameters") };
        let spliced = apply(&body, &Peek::at(&body).unwrap(), &edits).unwrap();
        assert_eq!(std::str::from_utf8(&spliced).unwrap(), expected);
    }

    #[test]
    fn parameters_have_an_object_of_their_own() {
        check_within(r#"{"inputs":[]}"#, r#"{"parameters":{"b":2,"a":1},"inputs":[]}"#);
        check_within("{}", r#"{"parameters":{"b":2,"a":1}}"#);
        check_within(r#"{"parameters": null, "a":7}"#, r#"{"parameters": {"b":2,"a":1}, "a":7}"#);
        check_within(r#"{"parameters": {}, "a":7}"#, r#"{"parameters": {"b":2,"a":1}, "a":7}"#);
        check_within(r#"{"parameters":{ "a":7, "c":8 }}"#, r#"{"parameters":{"b":2, "a":7, "c":8 }}"#);
        check_within(r#"{"parameters":{"b":7}}"#, r#"{"parameters":{"a":1,"b":2}}"#);
        check_within(r#"{"parameters":[7]}"#, r#"{"parameters":[7]}"#);
    }

    proptest! {
        #[test]
        fn a_spliced_body_is_the_object_with_these_fields(
            own in prop::collection::btree_map("[a-e]", 0u8..9, 0..5),
            set in prop::collection::btree_map("[a-e]", 10u8..19, 0..5),
        ) {
            let body = serde_json::to_string(&own).unwrap();
            let text = |map: &std::collections::BTreeMap<String, u8>| -> Vec<(String, String)> {
                map.iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
            };
            let list = text(&set);
            let list: Vec<(&str, &str)> = list.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let read = |text: &str| -> std::collections::BTreeMap<String, u8> { serde_json::from_str(text).unwrap() };

            let mut forced = own.clone();
            forced.extend(set.clone());
            prop_assert_eq!(read(&applied(&body, &list, &[])), forced);
            let mut defaulted = set.clone();
            defaulted.extend(own.clone());
            prop_assert_eq!(read(&applied(&body, &[], &list)), defaulted);
        }
    }
}
