//! Texts in, trees and slips out.

use super::*;
use serde_json::json;

/// The documents of a text as JSON, and its slips as `line:column message`.
fn check(text: &str, documents: &[serde_json::Value], slips: &[&str]) {
    let (roots, found) = parse(text);
    let values: Vec<_> = roots.iter().map(Node::json).collect();
    assert_eq!(values, documents, "{text:?}");
    let found: Vec<String> =
        found.iter().map(|Slip { at, message, .. }| format!("{}:{} {message}", at.line, at.column)).collect();
    assert_eq!(found, slips, "{text:?}");
}

#[test]
fn yaml_and_json_read_alike() {
    let value = json!({"a": [1, {"b": "x"}], "c": null, "d": "5"});
    check("a:\n- 1\n- b: x\nc:\nd: '5'\n", std::slice::from_ref(&value), &[]);
    check("{\n\t\"a\": [1, {\"b\": \"x\"}],\n\t\"c\": null, \"d\": \"5\"\n}", &[value], &[]);
}

#[test]
fn documents_are_told_apart_and_empty_ones_passed_over() {
    check("", &[], &[]);
    check("# nothing\n---\n---\na: 1\n...\n---\nb: 2\n---\n", &[json!({"a": 1}), json!({"b": 2})], &[]);
}

#[test]
fn values_and_keys_have_positions() {
    let (roots, _) = parse("a: x\nlist:\n- {b: 1, c: }\n");
    let Value::Object(fields) = &roots[0].value else { panic!("an object") };
    let at = |line, column| Position { line, column };
    assert_eq!(roots[0].at, at(1, 1));
    assert_eq!((fields[0].at, fields[0].node.at), (at(1, 1), at(1, 4)));
    let Value::List(items) = &fields[1].node.value else { panic!("a list") };
    let Value::Object(fields) = &items[0].value else { panic!("an object") };
    assert_eq!((items[0].at, fields[0].at, fields[0].node.at), (at(3, 3), at(3, 4), at(3, 7)));
    assert_eq!(fields[1].node.at, fields[1].at, "nothing stands where its key stands");
}

#[test]
fn what_no_manifest_may_hold_is_reported_and_the_rest_read() {
    check("a: 1\nb: 2\na: 3\n", &[json!({"a": 1, "b": 2})], &["3:1 the key 'a' was given on line 1 already"]);
    check(
        "a: &x {b: 1}\nc: *x\n",
        &[json!({"a": {"b": 1}, "c": null})],
        &["2:4 aliases are not supported; write the value out"],
    );
    check(
        "<<: {a: 1}\nb: 2\n",
        &[json!({"b": 2})],
        &["1:1 merge keys are not supported; write the fields out"],
    );
    check("'<<': 1\n", &[json!({"<<": 1})], &[]);
    check("a: &x y\n*x : 1\n", &[json!({"a": "y"})], &["2:1 aliases are not supported; write the value out"]);
    check("? [a]\n: b\nc: 1\n", &[json!({"c": 1})], &["1:3 a key has to be text"]);
    check(
        "a: !!str 5\n",
        &[json!({"a": 5})],
        &["1:4 tags are not supported; to have something read as text, put it in quotes"],
    );
    check("a: .inf\n", &[json!({"a": null})], &["1:4 this is not a finite number"]);
}

#[test]
fn pairs_of_escapes_are_one_character_as_in_json() {
    let text =
        "{\"a\": \"é\\ud83d\\ude00 \\uD83D\\uDE01\", \"\\ud83d\\ude00\": [\"x\\\\ud83d\\u00e9\", &y 1]}";
    check(text, &[serde_json::from_str(&text.replace("&y ", "")).unwrap()], &[]);
    // Columns are those of the text as it was written.
    check(
        "{\"a\": \"\\ud83d\\ude00\", \"a\": 1,\n\"\\ud83d\\ude00\": 2, \"b\": *x}\n---\nc: \"\\ud83d\\ude00\"\n",
        &[json!({"c": "😀"})],
        &[
            "1:23 the key 'a' was given on line 1 already",
            "2:25 this is not YAML: while parsing node, found unknown anchor",
        ],
    );
    // Elsewhere than in double quotes a backslash is a backslash.
    check(
        "a: \\ud83d\\ude00\nb: '\\ud83d\\ude00'\nc: |\n  \\ud83d\\ude00\nd: \"\\ud83d\\ude00\"\n",
        &[json!({"a": "\\ud83d\\ude00", "b": "\\ud83d\\ude00", "c": "\\ud83d\\ude00\n", "d": "😀"})],
        &[],
    );
}

#[test]
fn half_a_pair_of_escapes_is_refused_where_it_stands() {
    let halves = [
        ("\\ud83d", vec![8]),
        ("\\ude00", vec![8]),
        ("x\\uDE00\\ud83d", vec![9, 15]),
        ("\\ud83d\\ud83d\\ude00", vec![8]),
        ("\\ud83d\\n\\u00e9", vec![8]),
        ("\\ud83d\\ude00\\ude00", vec![20]),
    ];
    for (half, columns) in halves {
        let text = format!("{{\"a\": \"\\ud83d\\ude00\",\n \"b\": \"{half}\"}}\n");
        let (roots, slips) = parse(&text);
        assert_eq!(roots.len(), 1, "{text}");
        let at: Vec<Position> = slips.iter().map(|slip| slip.at).collect();
        let expected: Vec<Position> =
            columns.into_iter().map(|column| Position { line: 2, column }).collect();
        assert_eq!(at, expected, "{text}");
        assert!(slips[0].message.starts_with("this is half a character"), "{}", slips[0].message);
    }
    // What only looks like an escape is told by the parser.
    check(
        "{\"a\": \"\\ud83\"}\n",
        &[],
        &["1:7 this is not YAML: while parsing a quoted scalar, did not find expected hexadecimal number"],
    );
}

#[test]
fn a_text_that_breaks_off_is_resumed_at_its_next_document() {
    check(
        "a: [1\n---\nb: 2\n---\nc: 'x\n---\nd: 4\n",
        &[json!({"b": 2}), json!({"d": 4})],
        &[
            "2:1 this is not YAML: while parsing a flow sequence, expected ',' or ']'",
            "5:4 this is not YAML: while scanning a quoted scalar, found unexpected document indicator",
        ],
    );
}

/// Reads a hostile text; returns its only slip.
fn only_slip(text: &str) -> String {
    let (_, slips) = parse(text);
    assert_eq!(slips.len(), 1, "{slips:?}");
    slips[0].message.clone()
}

#[test]
fn hostile_texts_are_given_up_early() {
    assert_eq!(only_slip(&"- ".repeat(200_000)), "nested deeper than 64 levels; nothing after this was read");
    assert_eq!(only_slip(&"{a: ".repeat(60_000)), "this is not YAML: recursion limit exceeded");
    assert_eq!(
        only_slip(&format!("[{}]", "a,".repeat(300_000))),
        "more than 100000 values; nothing after this was read"
    );
    assert_eq!(
        only_slip(&" ".repeat(2 << 20)),
        "the text is longer than 1048576 bytes, the most that is read"
    );
}

#[test]
fn aliases_are_never_expanded() {
    let mut bomb = String::from("l0: &l0 x\n");
    for level in 1..60 {
        let before = level - 1;
        bomb.push_str(&format!("l{level}: &l{level} [*l{before}, *l{before}, *l{before}]\n"));
    }
    let (roots, slips) = parse(&bomb);
    assert_eq!((roots.len(), slips.len()), (1, 59 * 3));
}
