//! Two experiments at the same time, over real sockets: a prompt here and an index in another application, each drawn by itself. What
//! users say of the prompt depends on the index that they have. Either experiment says what the other changes, and the ids of answers
//! carry it to what is said later.

use crate::crossed::{Seen, USERS, applications, start_callers};
use crate::defects;
use crate::experiment::{until, write};
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn what_an_experiment_changes_of_another_is_told() {
    let home = TempDir::new().unwrap();
    let manifest = applications(defects::start().await);
    let viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let _callers = start_callers(viridian.gateway(), &seen, is_good);

    start(&viridian, home.path(), "tone", ("chat", "prompt", "feedback, minimumEffect: 5pp"));
    let alone = until(&viridian, |tone| tone["verdict"].is_string());
    assert_eq!(alone.get("interactions"), None, "nothing runs beside it: {alone:#}");
    start(&viridian, home.path(), "index", ("search", "new", "errors, minimumEffect: 2pp"));

    let told = until(&viridian, |tone| change_of(tone).is_some_and(|pair| pair["told"] == true));
    let pair = change_of(&told).unwrap();
    assert_eq!((&pair["arm"], &pair["beside"]), (&json!("prompt"), &json!("new")), "{told:#}");
    assert_eq!(told["interactions"][0]["independent"], true, "{told:#}");
    let upper = pair["change"]["upper"].as_f64().unwrap();
    assert!(upper < 0.0, "the prompt does less where the new index is: {told:#}");
    let sentence = "'prompt' does less where 'new' of experiment 'index' is served: ";
    let notes = |status: &Value| status["notes"].as_array().cloned().unwrap_or_default();
    let is_said =
        |status: &Value, text: &str| notes(status).iter().any(|note| note.as_str().unwrap().contains(text));
    assert!(is_said(&told, sentence), "{told:#}");
    let table = viridian.run(&["experiment", "status", "tone"]);
    assert!(table.stdout.contains(sentence), "{}", table.stdout);

    // The search never fails, whatever the prompt is.
    let other = viridian.ask(&["experiment", "status", "index"]);
    assert_eq!(change_of(&other).unwrap()["told"], false, "{other:#}");
    assert!(is_said(&other, "nothing shows that experiment 'tone' changes what the arms do"), "{other:#}");

    // When the other has ended, what was counted beside it still stands.
    viridian.ask(&["experiment", "stop", "index"]);
    let after = until(&viridian, |tone| tone["verdict"].is_string());
    assert_eq!(change_of(&after).unwrap()["told"], true, "{after:#}");
}

/// Starts an experiment of two arms in one application, in a layer of its own.
fn start(
    viridian: &Viridian,
    home: &std::path::Path,
    name: &str,
    (application, treatment, aim): (&str, &str, &str),
) {
    let manifest = format!(
        "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {{name: {name}}}
spec:
  unit: user
  layer: {name}
  arms:
  - {{name: now, share: 50%, releases: {{{application}: {application}-v1}}}}
  - {{name: {treatment}, share: 50%, releases: {{{application}: {application}-v2}}}}
  aim: {{metric: {aim}}}
  stop: {{maxDuration: 24h, winner: byPerson}}
"
    );
    let file = write(home, &format!("{name}.yaml"), &manifest);
    let started = viridian.ask(&["experiment", "start", "--file", &file]);
    assert_eq!(started["phase"], "Running", "{started:#}");
}

/// The one pair of arms of the one experiment elsewhere, once its change can be told.
fn change_of(status: &Value) -> Option<&Value> {
    let pair = &status["interactions"][0]["pairs"][0];
    pair["change"].is_object().then_some(pair)
}

/// The prompt makes fewer answers bad, two of ten instead of five, where the index is the old one.
fn is_good(releases: &[String], number: usize) -> bool {
    let bad = if releases == ["v1", "v2"] { 2 } else { 5 };
    (number + number / USERS) % 10 >= bad
}
