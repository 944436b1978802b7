//! Expressions of every kind, asked of one outcome; and the worst that fit.

use super::*;
use viridian_core::arm::Arm;
use viridian_core::declared::{LONGEST_EXPRESSION, Load};
use viridian_core::outcome::{Contents, FirstToken};
use viridian_core::routing::decide::{Decision, Exempt, Standing};

fn outcome(class: Class, contents: Contents) -> Outcome {
    Outcome {
        decision: Decision {
            arm: Arm::Baseline,
            standing: Standing::Exempt(Exempt::NotCompared),
            unit: None,
        },
        class,
        latency_us: 1_500_000,
        first_token: FirstToken::After(250_000),
        contents,
    }
}

fn contents() -> Contents {
    Contents {
        refused: Some(false),
        empty: Some(false),
        truncated: Some(false),
        output_tokens: Some(12),
        cost: Some(2_500_000),
        ..Contents::default()
    }
}

fn said(text: &str) -> Said {
    Said { text: Some(text.to_owned()), functions: vec!["find".to_owned(), "book".to_owned()] }
}

fn declarations(bad: &str, when: Option<&str>) -> Declarations {
    let meaning = check(bad).unwrap_or_else(|complaint| panic!("{bad}: {complaint}"));
    let when_meaning = when.map(|when| check(when).unwrap());
    let asks = when_meaning.map_or_else(|| meaning.asks(), |when| when.asks().max(meaning.asks()));
    let metric = Declared::new("own", 1, asks, meaning.load()).unwrap();
    Declarations::compile(&[Definition { metric, bad: bad.to_owned(), when: when.map(str::to_owned) }])
}

#[test]
fn an_expression_is_true_or_not_or_cannot_be_told() {
    let text = r#"{"city": "Bonn", "confidence": 0.4, "count": 3, "sure": false, "names": ["a", "b"], "deep": {"x": 1}}"#;
    let check = |bad: &str, expected: Found| {
        let found = declarations(bad, None).find(&outcome(Class::Ok, contents()), Some(&said(text)));
        assert_eq!(found.iter().map(|(_, found)| *found).collect::<Vec<_>>(), [expected], "{bad}");
    };
    for bad in [
        "outcome.latency > 1000",
        "outcome.latency > 1000.0 && outcome.firstToken < 300",
        "outcome.class == 'ok'",
        "outcome.class in ['ok', 'timeout']",
        "request.streamed",
        "!answer.refused && answer.outputTokens == 12",
        "answer.outputTokens % 5 == 2",
        "answer.cost > 0.002",
        "answer.text.contains('Bonn')",
        "answer.text.startsWith('{') && answer.text.endsWith('}')",
        "size(answer.text) == answer.length",
        "'book' in answer.functions",
        "size(answer.functions) > 1",
        "answer.functions[0] == 'find'",
        "answer.json.confidence < 0.5",
        "answer.json.count > 2",
        "answer.json.count == 3",
        "answer.json.city == 'Bonn'",
        "answer.json['city'] == 'Bonn'",
        "'a' in answer.json.names",
        "answer.json.names[1] == 'b'",
        "answer.json.deep.x + 1 == 2",
        "answer.json.sure == false",
        "!has(answer.json.reason)",
        "answer.json.count > 2 || answer.json.reason == 'x'",
        "double(answer.outputTokens) * 2.5 > 29.0",
        "answer.refused ? false : true",
    ] {
        check(bad, Found::Bad);
    }
    for bad in [
        "outcome.latency > 2000",
        "answer.text.contains('Berlin')",
        "answer.refused",
        "has(answer.json.reason)",
    ] {
        check(bad, Found::Good);
    }
    for bad in [
        "answer.json.reason == 'x'",
        "answer.json.city > 3",
        "answer.inputTokens > 1",
        "answer.json.names[7] == 'a'",
        "answer.outputTokens / 0 == 1",
        "9223372036854775807 + answer.outputTokens > 0",
        "answer.json.city && true",
    ] {
        check(bad, Found::Unknown);
    }
}

#[test]
fn what_does_not_count_is_not_found() {
    let check = |bad: &str, when: Option<&str>, outcome: &Outcome, expected: Option<Found>| {
        let found = declarations(bad, when).find(outcome, Some(&said("no JSON")));
        assert_eq!(found.first().map(|(_, found)| *found), expected, "{bad} when {when:?}");
    };
    let complete = outcome(Class::Ok, contents());
    let failed = outcome(Class::UpstreamError, Contents::default());
    check("answer.length < 3", None, &complete, Some(Found::Good));
    check("answer.length < 3", None, &failed, None);
    check("answer.length < 30", Some("'book' in answer.functions"), &complete, Some(Found::Bad));
    check("answer.length < 30", Some("'pay' in answer.functions"), &complete, None);
    // Whether it counts is not known.
    check("answer.length < 30", Some("answer.json.kind == 'x'"), &complete, Some(Found::Unknown));
    check("answer.json.kind == 'x'", None, &complete, Some(Found::Unknown));
    // A request that failed says nothing of how long its answer would have taken.
    check("outcome.latency > 1000", None, &failed, Some(Found::Unknown));
    check("outcome.class == 'upstreamError'", None, &failed, Some(Found::Bad));
}

#[test]
fn what_is_not_understood_finds_everything_unknown() {
    let metric = Declared::new("own", 1, Asks::Passing, Load::Indifferent).unwrap();
    let newer = Definition { metric, bad: "outcome.mood == 'bad'".to_owned(), when: None };
    let found = Declarations::compile(&[newer]).find(&outcome(Class::Ok, contents()), None);
    assert_eq!(found, [(metric, Found::Unknown)]);
}

#[test]
fn texts_that_are_not_looked_at_are_unknown() {
    let nothing = Said { text: None, functions: Vec::new() };
    for bad in ["answer.text.contains('x')", "answer.length > 1", "answer.json.a == 1"] {
        for said in [None, Some(&nothing)] {
            let found = declarations(bad, None).find(&outcome(Class::Ok, contents()), said);
            assert_eq!(found.first().map(|(_, found)| *found), Some(Found::Unknown), "{bad}");
        }
    }
}

#[test]
fn what_an_expression_asks_for_is_known_before_it_is_run() {
    let check = |text: &str, asks: Asks, load: Load| {
        let meaning = check(text).unwrap();
        assert_eq!((meaning.asks(), meaning.load()), (asks, load), "{text}");
    };
    check("request.streamed", Asks::Passing, Load::Indifferent);
    check("outcome.latency > 1", Asks::Passing, Load::Matters);
    check("answer.refused", Asks::Answer, Load::Indifferent);
    check("answer.refused || answer.text == ''", Asks::Text, Load::Indifferent);
    check("has(answer.text)", Asks::Text, Load::Indifferent);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let check = |text: &str, expected: &str| {
        let found = check(text).map_or_else(|complaint| complaint.to_string(), |_| "nothing".to_owned());
        assert_eq!(found, expected, "{text}");
    };
    let all: Vec<&str> = ATTRIBUTES.iter().map(|known| known.name).collect();
    let none = |place, name| {
        format!("at character {place}: an outcome has no attribute '{name}'; there are {}", all.join(", "))
    };
    let of_one_type =
        "two numbers of one type; write 2.0 or double(…) beside a number with a fraction, and not";
    check("'a' + 'b' == 'ab'", &format!("at character 5: '+' adds {of_one_type} a text and a text"));
    check(
        "answer.json.a + answer.json.b > 1",
        &format!("at character 15: '+' adds {of_one_type} a value of JSON and a value of JSON"),
    );
    check(
        "answer.cost * 2 > 1.0",
        &format!("at character 13: '*' takes {of_one_type} a number with a fraction and a whole number"),
    );
    check(
        "answer.json.sure",
        "at character 12: it is a value of JSON, and has to be true or false; compare it with something",
    );
    check("answer > 1", &none(1, "answer"));
    check("mood == 'bad'", &none(1, "mood"));
    check("has(answer.mood)", &none(4, "answer.mood"));
    check("answer.text.mood == 'bad'", "at character 12: a text has no field 'mood'");
    check("answer.text in [1]", "at character 17: lists are of texts, and this is a whole number");
    check("answer.text in []", "at character 16: nothing is in an empty list");
    check("{'a': true}.a", "at character 1: objects are not taken");
    check("b'a' == b'a'", "at character 1: nothing of an outcome is of bytes");
    check("answer.?json.a == 1", "at character 7: it is no expression: unsupported syntax '.?'");
    check(
        "answer.refused ? 1 : 'a'",
        "at character 16: '?' stands behind a truth value and before two values of one type, and not a truth value and a \
         whole number and a text",
    );
    check("true &&\n  !", "at character 12: it is no expression: it ends too soon");
    check(
        "answer.txt == ''",
        "at character 7: an outcome has no attribute 'answer.txt'; did you mean answer.text?",
    );
}

/// The worst that fits is parsed, checked, run and dropped on a small stack.
#[test]
fn nothing_that_fits_is_too_deep() {
    let deep = |open: &str, middle: &str, close: &str| {
        let levels = (LONGEST_EXPRESSION - middle.len()) / (open.len() + close.len());
        format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
    };
    let texts = [
        deep("(", "true", ")"),
        deep("!", "true", ""),
        deep("-", "1", ""),
        deep("", "1", "+1"),
        deep("", "true", "||true"),
        deep("true?true:", "true", ""),
        deep("true?", "true", ":true"),
        deep("", "answer.json", ".a"),
        deep("", "answer.json", "[0]"),
        deep("[", "'a'", "]"),
        deep("size(", "'a'", ")"),
        deep("", "'a'", ".size()"),
        deep("has(", "answer.json.a", ")"),
        deep("{'a':", "1", "}"),
    ];
    let worst = move || {
        for text in &texts {
            let metric = Declared::new("own", 1, Asks::Passing, Load::Indifferent).unwrap();
            let _ = check(text);
            let definition = Definition { metric, bad: text.clone(), when: None };
            Declarations::compile(&[definition]).find(&outcome(Class::Ok, contents()), Some(&said("{}")));
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(worst).unwrap().join().unwrap();
}

#[test]
fn the_manual_lists_what_there_is() {
    let manual = include_str!("../../../../docs/metrics.md");
    let listed: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = ATTRIBUTES
        .iter()
        .map(|known| format!("| `{}` | {} | {} |", known.name, known.is, known.doc))
        .collect();
    assert_eq!(listed, expected);
}
