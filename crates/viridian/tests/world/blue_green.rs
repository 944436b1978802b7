//! A blue-green switch over HTTP: the real binary, two environments, users who stay with what they were drawn for.

use crate::load::{Load, PATH, Served, Who};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::Value;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::upstream::{self, Reply, Upstream};

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const SMOKE: &str = "smoke: {requests: [{method: GET, path: /v1/models}]}";
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(8);
/// Enough that a tenth of them is many, and few enough that each calls every few seconds.
const USERS: usize = 2_000;
/// As many outcomes of the baseline as a comparison asks for before it begins.
const CALIBRATED: usize = 550;
/// So many requests without one on an environment are no coincidence at any share it ever had.
const MANY: usize = 300;

/// Blue serves, green is idle, and users call.
struct World {
    home: TempDir,
    viridian: Viridian,
    blue: Upstream,
    green: Upstream,
    load: Load,
}

impl World {
    async fn start() -> Self {
        let green = Upstream::start().await;
        let url = green.url();
        Self::start_with(green, &url).await
    }

    /// The same, with another address of green in the manifest.
    async fn start_with(green: Upstream, url: &str) -> Self {
        let home = TempDir::new().unwrap();
        let blue = Upstream::start().await;
        let manifest = manifests::two_releases(APPLICATION, "user", [&blue.url(), url]);
        let viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
        let load = Load::start_for(Who::Users(USERS), viridian.gateway(), APPLICATION, PACE);
        load.until_more("baseline", CALIBRATED).await;
        Self { home, viridian, blue, green, load }
    }

    fn start_switch(&self, bake: &str) {
        let parts = [SMOKE, "trial: 10%", &format!("bake: {bake}")];
        self.viridian.start_rollout(self.home.path(), &manifests::switch(ROLLOUT, APPLICATION, &parts));
    }

    /// Callers' requests that an environment received; smoke requests are not theirs.
    fn received(environment: &Upstream) -> usize {
        environment.seen().iter().filter(|seen| seen.uri.path() == PATH).count()
    }

    fn served_since(&self, moment: Instant) -> Vec<Served> {
        self.load.served().into_iter().filter(|served| served.sent_at > moment).collect()
    }

    /// Users go on calling, and blue alone answers them, well.
    async fn expect_blue_alone(&self) {
        let (moment, received) = (Instant::now(), Self::received(&self.green));
        self.load.until_more("baseline", MANY).await;
        let served = self.served_since(moment);
        let stray = served.iter().find(|served| served.release != "v1" || served.status != 200);
        assert!(stray.is_none(), "{stray:?}");
        assert_eq!(Self::received(&self.green), received, "green received requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_fails_its_smoke_test_receives_no_request_of_a_caller() {
    let mut world = World::start().await;
    world.green.always(Reply::json("{}").status(503));
    world.start_switch("{for: 1s}");
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("503"), "{end:#}");
    world.expect_blue_alone().await;
    let asked: HashSet<String> =
        world.green.seen().iter().map(|seen| format!("{} {}", seen.method, seen.uri.path())).collect();
    assert_eq!(asked, HashSet::from(["GET /v1/models".to_owned()]));
    assert_eq!(world.load.count("candidate"), 0);
    assert_eq!(world.load.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_keeps_the_old_environment_warm_until_the_bake_ends() {
    let mut world = World::start().await;
    world.start_switch("{for: 2s, holdback: 10%, minSamples: 250}");
    let baking = world.viridian.until_phase(ROLLOUT, &["Baking"]);
    assert_eq!(baking["weight"], 90.0, "{baking:#}");

    // While it bakes, some users stay on blue and are served as before.
    let moment = Instant::now();
    world.load.until_more("baseline", 50).await;
    assert_eq!(
        world.viridian.status(ROLLOUT)["phase"],
        "Baking",
        "not promoted without a holdback to compare with"
    );
    let served = world.served_since(moment);
    let held_back = served.iter().filter(|served| served.release == "v1").count();
    assert!(held_back * 20 > served.len() && held_back * 5 < served.len(), "{held_back} of {}", served.len());

    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
    let (promoted_at, received) = (Instant::now(), World::received(&world.blue));
    world.load.until_more("baseline", MANY).await;
    let stray = world.served_since(promoted_at).into_iter().find(|served| served.release != "v2");
    assert!(stray.is_none(), "{stray:?}");
    // What was under way when it was promoted may still have arrived.
    assert!(World::received(&world.blue) <= received + 8, "blue goes on serving");
    expect_sticky(&world.load.served());
    assert!(world.load.served().iter().all(|served| served.status == 200));
    assert_eq!(world.load.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_after_the_switch_bring_blue_back() {
    let mut world = World::start().await;
    world.start_switch("{for: 10m, holdback: 10%}");
    world.viridian.until_phase(ROLLOUT, &["Baking"]);
    world.green.always(Reply::json(r#"{"error": {"message": "out of memory"}}"#).status(500));
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert_eq!(end["reason"], "errors got worse", "{end:#}");
    world.expect_blue_alone().await;

    // What failed was counted, never more than callers saw.
    let failed = world.load.served().iter().filter(|served| served.status == 500).count() as u64;
    let counted = errors_of_candidate(&end);
    assert!(0 < counted && counted <= failed, "{counted} of {failed} errors counted: {end:#}");
    assert_eq!(world.load.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_switches_back() {
    let mut world = World::start().await;
    world.start_switch("{for: 10m, holdback: 10%}");
    world.viridian.until_phase(ROLLOUT, &["Baking"]);
    world.load.until_more("candidate", MANY).await;
    let said = world.viridian.run(&["rollout", "rollback", ROLLOUT, "--reason", "the invoices look wrong"]);
    assert_eq!(said.code, Some(0));
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("the invoices look wrong"), "{end:#}");
    world.expect_blue_alone().await;
    assert!(world.load.served().iter().all(|served| served.status == 200));
    assert_eq!(world.load.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_sends_users_to_an_environment_that_does_not_answer() {
    let nowhere = upstream::nowhere().await;
    let mut world = World::start_with(Upstream::start().await, &nowhere).await;
    let manifest = manifests::rollout(ROLLOUT, APPLICATION, &["weight: 10%", "analysis: {}"]);
    world.viridian.start_rollout(world.home.path(), &manifest);
    let said = world.viridian.run(&["rollout", "promote", ROLLOUT, "--full"]);
    assert_eq!(said.code, Some(0));
    let status = world.viridian.until(ROLLOUT, |status| {
        let waits_for = status["waitsFor"].as_str().unwrap_or_default();
        status["step"] == 3 && waits_for.contains("the candidate does not answer")
    });
    assert_eq!(status["weight"], 0.0, "{status:#}");
    world.expect_blue_alone().await;
    let history = world.viridian.ask(&["rollout", "history", ROLLOUT]).to_string();
    assert!(history.contains("steps 1 to 2 of 3 are passed over"), "{history}");
    assert_eq!((world.load.count("candidate"), world.load.lost()), (0, 0));
}

fn errors_of_candidate(status: &Value) -> u64 {
    let guards = status["report"]["analysis"]["guards"].as_array().unwrap();
    let errors = guards.iter().find(|judged| judged["guard"]["metric"] == "errors").unwrap();
    errors["candidate"]["bad"].as_u64().unwrap()
}

/// Whoever was served by the new release once is never sent back to the old one.
fn expect_sticky(served: &[Served]) {
    let mut moved = HashSet::new();
    for served in served {
        let user = served.user.unwrap();
        if served.release == "v2" {
            moved.insert(user);
        } else {
            assert!(!moved.contains(&user), "user {user} was sent back: {served:?}");
        }
    }
    assert!(moved.len() > USERS / 2, "{} users reached the new release", moved.len());
}
