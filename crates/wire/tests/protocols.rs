//! The bytes that callers of each protocol receive from the gateway itself, against golden files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use viridian_core::application::Protocol;
use viridian_wire::error_body::{ErrorBody, content_type};
use viridian_wire::openai;

fn check(file: &str, golden: &str, written: &[u8]) {
    let written = std::str::from_utf8(written).unwrap();
    assert_eq!(written, golden.strip_suffix('\n').unwrap(), "tests/golden/{file}");
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
    let golden = include_str!("golden/openai_error.json");
    check("openai_error.json", golden, &caller.to_json(Protocol::OpenAi));
    let golden = include_str!("golden/openai_server_error.json");
    check("openai_server_error.json", golden, &upstream.to_json(Protocol::OpenAi));
    let golden = include_str!("golden/open_inference_error.json");
    check("open_inference_error.json", golden, &caller.to_json(Protocol::OpenInference));
    let golden = include_str!("golden/http_problem.json");
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
    let golden = include_str!("golden/openai_error_event.txt");
    check("openai_error_event.txt", golden, event.strip_suffix(b"\n\n").unwrap());
}

#[test]
fn applications_are_listed_as_models() {
    let golden = include_str!("golden/openai_models.json");
    check("openai_models.json", golden, &openai::list_models(["support-chat", "triage"]));
    let list: openai::ModelList<'_> = serde_json::from_str(golden).unwrap();
    assert_eq!(list.data.len(), 2);
}
