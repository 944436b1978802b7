//! Bodies that are looked into, and bodies that are refused.

use super::*;
use proptest::prelude::*;

/// Each field read, and whether the body is refused.
fn check(body: &str, model: Option<&str>, stream: bool) {
    let peek = Peek::at(body.as_bytes()).unwrap_or_else(|refusal| panic!("{body}: {}", refusal.message));
    assert_eq!(peek.text("model").as_deref(), model, "{body}");
    assert_eq!(peek.is_true("stream"), stream, "{body}");
}

fn refused(body: &[u8], reason: &str) {
    let refusal = Peek::at(body).expect_err("a body that is refused");
    assert_eq!((refusal.status.as_u16(), refusal.code), (400, "malformed_json"));
    assert!(refusal.message.contains(reason), "{}", refusal.message);
}

#[test]
fn fields_are_found_wherever_they_stand() {
    check(r#"{"model":"gpt","stream":true}"#, Some("gpt"), true);
    check(" \n{ \"stream\" : false , \"model\" : \"gpt\" } ", Some("gpt"), false);
    check(r#"{"messages":[{"model":"inner","stream":true}]}"#, None, false);
    check(r#"{"model":"g\u0070t\n"}"#, Some("gpt\n"), false);
    check(r#"{"mod\u0065l":"gpt"}"#, Some("gpt"), false);
    check(r#"{"model":7,"stream":"true"}"#, None, false);
    check("{}", None, false);
}

#[test]
fn a_conversation_is_a_text_or_an_object_with_an_id() {
    let id = |body: &'static str| Peek::at(body.as_bytes()).unwrap().text_or_id("conversation");
    assert_eq!(id(r#"{"conversation":"c1"}"#).as_deref(), Some("c1"));
    assert_eq!(id(r#"{"conversation":{"a":1,"id":"c1"}}"#).as_deref(), Some("c1"));
    assert_eq!(id(r#"{"conversation":{"a":1}}"#), None);
    assert_eq!(id(r#"{"conversation":null}"#), None);
}

#[test]
fn what_parsers_read_differently_is_refused() {
    refused(b"", "EOF");
    refused(b"{", "EOF");
    refused(b"[1]", "an object");
    refused(b"\"text\"", "an object");
    refused(br#"{"a":1} x"#, "trailing");
    refused(br#"{"a":1,}"#, "trailing comma");
    refused(br#"{"a":NaN}"#, "expected");
    refused(br#"{"model":"a","model":"b"}"#, "'model' occurs twice");
    refused(br#"{"model":"a","mod\u0065l":"b"}"#, "'model' occurs twice");
    refused(b"{\"a\":\"\xff\"}", "not UTF-8");
}

#[test]
fn one_name_among_many_that_occurs_twice_is_found() {
    let mut fields: Vec<String> = (0..500).map(|n| format!("\"field-{n}\":{n}")).collect();
    assert!(Peek::at(format!("{{{}}}", fields.join(",")).as_bytes()).is_ok());
    fields.push("\"field-77\":0".to_owned());
    refused(format!("{{{}}}", fields.join(",")).as_bytes(), "'field-77' occurs twice");
}

proptest! {
    #[test]
    fn a_span_is_where_the_value_is(padding in "[ \n\t]{0,3}", before in 0u32..3, value in "[a-z]{0,8}") {
        let others: String = (0..before).map(|n| format!("\"f{n}\":[{n}],{padding}")).collect();
        let body = format!("{padding}{{{others}\"model\":{padding}\"{value}\"{padding}}}");
        let peek = Peek::at(body.as_bytes()).unwrap();
        let span = peek.span("model").unwrap();
        prop_assert_eq!(&body[span], &format!("\"{value}\""));
    }
}
