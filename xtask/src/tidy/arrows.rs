//! The direction of dependency between the rooms: always down, never sideways, and only along arrows that were decided.
//!
//! Entry point: [`check`], over what cargo knows and the decisions in `policy.toml`. Arrows inside a room are the
//! business of `cycles`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package};

use crate::fault::Fault;
use crate::policy::Room;

/// Tests of every room may use it; production code never does.
const TESTKIT: &str = "viridian-testkit";

/// A crate of the workspace and what it depends on, ours and foreign.
#[derive(Debug)]
pub(super) struct Member {
    name: String,
    dependencies: Vec<Arrow>,
}

/// A dependency: on whom, and whether tests alone need it.
#[derive(Debug)]
struct Arrow {
    to: String,
    kind: DependencyKind,
}

impl From<&Package> for Member {
    fn from(package: &Package) -> Self {
        let arrow = |dependency: &cargo_metadata::Dependency| Arrow {
            to: dependency.name.clone(),
            kind: dependency.kind,
        };
        Self {
            name: package.name.to_string(),
            dependencies: package.dependencies.iter().map(arrow).collect(),
        }
    }
}

/// A fault for each arrow that was not decided, and for each decision that does not point down.
pub(super) fn check(members: &[Member], rooms: &BTreeMap<String, Room>) -> Vec<Fault> {
    let mut faults = decisions(rooms);
    let ours: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    for member in members {
        let Some(room) = rooms.get(&member.name) else {
            faults.push(Fault::new(&member.name, "has no entry among the rooms of xtask/policy.toml"));
            continue;
        };
        for arrow in &member.dependencies {
            let allowed = match (ours.contains(arrow.to.as_str()), arrow.kind) {
                (true, DependencyKind::Development) => tests_may_use(room, &arrow.to, rooms),
                (true, _) => room.uses.contains(&arrow.to),
                (false, DependencyKind::Development) => true,
                (false, _) => room.libraries.as_ref().is_none_or(|libraries| libraries.contains(&arrow.to)),
            };
            if !allowed {
                let message = format!("may not use {} ({})", arrow.to, in_words(arrow.kind));
                faults.push(Fault::new(&member.name, message));
            }
        }
    }
    faults
}

/// The decisions themselves keep the direction.
fn decisions(rooms: &BTreeMap<String, Room>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, room) in rooms {
        for used in &room.uses {
            let down = rooms.get(used).is_some_and(|used| used.floor < room.floor);
            if !down || used == TESTKIT {
                let message = format!("{name} uses {used}, which is no room on a lower floor");
                faults.push(Fault::new("xtask/policy.toml", message));
            }
        }
    }
    faults
}

/// The testkit, the rooms that the room uses, and everything below those.
fn tests_may_use(room: &Room, to: &str, rooms: &BTreeMap<String, Room>) -> bool {
    let below = |used: &String| rooms.get(used).is_some_and(|used| tests_may_use(used, to, rooms));
    to == TESTKIT || room.uses.iter().any(|used| used == to || below(used))
}

fn in_words(kind: DependencyKind) -> &'static str {
    match kind {
        DependencyKind::Development => "in tests",
        DependencyKind::Build => "in its build script",
        _ => "in production",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DependencyKind::{Build, Development, Normal};

    fn room(floor: u32, uses: &[&str]) -> Room {
        Room { floor, uses: uses.iter().map(ToString::to_string).collect(), libraries: None }
    }

    /// gateway and api > store and wire > core.
    fn house() -> BTreeMap<String, Room> {
        let rooms = [
            ("core", Room { libraries: Some(vec!["serde".to_owned()]), ..room(0, &[]) }),
            ("wire", room(1, &["core"])),
            ("store", room(1, &["core"])),
            ("gateway", room(2, &["wire"])),
            ("api", room(2, &["wire", "store"])),
            (TESTKIT, room(3, &["core"])),
        ];
        rooms.into_iter().map(|(name, room)| (name.to_owned(), room)).collect()
    }

    /// The messages when `from` depends on `to`.
    fn faults(from: &str, to: &str, kind: DependencyKind) -> Vec<String> {
        let member = |name: &str| Member { name: name.into(), dependencies: Vec::new() };
        let mut members: Vec<Member> = house().keys().map(|name| member(name)).collect();
        members.push(Member { name: from.into(), dependencies: vec![Arrow { to: to.into(), kind }] });
        check(&members, &house()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn production_code_uses_what_was_decided_and_nothing_else() {
        assert!(faults("gateway", "wire", Normal).is_empty());
        assert_eq!(faults("gateway", "store", Normal), ["gateway: may not use store (in production)"]);
        assert_eq!(faults("gateway", "core", Normal).len(), 1, "not decided");
        assert_eq!(faults("gateway", "api", Normal).len(), 1, "sideways");
        assert_eq!(faults("core", "wire", Normal).len(), 1, "up");
        assert_eq!(faults("api", TESTKIT, Normal), [format!("api: may not use {TESTKIT} (in production)")]);
        assert_eq!(faults("wire", "store", Build), ["wire: may not use store (in its build script)"]);
    }

    #[test]
    fn tests_use_the_testkit_and_what_lies_below() {
        assert!(faults("gateway", TESTKIT, Development).is_empty());
        assert!(faults("gateway", "core", Development).is_empty());
        assert_eq!(faults("gateway", "store", Development), ["gateway: may not use store (in tests)"]);
        assert_eq!(faults("wire", "api", Development).len(), 1, "up");
    }

    #[test]
    fn a_pure_room_links_against_what_was_decided() {
        assert!(faults("core", "serde", Normal).is_empty());
        assert!(faults("core", "proptest", Development).is_empty());
        assert!(faults("wire", "tokio", Normal).is_empty());
        assert_eq!(faults("core", "tokio", Normal), ["core: may not use tokio (in production)"]);
    }

    #[test]
    fn every_room_has_an_entry() {
        assert_eq!(faults("cellar", "core", Normal).len(), 1);
    }

    #[test]
    fn a_decision_points_down() {
        let check = |used: &str| {
            let mut rooms = house();
            rooms.insert("gateway".into(), room(2, &[used]));
            decisions(&rooms).len()
        };
        assert_eq!(check("wire"), 0);
        assert_eq!(check("api"), 1, "sideways");
        assert_eq!(check(TESTKIT), 1, "up");
        assert_eq!(check("cellar"), 1, "unknown");
    }
}
