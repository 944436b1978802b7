//! The line of a gateway to a controller that is not what it takes itself for.

use crate::world::World;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use viridian_core::id::Term;
use viridian_core::routing::table::RoutingTable;
use viridian_gateway::{Config, Uplink, UplinkError};
use viridian_platform::client::Client;
use viridian_testkit::table::{placement, snapshot, table};
use viridian_testkit::upstream::{Reply, Upstream};
use viridian_wire::door::{REPORTS, TERM};
use viridian_wire::snapshot::Snapshot;

/// A gateway that has followed a controller of term 2.
fn follower(upstream: &Upstream) -> World {
    let world = World::with([], |config| config.exposure_lease = Some(Config::EXPOSURE_LEASE));
    let served = RoutingTable { term: Term(2), ..table("support-chat", placement("v1", &upstream.url())) };
    let offered = Snapshot { term: Term(2), ..snapshot([served]) };
    assert!(world.handle.offer(&offered).answers[0].rejected.is_none());
    world
}

/// A controller that takes every report and says that it acts in this term.
fn acts_in(controller: &Upstream, term: &str) {
    controller.always(Reply::json(r#"{"durable":true}"#).header(TERM, term));
}

fn connect(world: &World, controller: &Upstream) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (stop, stopped) = watch::channel(false);
    let uplink = Uplink::new(world.handle.clone(), &controller.url(), "between us", Client::new()).unwrap();
    (stop, tokio::spawn(uplink.run(stopped)))
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let waited = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waited).await.is_ok(), "{what}");
}

#[tokio::test]
async fn being_heard_by_a_controller_whose_term_is_over_is_no_contact() {
    let (controller, upstream) = (Upstream::start().await, Upstream::start().await);
    let world = follower(&upstream);
    acts_in(&controller, "1");
    let (_stop, _running) = connect(&world, &controller);
    let reports = || controller.seen().iter().filter(|seen| seen.uri.path() == REPORTS).count();
    until("it reports, again and again", || reports() >= 3).await;
    assert_eq!(world.handle.standing().heard_ago, None, "no answer of that controller counts");
    let known = controller.seen().into_iter().all(|seen| seen.headers[TERM] == "2");
    assert!(known, "it is told which term has begun");

    acts_in(&controller, "2");
    until("contact", || world.handle.standing().heard_ago.is_some()).await;
}

#[tokio::test]
async fn what_would_be_read_on_the_way_is_not_sent() {
    let world = World::with([], |_| {});
    let uplink = |url: &str| Uplink::new(world.handle.clone(), url, "between us", Client::new()).map(drop);
    for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://controller.test:1"] {
        assert!(uplink(url).is_ok(), "{url}");
    }
    for url in
        ["http://10.0.0.1:1", "http://controller.test:1", "http://localhost.test:1", "http://0.0.0.0:1"]
    {
        assert!(matches!(uplink(url), Err(UplinkError::InTheClear(_))), "{url}");
    }
    for url in ["", "controller.test", "ftp://localhost:1"] {
        assert!(matches!(uplink(url), Err(UplinkError::Address(_))), "{url}");
    }
}
