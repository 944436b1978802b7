//! Feedback is attributed by the id of the answer, and by nothing else.

use crate::world::{World, config};
use serde_json::{Value, json};
use std::time::Duration;
use viridian_core::analysis::row::{Opinion, Standing};
use viridian_core::arm::Arm;
use viridian_core::opinion::{Opinions, Scale};
use viridian_core::score::{Definition, Given, Score};
use viridian_gateway::Gateway;
use viridian_testkit::caller::Caller;
use viridian_testkit::table::{comparison, placement, snapshot, table};
use viridian_testkit::upstream::Upstream;
use viridian_wire::snapshot::SigningKey;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

async fn world(upstream: &Upstream) -> World {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.comparison = Some(comparison(placement("v2", &upstream.url()), 5_000));
    World::serving([table])
}

/// The id of an answer.
async fn id(caller: &mut Caller, user: &str) -> String {
    caller.post(CHAT, format!(r#"{{"user":"{user}"}}"#)).await.header("x-request-id").to_owned()
}

async fn send(caller: &mut Caller, body: Value) -> (u16, Value) {
    let answer = caller.post("/v1/feedback", body.to_string()).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn feedback_reaches_the_report_with_what_the_id_says() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let answer = caller.post(CHAT, r#"{"user":"alice"}"#).await;
    let id = answer.header("x-request-id");
    let (status, body) = send(&mut caller, json!({"id": id, "value": true})).await;
    assert_eq!((status, body), (202, json!({"accepted": 1, "refused": []})));
    let report = world.handle.report();
    let [record] = report.feedback.as_slice() else { panic!("{:?}", report.feedback) };
    assert_eq!((record.request.as_str(), record.application.as_str()), (id, "support-chat"));
    assert_eq!((record.evidence, record.opinion), (Standing::Measured, Some(Opinion::Good)));
    let arm = if answer.header("x-viridian-arm") == "candidate" { Arm::Candidate } else { Arm::Baseline };
    assert_eq!(record.arm, arm);
    assert!(record.received_at >= record.issued_at);
    assert_eq!(world.handle.report().feedback, report.feedback, "what is not durable is told again");
    world.handle.forget(&report);
    assert!(world.handle.report().feedback.is_empty(), "what is durable is forgotten");
}

#[tokio::test]
async fn every_rating_is_a_record() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let (alice, bob) = (id(&mut caller, "alice").await, id(&mut caller, "bob").await);
    let ratings = json!([
        {"id": alice, "value": 0.49},
        {"request_id": alice, "value": 1},
        {"id": bob, "value": false},
        {"id": bob, "value": 1.5},
        {"id": "vr_forged", "value": true},
    ]);
    let (status, body) = send(&mut caller, ratings).await;
    assert_eq!((status, &body["accepted"]), (202, &json!(3)));
    assert_eq!(
        (&body["refused"][0]["index"], &body["refused"][0]["code"]),
        (&json!(3), &json!("out_of_range"))
    );
    assert_eq!((&body["refused"][1]["index"], &body["refused"][1]["code"]), (&json!(4), &json!("forged")));
    let opinions: Vec<Opinion> =
        world.handle.report().feedback.iter().filter_map(|record| record.opinion).collect();
    assert_eq!(opinions, [Opinion::Bad, Opinion::Good, Opinion::Bad]);
    let counts = world.handle.metrics().feedback;
    assert_eq!((counts.accepted, counts.refused, counts.dropped), (3, 2, 0));
}

#[tokio::test]
async fn callers_say_what_the_application_understands() {
    let upstream = Upstream::start().await;
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.feedback = Opinions {
        rating: Some(Scale { from: 1, to: 5, bad: 2 }),
        categories: [("wrong".to_owned(), Opinion::Bad), ("helpful".to_owned(), Opinion::Good)].into(),
    };
    let world = World::serving([table]);
    let mut caller = world.caller().await;
    let id = id(&mut caller, "alice").await;
    let said = [json!(5), json!(2), json!("wrong"), json!("helpful"), json!(false)];
    let pieces: Vec<Value> = said.iter().map(|value| json!({"id": id, "value": value})).collect();
    let (status, body) = send(&mut caller, json!(pieces)).await;
    assert_eq!((status, &body["accepted"]), (202, &json!(5)), "{body}");
    let opinions: Vec<Opinion> =
        world.handle.report().feedback.iter().filter_map(|record| record.opinion).collect();
    assert_eq!(opinions, [Opinion::Good, Opinion::Bad, Opinion::Bad, Opinion::Good, Opinion::Bad]);
    for (value, code) in [
        (json!(0), "out_of_range"),
        (json!(5.5), "out_of_range"),
        (json!("Wrong"), "unknown_category"),
        (json!(""), "unknown_category"),
    ] {
        let (status, body) = send(&mut caller, json!({"id": id, "value": value})).await;
        assert_eq!((status, &body["refused"][0]["code"]), (400, &json!(code)), "{value}");
    }
    let (status, _) = send(&mut caller, json!({"id": id, "value": [1]})).await;
    assert_eq!(status, 400);
    assert_eq!(world.handle.report().feedback.len(), 5);
}

#[tokio::test]
async fn scores_are_those_that_the_application_has() {
    let upstream = Upstream::start().await;
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    let helpful = Score::new("helpful", 7, 1, 5).unwrap();
    let faithful = [8, 9].map(|meaning| Score::new("faithful", meaning, 0, 1).unwrap());
    let judged =
        |place: usize, judge: &str| Definition { score: faithful[place], judge: Some(judge.to_owned()) };
    // A rollout began with the first version of the judge.
    table.scores = vec![Definition { score: helpful, judge: None }, judged(1, "v2"), judged(0, "v1")];
    let world = World::serving([table]);
    let mut caller = world.caller().await;
    let id = id(&mut caller, "alice").await;
    let (status, body) = send(
        &mut caller,
        json!([
            {"id": id, "scores": {"helpful": 4.2}, "value": true},
            {"id": id, "scores": {"helpful": 1}},
            {"id": id, "scores": {"faithful": 0.75}, "judge": "v2"},
            {"id": id, "scores": {"faithful": 0}, "judge": "v1"},
        ]),
    )
    .await;
    assert_eq!((status, &body["accepted"]), (202, &json!(4)), "{body}");
    let given = |score: Score, number| vec![Given { score, level: score.level(number).unwrap() }];
    let records: Vec<_> =
        world.handle.report().feedback.into_iter().map(|record| (record.opinion, record.scores)).collect();
    let expected = [
        (Some(Opinion::Good), given(helpful, 4.2)),
        (None, given(helpful, 1.0)),
        (None, given(faithful[1], 0.75)),
        (None, given(faithful[0], 0.0)),
    ];
    assert_eq!(records, expected);

    let unknown = "the application has no score 'tone'";
    let beyond = "the score 'helpful' is a number on its scale, from 1 to 5";
    let judge = "the score 'faithful' is not given by this judge: v2 does";
    for (piece, code, message) in [
        (json!({"scores": {"tone": 4}}), "unknown_score", unknown),
        (json!({"scores": {"helpful": 5.01}}), "score_out_of_range", beyond),
        (json!({"scores": {"helpful": 0.99}}), "score_out_of_range", beyond),
        (json!({"scores": {"helpful": "NaN"}}), "score_out_of_range", beyond),
        (json!({"scores": {"helpful": null}}), "score_out_of_range", beyond),
        (json!({"scores": {"helpful": [4]}}), "score_out_of_range", beyond),
        (json!({"scores": {"faithful": 0.5}, "judge": "v3"}), "other_judge", judge),
        (json!({"scores": {"faithful": 0.5}}), "other_judge", judge),
        (
            json!({"scores": {"helpful": 4}, "judge": "v2"}),
            "other_judge",
            "the score 'helpful' is not given by this judge: it has none",
        ),
        (json!({"scores": {"helpful": 4, "tone": 4}}), "unknown_score", unknown),
        (json!({"scores": {"tone": 4}, "value": true}), "unknown_score", unknown),
        (json!({"value": true, "judge": "v2"}), "nothing_judged", "a judge gives scores, and there are none"),
    ] {
        let mut said = piece.clone();
        said["id"] = json!(id);
        let (status, body) = send(&mut caller, said).await;
        let refused = &body["refused"][0];
        assert_eq!(
            (status, &refused["code"], &refused["message"]),
            (400, &json!(code), &json!(message)),
            "{piece}"
        );
    }
    let (status, body) = send(&mut caller, json!({"id": id, "scores": {"x".repeat(400): 4}})).await;
    assert_eq!(status, 400);
    assert!(body["refused"][0]["message"].as_str().unwrap().len() < 100, "{body}");
    let (status, body) = send(&mut caller, json!({"id": "vr_forged", "scores": {"helpful": 4}})).await;
    assert_eq!((status, &body["refused"][0]["code"]), (400, &json!("forged")));
    assert_eq!(world.handle.report().feedback.len(), 4, "nothing of what was refused is kept");
}

#[tokio::test]
async fn ids_that_were_not_issued_here_are_refused() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let good = id(&mut caller, "alice").await;
    let other_arm = {
        let mut bytes = good.clone().into_bytes();
        bytes[22] = if bytes[22] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let foreign = {
        let gateway = Gateway::start(config()).unwrap();
        let mut snapshot = snapshot([table("support-chat", placement("v1", &upstream.url()))]);
        snapshot.keys = vec![SigningKey { id: 1, secret: [9; 32] }];
        gateway.handle().offer(&snapshot);
        id(&mut Caller::connect(gateway.local_addr()).await, "alice").await
    };
    for forged in ["", "vr_", "hello", &other_arm, &foreign, &good[..good.len() - 1]] {
        let (status, body) = send(&mut caller, json!({"id": forged, "value": true})).await;
        assert_eq!((status, &body["refused"][0]["code"]), (400, &json!("forged")), "{forged}");
    }
    world.offer([table("another", placement("v1", &upstream.url()))]);
    let (status, body) = send(&mut caller, json!({"id": good, "value": true})).await;
    assert_eq!((status, &body["refused"][0]["code"]), (404, &json!("unknown_application")));
    assert!(world.handle.report().feedback.is_empty());
}

#[tokio::test]
async fn answers_that_no_arm_gave_cannot_be_rated() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let refused = caller.post(CHAT, "{").await.header("x-request-id").to_owned();
    let listed = caller.get("/v1/models").await.header("x-request-id").to_owned();
    for id in [refused.as_str(), &listed, "vu_"] {
        let (status, body) = send(&mut caller, json!({"id": id, "value": true})).await;
        assert_eq!((status, &body["refused"][0]["code"]), (400, &json!("unattributable")), "{id}");
    }
    assert!(world.handle.report().feedback.is_empty());
    assert_eq!(world.handle.metrics().feedback.refused, 3);
}

#[tokio::test]
async fn old_answers_are_past_feedback() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let id = id(&mut caller, "alice").await;
    world.clock.catch_up_with(world.clock.now().plus(Duration::from_secs(7 * 24 * 3_600 - 60)));
    assert_eq!(send(&mut caller, json!({"id": id, "value": true})).await.0, 202);
    world.clock.catch_up_with(world.clock.now().plus(Duration::from_secs(120)));
    let (status, body) = send(&mut caller, json!({"id": id, "value": true})).await;
    assert_eq!((status, &body["refused"][0]["code"]), (410, &json!("expired")));
}

#[tokio::test]
async fn feedback_that_nobody_fetches_is_dropped_and_counted() {
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.feedback = 2);
    let mut caller = world.caller().await;
    let id = id(&mut caller, "alice").await;
    for status in [202, 202, 503] {
        assert_eq!(send(&mut caller, json!({"id": id, "value": true})).await.0, status);
    }
    assert_eq!(world.handle.metrics().feedback.dropped, 1);
    let report = world.handle.report();
    assert_eq!(report.feedback.len(), 2);
    world.handle.forget(&report);
    assert_eq!(send(&mut caller, json!({"id": id, "value": true})).await.0, 202);
}

#[tokio::test]
async fn what_is_no_feedback_is_refused() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    for body in ["", "{}", "7", r#"{"id":"x"}"#, r#"{"id":"x","value":["good"]}"#, r#"[{"id":"x"}]"#] {
        let answer = caller.post("/v1/feedback", body).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (400, &json!("malformed_feedback")),
            "{body}"
        );
    }
    assert_eq!(caller.get("/v1/feedback").await.status, 405);
    assert_eq!(caller.post("/v1/feedback", "[]").await.status, 202);
}
