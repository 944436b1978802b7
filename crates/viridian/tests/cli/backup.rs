//! Copies of the database, taken beside a control plane that is at work.

use crate::control_plane::ControlPlane;
use crate::program::run;
use viridian_core::id::RolloutName;
use viridian_core::rollout::state::{Phase, Position};
use viridian_store::Store;

#[test]
fn a_copy_is_taken_at_work_and_restored_elsewhere() {
    let plane = ControlPlane::furnished();
    let backup = plane.run(&["backup", "copy.db", "--data-dir", "data"]);
    assert_eq!((backup.code, backup.out.as_str()), (0, ""), "{backup:?}");
    assert!(backup.err.contains("Wrote copy.db"), "{backup:?}");
    // The control plane goes on, and the copy does not know of it.
    plane.go(Phase::Progressing(Position::at(0, crate::control_plane::now())));

    let restore = run(plane.path(), &["restore", "copy.db", "--data-dir", "elsewhere"]);
    assert_eq!((restore.code, restore.out.as_str()), (0, ""), "{restore:?}");
    assert!(restore.err.contains("viridian serve --data-dir elsewhere"), "{restore:?}");
    let restored = Store::open(&plane.path().join("elsewhere")).unwrap();
    let rollout = restored.rollout(&RolloutName::parse("chat-v2").unwrap()).unwrap().unwrap();
    assert_eq!(rollout.state.phase, Phase::Pending);
}

#[test]
fn nothing_is_written_over() {
    let plane = ControlPlane::furnished();
    let check = |arguments: &[&str], code: i32, says: &str| {
        let ended = run(plane.path(), arguments);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(says), "{arguments:?}: {ended:?}");
    };
    check(&["backup", "chat.yaml", "--data-dir", "data"], 2, "chat.yaml exists and was left as it is");
    check(&["backup", "copy.db", "--data-dir", "nowhere"], 1, "there is no database in nowhere");
    check(&["backup", "copy.db", "--data-dir", "data"], 0, "Wrote copy.db");
    check(&["backup", "copy.db", "--data-dir", "data", "--force"], 0, "Wrote copy.db");
    check(&["restore", "copy.db", "--data-dir", "data"], 1, "is not empty");
    check(&["restore", "chat.yaml", "--data-dir", "new"], 1, "not a sound Viridian database");
    check(&["restore", "copy.db", "--data-dir", "new"], 0, "Restored copy.db");
}
