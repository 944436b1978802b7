//! The controller's database goes away, or its disk does, while gateways are elsewhere.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::viridian::Viridian;
use tempfile::TempDir;
use viridian_testkit::disk::Disk;

/// Room for a file system, the database and what it sets aside.
const DISK_BYTES: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn f11_on_a_disk_that_broke_a_rollback_is_served_and_remembered_by_gateways() {
    let Some(disk) = Disk::that_breaks(DISK_BYTES) else { return };
    let home = TempDir::new_in(disk.path()).unwrap();
    let mut scene = Scene::set_in(home, 2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    disk.break_down();
    unwritable(&scene).await;
    healed_by_nothing(scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_a_database_that_is_gone_takes_no_order_that_would_be_forgotten() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    let (here, gone) = (scene.world.home.path().join("data"), scene.world.home.path().join("gone"));
    std::fs::rename(&here, &gone).unwrap();
    unwritable(&scene).await;
    // It was only mislaid: what was ordered meanwhile is written down now.
    std::fs::rename(&gone, &here).unwrap();
    scene.until_it_ends("RolledBack");
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

/// No step forward is taken; a rollback is, and serves everywhere; callers notice nothing.
async fn unwritable(scene: &Scene) {
    let world = &scene.world;
    assert_eq!(world.controller.run(&["rollout", "resume", ROLLOUT]).code, Some(1), "it would be forgotten");
    assert_eq!(world.controller.status(ROLLOUT)["phase"], "Held");
    assert_eq!(world.controller.run(&["rollout", "rollback", ROLLOUT]).code, Some(0));
    for load in &world.loads {
        load.until_none_of("candidate").await;
    }
}

/// The controller ends with its disk. Gateways know what it could not write down, and another controller, with nothing
/// but an empty database, takes nothing from them.
async fn healed_by_nothing(mut scene: Scene) {
    scene.world.kill_controller();
    let elsewhere = TempDir::new().unwrap();
    scene.world.controller = Viridian::control(elsewhere.path(), &scene.world.manifest, scene.world.internal);
    scene.some_more().await;
    scene.fault_ends();
    for load in &mut scene.world.loads {
        load.finish().await;
        let failed = load.served().into_iter().find(|served| served.status != 200);
        assert!(failed.is_none() && load.lost() == 0, "{failed:?}, {} lost", load.lost());
        load.expect_baseline_at_the_end();
    }
}
