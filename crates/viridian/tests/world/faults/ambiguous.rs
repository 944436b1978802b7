//! Orders whose answer never comes: nobody can tell from outside whether they were taken.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use viridian_testkit::caller::{self, Caller};
use viridian_testkit::line::{Line, Trouble, Way};

#[tokio::test(flavor = "multi_thread")]
async fn f08_an_order_whose_answer_is_lost_is_followed_once_when_it_is_given_again() {
    let mut scene = Scene::set(1, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    let line = Line::to(scene.world.controller.admin()).await;
    line.disturb(Way::Back, Trouble { limit: Some(0), ..Trouble::default() });
    let lost = send(&line, order("pause", "once")).await;
    assert_eq!(lost, None, "INVALID: the answer came");
    line.heal();
    for _ in 0..2 {
        assert!(send(&line, order("pause", "once")).await.is_some_and(|status| status < 300));
    }
    assert_eq!(ordered(&scene), 1);
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_orders_that_break_off_anywhere_leave_nothing_half_done() {
    let mut scene = Scene::set(1, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    let line = Line::to(scene.world.controller.admin()).await;
    let (mut taken, mut length) = (0, 0);
    loop {
        let before = ordered(&scene);
        line.disturb(Way::There, Trouble { limit: Some(length), ..Trouble::default() });
        let key = format!("up to {length}");
        let answered = send(&line, order("pause", &key)).await;
        let after = ordered(&scene);
        assert!(
            after - before <= 1 && (answered.is_none() || after > before),
            "{before}, {answered:?}, {after}"
        );
        taken += after - before;
        if answered.is_some() {
            break;
        }
        length += 7;
    }
    line.heal();
    assert!(taken >= 1);
    // Whoever comes next is in nobody else's transaction.
    assert!(send(&line, order("abort", "another")).await.is_some_and(|status| status < 300));
    assert_eq!(ordered(&scene), taken + 1);
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

fn order(what: &str, key: &str) -> Request<Bytes> {
    let mut order = caller::post(&format!("/api/v1/rollouts/{ROLLOUT}/{what}"), "{}");
    order.headers_mut().insert("idempotency-key", key.parse().unwrap());
    order
}

/// The status of the answer, if there is one.
async fn send(line: &Line, mut order: Request<Bytes>) -> Option<u16> {
    order.headers_mut().insert("host", line.address().to_string().parse().unwrap());
    let mut caller = Caller::try_connect(line.address()).await?;
    let response = caller.try_open(order).await?;
    let answer = caller::read(response).await;
    answer.complete.then_some(answer.status)
}

/// How many orders the log of the rollout has.
fn ordered(scene: &Scene) -> usize {
    let history = scene.world.controller.ask(&["rollout", "history", ROLLOUT]);
    let entries = history["entries"].as_array().unwrap();
    let is_order = |entry: &&Value| entry["kind"] == "ordered";
    entries.iter().filter(is_order).count()
}
