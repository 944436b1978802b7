//! Strict guards over real sockets: a candidate that is certainly worse than the baseline, by what its guard tolerates, stays
//! under way where the guard is strict and goes back where it is not, and one that is worse beyond the margin of a strict guard
//! goes back as well.

use crate::load::{Load, Who};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use std::time::Duration;
use tempfile::TempDir;
use viridian_testkit::upstream::{Reply, Upstream};

/// Every so manyth answer of a candidate is an error: 20 points more than of its baseline, which makes none.
const EVERY: usize = 5;
/// More requests than a candidate is sent in a test.
const ANSWERS: usize = 30_000;
/// Several times the outcomes after which the others have gone back.
const PLENTY: u64 = 1_000;
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(15);
const STEPS: [&str; 2] = ["weight: 50%", "analysis: {minSamples: 1000000}"];
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
/// A name, and how its guard on errors goes on.
const APPLICATIONS: [(&str, &str); 3] = [
    ("within", "margin: 20pp, strict: true"),
    ("at-once", "margin: 20pp"),
    ("beyond", "margin: 5pp, strict: true"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_guard_lets_be_what_is_worse_within_its_margin_and_nothing_beyond() {
    let home = TempDir::new().unwrap();
    let baseline = Upstream::start().await;
    let (mut candidates, mut manifests) = (Vec::new(), Vec::new());
    for (name, guard) in APPLICATIONS {
        let candidate = failing().await;
        let releases = manifests::two_releases(name, "request", [&baseline.url(), &candidate.url()]);
        manifests.push(releases.replacen("margin: 2pp", guard, 1));
        candidates.push(candidate);
    }
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let loads = APPLICATIONS.map(|(name, _)| Load::start_for(Who::Nobody, viridian.gateway(), name, PACE));
    for (name, _) in APPLICATIONS {
        viridian.start_rollout(home.path(), &manifests::rollout(name, name, &STEPS));
    }

    for name in ["at-once", "beyond"] {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(
            (&end["phase"], &end["reason"]),
            (&"RolledBack".into(), &"errors got worse".into()),
            "{end:#}"
        );
    }
    let within = viridian.until("within", |status| {
        let outcomes = status["report"]["analysis"]["candidateOutcomes"].as_u64().unwrap_or_default();
        ENDS.contains(&status["phase"].as_str().unwrap()) || outcomes >= PLENTY
    });
    let judged = &within["report"]["analysis"]["guards"][0];
    assert_eq!((&within["phase"], &judged["verdict"]), (&"Progressing".into(), &"wait".into()), "{within:#}");
    let lower = judged["effect"]["lower"].as_f64().unwrap();
    assert!(lower > 0.1, "it is certainly worse: {within:#}");
    assert!(loads.iter().all(|load| load.lost() == 0));
}

/// A candidate that fails at a rate.
async fn failing() -> Upstream {
    let upstream = Upstream::start().await;
    for number in 0..ANSWERS {
        let status = if number % EVERY == 0 { 500 } else { 200 };
        upstream.next(Reply::json("{}").status(status));
    }
    upstream
}
