//! Numbers of systems outside, over HTTP: out of bounds they bring the baseline back, unknown they hold the rollout up,
//! and within bounds it goes on.

use crate::load::{Load, Who};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use viridian_testkit::upstream::{Reply, Seen, Upstream};

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] = ["weight: 50%", "analysis: {minSamples: 100}", "bake: {for: 1s, minSamples: 100}"];
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(8);
/// As many outcomes of the baseline as a comparison asks for before it begins.
const CALIBRATED: usize = 550;
/// What monitoring says of a candidate that runs well, and of one that does not.
const WELL: &str = r#"{"faults": 0, "unit": "1/s"}"#;
const ILL: &str = r#"{"faults": 12.5, "unit": "1/s"}"#;

/// Two releases that callers cannot tell from each other, and what is known of them elsewhere.
struct World {
    _home: TempDir,
    viridian: Viridian,
    monitoring: Upstream,
    load: Load,
}

impl World {
    /// Monitoring that is any endpoint with JSON.
    async fn start(answer: Reply) -> Self {
        let source = |url: &str| format!("json: {{url: '{url}', value: /faults, unit: /unit, timeout: 1s}}");
        Self::start_with(answer, source, "/faults?release={{release}}").await
    }

    async fn start_with(answer: Reply, source: impl Fn(&str) -> String, query: &str) -> Self {
        let home = TempDir::new().unwrap();
        let (first, second, monitoring) =
            (Upstream::start().await, Upstream::start().await, Upstream::start().await);
        monitoring.always(answer);
        let releases = manifests::two_releases(APPLICATION, "request", [&first.url(), &second.url()]);
        let asked = format!(
            "  sources: {{monitoring: {{{}}}}}
  gauges:
  - {{name: gpu-faults, source: monitoring, query: '{query}', atMost: 5, unit: 1/s, every: 1s, times: 2}}
  guards:",
            source(&monitoring.url())
        );
        let manifest = releases.replacen("  guards:", &asked, 1);
        let keys = [("KEY_ID", "AKIDEXAMPLE"), ("KEY", "not told to anybody")];
        let viridian = Viridian::start_in(home.path(), &manifest, ANY_PORT, &keys);
        let load = Load::start_for(Who::Nobody, viridian.gateway(), APPLICATION, PACE);
        load.until_more("baseline", CALIBRATED).await;
        viridian.start_rollout(home.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));
        Self { _home: home, viridian, monitoring, load }
    }

    fn end(&mut self) -> Value {
        self.viridian.until_phase(ROLLOUT, &ENDS)
    }

    /// Waits until it says that it waits for the gauge, with this reason.
    fn until_it_waits_for(&mut self, reason: &str) {
        self.viridian.until(ROLLOUT, |status| {
            status["waitsFor"]
                .as_str()
                .is_some_and(|waits| waits.contains("gpu-faults is unknown") && waits.contains(reason))
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_out_of_bounds_brings_the_baseline_back() {
    let mut world = World::start(Reply::json(ILL)).await;
    let end = world.end();
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert_eq!(end["reason"], "gpu-faults is 12.5 1/s, and should be at most 5, 2 times in a row", "{end:#}");
    assert_eq!(world.monitoring.last().uri.to_string(), "/faults?release=parcels-v2");
    assert_eq!(world.load.lost(), 0);
}

/// Asks a service for its number: while it says nothing that can be relied on the rollout waits and tells why, and a number out
/// of bounds brings the baseline back. Returns what was asked last.
async fn check(
    source: impl Fn(&str) -> String,
    query: &str,
    unknown: &[(Reply, &str)],
    beyond: Reply,
) -> Seen {
    let mut world = World::start_with(unknown[0].0.clone(), source, query).await;
    for (answer, why) in unknown {
        world.monitoring.always(answer.clone());
        world.until_it_waits_for(why);
    }
    world.monitoring.always(beyond);
    let end = world.end();
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert_eq!(end["reason"], "gpu-faults is 12.5 1/s, and should be at most 5, 2 times in a row", "{end:#}");
    assert_eq!(world.load.lost(), 0);
    world.monitoring.last()
}

/// A day from now, in seconds: a clock that is ahead keeps what is said fresh for as long as a test takes.
fn ahead() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 86_400
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_prometheus_brings_the_baseline_back() {
    let answer = |values: &[&str]| {
        let at = ahead();
        let samples: Vec<Value> =
            values.iter().map(|value| json!({"metric": {}, "value": [at, value]})).collect();
        let data = json!({"resultType": "vector", "result": samples});
        Reply::json(json!({"status": "success", "data": data}).to_string())
    };
    let source = |url: &str| format!("prometheus: {{url: '{url}'}}");
    let unknown = [
        (answer(&[]), "the query has no result"),
        (answer(&["NaN"]), "its value is NaN"),
        (answer(&["0", "0"]), "the query has 2 results where one was expected"),
    ];
    let asked = check(source, r#"gpu_faults{release="{{release}}"}"#, &unknown, answer(&["12.5"])).await;
    let uri = asked.uri.to_string();
    assert!(
        uri.starts_with("/api/v1/query?query=gpu%5Ffaults%7Brelease%3D%22parcels%2Dv2%22%7D&time="),
        "{uri}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_cloud_watch_brings_the_baseline_back() {
    let answer = |status: &str, values: &str| {
        let at = ahead();
        let series = format!(r#"{{"StatusCode": "{status}", "Timestamps": [{at}], "Values": [{values}]}}"#);
        Reply::json(format!(r#"{{"MetricDataResults": [{series}]}}"#))
    };
    let source = |url: &str| {
        format!(
            "cloudWatch: {{region: eu-central-1, accessKey: 'env:KEY_ID', secretKey: 'env:KEY', url: '{url}'}}"
        )
    };
    let query = r#"SELECT SUM(Faults) FROM Gpu WHERE Release = "{{release}}""#;
    let throttled = Reply::json(r#"{"__type": "Throttling", "message": "Rate exceeded"}"#).status(400);
    let unknown = [
        (throttled, "it is asked too often, or too busy (status 400, Throttling)"),
        (answer("PartialData", "12.5"), "it has a part of the data only"),
    ];
    let asked = check(source, query, &unknown, answer("Complete", "12.5")).await;
    assert!(String::from_utf8_lossy(&asked.body).contains(r#"Release = \"parcels-v2\""#));
    assert!(
        asked.headers["authorization"].to_str().unwrap().contains("/eu-central-1/monitoring/aws4_request")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_datadog_brings_the_baseline_back() {
    let answer = |unit: &str| {
        // The last point is one that is not over yet.
        let at = ahead() * 1_000;
        let points = format!(r#"[[{at}.0, 12.5], [{at}.0, null]]"#);
        let unit = format!(r#"[{{"family": "frequency", "short_name": "{unit}"}}, null]"#);
        Reply::json(format!(
            r#"{{"status": "ok", "error": "", "series": [{{"pointlist": {points}, "unit": {unit}}}]}}"#
        ))
    };
    let source =
        |url: &str| format!("datadog: {{apiKey: 'env:KEY', applicationKey: 'env:KEY_ID', url: '{url}'}}");
    let none = Reply::json(r#"{"status": "ok", "series": []}"#);
    let unknown =
        [(none, "the query has no series"), (answer("1/h"), "it answers in 1/h, and 1/s was expected")];
    let asked = check(source, "sum:gpu.faults{release:{{release}}}", &unknown, answer("1/s")).await;
    let uri = asked.uri.to_string();
    assert!(uri.starts_with("/api/v1/query?from=") && uri.contains("parcels%2Dv2%7D"), "{uri}");
    assert_eq!(asked.headers["dd-api-key"], "not told to anybody");
    assert_eq!(asked.headers["dd-application-key"], "AKIDEXAMPLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_new_relic_brings_the_baseline_back() {
    let answer = |rows: &str| {
        Reply::json(format!(r#"{{"data": {{"actor": {{"account": {{"nrql": {{"results": {rows}}}}}}}}}}}"#))
    };
    let source = |url: &str| format!("newRelic: {{apiKey: 'env:KEY', account: 1234567, url: '{url}'}}");
    let query = "SELECT latest(faults) FROM Gpu WHERE release = ''{{release}}''";
    let refused = Reply::json(r#"{"errors": [{"message": "Invalid API key"}]}"#);
    let unknown = [
        (refused, "it answers an error: Invalid API key"),
        (answer(r#"[{"latest.faults": null}]"#), "it answers null where a number was expected"),
    ];
    let asked = check(source, query, &unknown, answer(r#"[{"latest.faults": 12.5}]"#)).await;
    let question: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(
        question["variables"],
        json!({"account": 1_234_567, "query": "SELECT latest(faults) FROM Gpu WHERE release = 'parcels-v2'"})
    );
    assert_eq!(asked.headers["api-key"], "not told to anybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_holds_the_rollout_up_and_nothing_else() {
    // Each of them says that all is well, in a way that is not believed.
    let elsewhere = Reply::json(WELL).status(302).header("location", "http://127.0.0.1:1/");
    let in_the_end = Reply::json(WELL).after(Duration::from_secs(3));
    let padding = " ".repeat(10 << 20);
    let another_unit = Reply::json(r#"{"faults": 0, "unit": "1/h"}"#);
    let mut world = World::start(Reply::json(WELL).status(503)).await;
    world.until_it_waits_for("status 503");
    for (answer, why) in [
        (another_unit, "it answers in 1/h, and 1/s was expected"),
        (elsewhere, "status 302"),
        (in_the_end, "no answer within 1000 ms"),
        (Reply::json(format!("{WELL}{padding}")), "could not be read"),
    ] {
        world.monitoring.always(answer);
        world.until_it_waits_for(why);
    }
    world.monitoring.always(Reply::json(WELL));
    let end = world.end();
    assert_eq!(end["phase"], "Promoted", "{end:#}");
    let told = world.viridian.run(&["explain", ROLLOUT]).stdout;
    assert!(told.contains("gpu-faults is 0 1/s, at most 5 as it should be"), "{told}");
    assert_eq!(world.load.lost(), 0);
}
