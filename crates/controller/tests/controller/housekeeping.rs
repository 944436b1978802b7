//! The database is kept small in the background.

use crate::world::World;
use std::sync::Arc;
use std::time::Duration;
use viridian_controller::Housekeeper;
use viridian_core::time::Timestamp;
use viridian_store::Retention;

/// How many requests the rows of gateways hold; totals are not among them.
fn rows(world: &World) -> u64 {
    let since = Timestamp(0);
    world.store.recent(&crate::world::application(), since, Duration::ZERO, world.now()).unwrap().outcomes
}

#[test]
fn rows_become_totals_beside_the_loop() {
    let mut world = World::under_way();
    world.serve_both((900, 100), (100, 100));
    assert!(rows(&world) > 0);
    world.pass(Duration::from_secs(3 * 24 * 3_600));
    let now = world.now();
    let keeper =
        Housekeeper::start(world.store.clone(), Arc::new(move || now), Retention::default()).unwrap();
    world.until("the rows are folded", |world| rows(world) == 0);
    drop(keeper);
}
