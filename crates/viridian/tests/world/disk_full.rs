//! The disk is full under the whole product: callers notice nothing, no step is taken away from the baseline, and one
//! order restores it all the same. When there is room again, everything goes on.

use crate::chat_model::{ChatModel, Failing};
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use viridian_testkit::disk::Disk;

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
/// What the database sets aside, and a little more.
const DISK_BYTES: u64 = 24 << 20;
const STEPS: [&str; 5] =
    ["weight: 20%", "analysis: {minSamples: 200}", "weight: 50%", "analysis: {minSamples: 200}", "pause: {}"];
/// Candidate requests that would be enough for the next step twice over.
const ENOUGH: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_steps_forward_and_nothing_else() {
    let Some(disk) = Disk::of(DISK_BYTES) else { return };
    let baseline = ChatModel::start(Failing::Never).await;
    let candidate = ChatModel::start(Failing::Never).await;
    let manifest = manifests::two_releases(APPLICATION, "request", [&baseline.url(), &candidate.url()]);
    let mut viridian = Viridian::start(disk.path(), &manifest, ANY_PORT);
    let load = Load::start(viridian.gateway(), APPLICATION, STEADY);
    viridian.start_rollout(disk.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));

    viridian.until(ROLLOUT, |status| status["weight"] == 20.0);
    disk.fill();
    load.until_more("candidate", ENOUGH).await;
    assert_eq!(viridian.status(ROLLOUT)["weight"], 20.0, "nothing moves that cannot be written down");
    assert_eq!(viridian.run(&["rollout", "pause", ROLLOUT]).code, Some(1), "it could not be remembered");
    let trouble = viridian.status(ROLLOUT)["trouble"].clone();
    assert!(
        trouble.as_str().is_some_and(|told| told.starts_with("the database cannot be written")),
        "{trouble}"
    );

    disk.free();
    let moved = viridian.until(ROLLOUT, |status| status["weight"] == 50.0);
    assert_eq!(moved.get("trouble"), None, "it was written: {moved:#}");
    disk.fill();
    assert_eq!(viridian.run(&["rollout", "rollback", ROLLOUT]).code, Some(0));
    let end = viridian.until_phase(ROLLOUT, &["RolledBack"]);
    let received = candidate.received();
    load.until_more("baseline", ENOUGH).await;
    assert_eq!((&end["weight"], candidate.received()), (&0.0.into(), received));

    let failed = load.served().into_iter().find(|served| served.status != 200);
    assert!(failed.is_none() && load.lost() == 0, "{failed:?}, {} lost", load.lost());
}
