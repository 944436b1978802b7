//! The bytes that callers of each protocol receive from the gateway itself, against golden files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use viridian_core::application::Protocol;
use viridian_wire::error_body::{ErrorBody, content_type};
use viridian_wire::feedback::{Feedback, Mark, Refused, Request, Response, Value};
use viridian_wire::{open_inference, openai};

fn check(file: &str, golden: &str, written: &[u8]) {
    let written = std::str::from_utf8(written).unwrap();
    assert_eq!(written, golden.strip_suffix('\n').unwrap(), "tests/golden/protocols/{file}");
}

fn unknown_application() -> ErrorBody {
    ErrorBody {
        status: 404,
        code: "unknown_application",
        message: "there is no application 'support-caht'".into(),
        param: Some("model"),
    }
}

fn unreachable() -> ErrorBody {
    ErrorBody {
        status: 502,
        code: "upstream_unreachable",
        message: "the upstream refused the connection".into(),
        param: None,
    }
}

#[test]
fn errors_have_the_shape_of_the_callers_protocol() {
    let (caller, upstream) = (unknown_application(), unreachable());
    let golden = include_str!("golden/protocols/openai_error.json");
    check("openai_error.json", golden, &caller.to_json(Protocol::OpenAi));
    let golden = include_str!("golden/protocols/openai_server_error.json");
    check("openai_server_error.json", golden, &upstream.to_json(Protocol::OpenAi));
    let golden = include_str!("golden/protocols/open_inference_error.json");
    check("open_inference_error.json", golden, &caller.to_json(Protocol::OpenInference));
    let golden = include_str!("golden/protocols/http_problem.json");
    check("http_problem.json", golden, &caller.to_json(Protocol::Http));
}

#[test]
fn only_plain_http_speaks_of_problems() {
    assert_eq!(content_type(Protocol::OpenAi), "application/json");
    assert_eq!(content_type(Protocol::OpenInference), "application/json");
    assert_eq!(content_type(Protocol::Http), "application/problem+json");
}

#[test]
fn a_broken_stream_ends_with_an_error_and_no_done() {
    let event = unreachable().to_openai_event();
    assert!(event.ends_with(b"\n\n"));
    let golden = include_str!("golden/protocols/openai_error_event.txt");
    check("openai_error_event.txt", golden, event.strip_suffix(b"\n\n").unwrap());
}

#[test]
fn applications_are_listed_as_models() {
    let golden = include_str!("golden/protocols/openai_models.json");
    check("openai_models.json", golden, &openai::list_models(["support-chat", "triage"]));
    let list: openai::ModelList<'_> = serde_json::from_str(golden).unwrap();
    assert_eq!(list.data.len(), 2);
}

#[test]
fn the_gateway_tells_what_it_is() {
    let golden = include_str!("golden/protocols/open_inference_live.json");
    check("open_inference_live.json", golden, &open_inference::live());
    let golden = include_str!("golden/protocols/open_inference_not_ready.json");
    check("open_inference_not_ready.json", golden, &open_inference::ready(false));
    // The version moves, the shape does not.
    let golden = include_str!("golden/protocols/open_inference_metadata.json");
    let read: open_inference::Metadata<'_> = serde_json::from_str(golden).unwrap();
    let written = open_inference::metadata();
    let written: open_inference::Metadata<'_> = serde_json::from_slice(&written).unwrap();
    assert_eq!(written, open_inference::Metadata { version: env!("CARGO_PKG_VERSION").into(), ..read });
}

#[test]
fn feedback_is_one_piece_or_several() {
    let one: Request = serde_json::from_str(include_str!("golden/protocols/feedback_one.json")).unwrap();
    let id = "vr_AXAm0V6Yk8sBAAAAB78BoxhcUHsAAAAAAAAAY8iPCqDSfBIPBD_r1vsx9hE".to_owned();
    assert_eq!(
        one,
        Request::One(Feedback {
            id,
            value: Some(Value::Boolean(true)),
            scores: BTreeMap::new(),
            judge: None
        })
    );
    let golden = include_str!("golden/protocols/feedback_one.json");
    check("feedback_one.json", golden, &serde_json::to_vec(&one).unwrap());

    let several: Request =
        serde_json::from_str(include_str!("golden/protocols/feedback_several.json")).unwrap();
    let piece = |id: &str, value| Feedback {
        id: id.to_owned(),
        value: Some(value),
        scores: BTreeMap::new(),
        judge: None,
    };
    let expected = vec![piece("vr_a", Value::Number(0.25)), piece("vr_b", Value::Boolean(false))];
    assert_eq!(several, Request::Several(expected));
}

#[test]
fn feedback_may_be_a_word_or_a_rating() {
    let given: Request = serde_json::from_str(include_str!("golden/protocols/feedback_words.json")).unwrap();
    let piece = |id: &str, value| Feedback {
        id: id.to_owned(),
        value: Some(value),
        scores: BTreeMap::new(),
        judge: None,
    };
    let word = Value::Category("wrong".to_owned());
    let expected =
        vec![piece("vr_a", word), piece("vr_b", Value::Number(4.0)), piece("vr_c", Value::Boolean(true))];
    assert_eq!(given, Request::Several(expected));
    for none in [r#"{"id": "vr_a", "value": null}"#, r#"{"id": "vr_a", "value": ["wrong"]}"#] {
        assert!(serde_json::from_str::<Request>(none).is_err(), "{none}");
    }
}

#[test]
fn feedback_is_answered_piece_by_piece() {
    let refused = Refused {
        index: 1,
        status: 410,
        code: "expired".into(),
        message: "the answer is too old for feedback".into(),
    };
    let answer = Response { accepted: 1, refused: vec![refused] };
    let golden = include_str!("golden/protocols/feedback_answer.json");
    check("feedback_answer.json", golden, &answer.to_json());
    assert_eq!(serde_json::from_str::<Response>(golden).unwrap(), answer);
}

#[test]
fn feedback_may_give_scores() {
    let golden = include_str!("golden/protocols/feedback_scores.json");
    let given: Request = serde_json::from_str(golden).unwrap();
    let Request::Several(pieces) = &given else { panic!("{given:?}") };
    let marks = |place: usize| -> Vec<(&str, Option<f64>)> {
        pieces[place].scores.iter().map(|(name, mark)| (name.as_str(), mark.number())).collect()
    };
    assert_eq!(marks(0), [("faithfulness", Some(0.9))]);
    assert_eq!((&pieces[0].value, pieces[0].judge.as_deref()), (&None, Some("gpt-4o/rubric-3")));
    assert_eq!(marks(1), [("clarity", Some(5.0)), ("helpfulness", Some(4.2))]);
    assert_eq!((&pieces[1].value, &pieces[1].judge), (&Some(Value::Boolean(true)), &None));
    check("feedback_scores.json", golden, &serde_json::to_vec(&given).unwrap());
    // What is no number is read, to be refused with its name.
    let word = r#"{"id": "vr_a", "scores": {"clarity": "NaN", "helpfulness": null, "tone": [1]}}"#;
    let Request::One(piece) = serde_json::from_str(word).unwrap() else { panic!("{word}") };
    assert!(piece.scores.values().all(|mark| *mark == Mark::Other(serde::de::IgnoredAny)), "{piece:?}");
    for none in [
        r#"{"id": "vr_a", "scores": {"clarity": 1e999}}"#,
        r#"{"id": "vr_a", "scores": {}}"#,
        r#"{"id": "vr_a"}"#,
    ] {
        assert!(serde_json::from_str::<Request>(none).is_err(), "{none}");
    }
}
