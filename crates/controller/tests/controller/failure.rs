//! What does not work any more when the store cannot be written, and what still does.

use crate::world::World;
use viridian_core::rollout::command::Command;
use viridian_core::weight::Weight;

/// Makes every write fail until it is undone: somebody else holds the file's write lock.
pub(crate) struct Unwritable {
    connection: rusqlite::Connection,
}

impl Unwritable {
    pub(crate) fn on(world: &World) -> Self {
        let connection = rusqlite::Connection::open(world.directory.path().join("viridian.db")).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self { connection }
    }

    pub(crate) fn released(self) {
        self.connection.execute_batch("ROLLBACK").unwrap();
    }
}

#[test]
fn a_rollback_is_served_before_it_is_written_down() {
    let world = World::under_way();
    let lock = Unwritable::on(&world);
    world.order(&Command::Rollback { by: "ada".to_owned(), reason: None });
    world.until("back to the baseline", |world| world.table().unwrap().candidate_weight() == Weight::ZERO);
    assert_ne!(world.state().phase.word(), "RolledBack", "it is not written down yet");
    let served = world.table().unwrap().generation;
    lock.released();
    world.follow_until("RolledBack");
    assert_eq!(world.table().unwrap().generation, served, "what was served is what was written down");
}
