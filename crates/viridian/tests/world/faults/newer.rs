//! A controller or a gateway of a version that says more than the other knows, or less.

use super::Scene;
use super::scene::{Allowed, STEPS};
use crate::chat_model::Failing;
use crate::published::frame_in;
use crate::viridian::TOKEN;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use viridian_testkit::caller::Caller;
use viridian_testkit::line::{Line, Way};
use viridian_wire::door::PROTOCOL;

/// Both sides say things the other has never heard of, during a whole rollout. The gateway is one of before digests.
#[tokio::test(flavor = "multi_thread")]
async fn f45_what_the_other_side_does_not_know_is_passed_over() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.fault_begins().await;
    for line in &scene.world.lines {
        let mut head = None;
        line.tamper(Way::There, move |piece| match head.take() {
            None if piece.starts_with(b"POST ") => {
                head = Some(piece);
                Vec::new()
            }
            None => vec![piece],
            Some(head) => vec![with_body(&head, &from_a_newer_gateway(&piece))],
        });
        line.tamper(Way::Back, |piece| vec![from_a_newer_controller(piece)]);
    }
    scene.world.lines.iter().for_each(Line::reset);
    scene.begin(&STEPS);
    scene.until_it_ends("Promoted");
    scene.fault_ends();
    scene.expect_sound_history("Promoted");
    scene.audit_unwatched(Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f45_a_gateway_of_another_protocol_is_told_which_one_is_spoken() {
    let scene = Scene::set(1, Failing::Never).await;
    for (protocol, status) in [(PROTOCOL, 200), (PROTOCOL + 999, 426), (0, 426)] {
        let hello =
            json!({"protocol": protocol, "node": "stranger", "boot": 7, "version": "9.9.9", "serving": []});
        let request = Request::post("/internal/v1/tables").header("authorization", format!("Bearer {TOKEN}"));
        let request = request.header("content-type", "application/json");
        let request = request.body(Bytes::from(hello.to_string())).unwrap();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], scene.world.internal));
        let mut caller = Caller::connect(address).await;
        let answer = caller.open(request).await;
        assert_eq!(answer.status(), status, "{protocol}");
        if status == 426 {
            let told = viridian_testkit::caller::read(answer).await;
            assert!(told.text().contains(&format!("versions 1 to {PROTOCOL} of")), "{}", told.text());
        }
    }
}

/// What a gateway brings, and then some; one of before digests checks none.
fn from_a_newer_gateway(body: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    if let Some(hello) = value.as_object_mut() {
        hello.remove("checksLines");
    }
    says_more(&mut value, &["serving", "answers", "tallies", "groups", "trips"]);
    value.to_string().into_bytes()
}

/// What a controller sends, and then some.
fn from_a_newer_controller(piece: Vec<u8>) -> Vec<u8> {
    let Some(frame) = frame_in(&piece) else { return piece };
    let mut value = serde_json::to_value(frame).unwrap();
    if let Some(delta) = value.get_mut("delta") {
        // What may be missing is.
        delta.as_object_mut().unwrap().remove("removed");
        says_more(delta, &["tables"]);
    }
    let line = format!("{value}\n");
    format!("{:x}\r\n{line}\r\n", line.len()).into_bytes()
}

/// Puts something unheard of into an object, and into each of the objects in these lists of it.
fn says_more(value: &mut Value, lists: &[&str]) {
    let unheard = || json!({"since": "9.9.9", "parts": [1, 2, null]});
    let Some(object) = value.as_object_mut() else { return };
    object.insert("unheardOf".to_owned(), unheard());
    for list in lists {
        let entries = object.get_mut(*list).and_then(Value::as_array_mut).into_iter().flatten();
        for entry in entries.filter_map(Value::as_object_mut) {
            entry.insert("unheardOf".to_owned(), unheard());
        }
    }
}

/// A request with another body than it had, which says no digest of it.
fn with_body(head: &[u8], body: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let stays = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("content-type:")
    };
    let head: Vec<&str> = head.trim_end().split("\r\n").filter(stays).collect();
    let (head, length) = (head.join("\r\n"), body.len());
    let of_before = "content-type: application/json";
    let mut request = format!("{head}\r\n{of_before}\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    request.extend_from_slice(body);
    request
}
