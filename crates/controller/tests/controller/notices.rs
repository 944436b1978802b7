//! People who are called by a webhook that hangs, leads elsewhere, is away and comes back.

use crate::world::{World, rollout};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;
use viridian_controller::{MOST_WAITING, Patience};
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_core::rollout::state::Phase;
use viridian_platform::webhook::Webhook;
use viridian_testkit::line::Line;
use viridian_testkit::upstream::{Act, Reply, Upstream};
use viridian_wire::notice::Notice;

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_millis(300);
/// An address that nobody answers at.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// People, and a line to them that can be led elsewhere.
struct People {
    _runtime: Runtime,
    phone: Upstream,
    line: Line,
}

impl People {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let phone = runtime.block_on(Upstream::start());
        phone.always(Reply::json("ok"));
        let address = phone.url().trim_start_matches("http://").parse().unwrap();
        let line = runtime.block_on(Line::to(address));
        Self { _runtime: runtime, phone, line }
    }

    /// A world whose rollout is under way, and which calls these people for so long.
    fn world(&self, whole: Duration) -> World {
        let address = format!("http://{}/page", self.line.address());
        let webhook = Webhook::new(&address, None, ANSWER).unwrap();
        let patience =
            Patience { first: Duration::from_millis(20), longest: Duration::from_millis(50), whole };
        World::calling(webhook, patience)
    }

    fn hang_up(&self) {
        self.line.lead_to(NOBODY);
        self.line.reset();
    }

    fn come_back(&self) {
        self.line.lead_to(self.phone.url().trim_start_matches("http://").parse().unwrap());
    }

    /// What they were told, in order, each once.
    fn told(&self) -> Vec<Notice> {
        let mut told: Vec<Notice> = Vec::new();
        for seen in self.phone.seen() {
            let notice: Notice = serde_json::from_slice(&seen.body).unwrap();
            assert_eq!(seen.headers["idempotency-key"], notice.id.as_str());
            if !told.contains(&notice) {
                told.push(notice);
            }
        }
        told
    }
}

const LONG: Duration = Duration::from_secs(600);

/// Something critical happens: the table becomes too long, and short again.
fn call(world: &World) {
    world.pin(5_000);
    world.until("a hold", |world| matches!(world.state().phase, Phase::Held { .. }));
    world.pin(1);
    world.until("it goes on", |world| matches!(world.state().phase, Phase::Progressing(_)));
}

fn counted(world: &World) -> (u64, u64, u64) {
    let notices = world.controller.notices().unwrap();
    (notices.posted(), notices.lost(), notices.waiting())
}

fn until_counted(world: &World, expected: (u64, u64, u64)) {
    world.until(&format!("{expected:?} posted, lost, waiting"), |world| counted(world) == expected);
}

#[test]
fn what_is_critical_is_told_once_and_nothing_else_is() {
    let people = People::new();
    let world = people.world(LONG);
    call(&world);
    until_counted(&world, (1, 0, 0));
    let told = people.told();
    assert_eq!((told.len(), people.phone.requests()), (1, 1));
    assert_eq!(told[0].rollout, rollout());
    assert!(told[0].message.starts_with("held: the new table would be "), "{told:?}");
    assert!(told[0].text.starts_with("rollout to-v2: held"), "{told:?}");
    // It is told first and crossed out then.
    world.until("it is crossed out", |world| world.store.undelivered().unwrap().is_empty());
}

/// Nobody who hangs, refuses or leads elsewhere holds a rollout up, and each notice is told in the end.
#[test]
fn people_who_hang_or_refuse_are_called_again_while_rollouts_go_on() {
    let people = People::new();
    people.phone.next(Act::Silence);
    people.phone.next(Act::HangUp);
    people.phone.next(Reply::json("").status(307).header("location", "/elsewhere"));
    people.phone.next(Reply::json("").status(500));
    people.phone.next(Reply::json("").status(404));
    let world = people.world(LONG);
    call(&world);
    call(&world);
    until_counted(&world, (2, 0, 0));
    assert_eq!((people.told().len(), people.phone.requests()), (2, 7));
    assert!(
        people.phone.seen().iter().all(|seen| seen.uri.path() == "/page"),
        "nobody is followed elsewhere"
    );
}

#[test]
fn people_who_were_away_are_told_when_they_are_back_also_after_a_restart() {
    let people = People::new();
    people.hang_up();
    let world = people.world(LONG);
    call(&world);
    call(&world);
    until_counted(&world, (0, 0, 2));
    let world = world.restart();
    call(&world);
    until_counted(&world, (0, 0, 3));
    people.come_back();
    until_counted(&world, (3, 0, 0));
    let told = people.told();
    let at: Vec<_> = told.iter().map(|notice| notice.at).collect();
    assert!(told.len() == 3 && at.is_sorted(), "in the order in which it happened: {told:?}");
}

#[test]
fn what_was_tried_for_long_enough_is_given_up_and_counted() {
    let people = People::new();
    people.hang_up();
    let world = people.world(Duration::from_millis(200));
    call(&world);
    until_counted(&world, (0, 1, 0));
    people.come_back();
    call(&world);
    until_counted(&world, (1, 1, 0));
    assert_eq!(people.told().len(), 1);
}

#[test]
fn of_more_notices_than_may_wait_the_oldest_are_given_up_and_counted() {
    let people = People::new();
    people.hang_up();
    let world = people.world(LONG);
    let database = rusqlite::Connection::open(world.directory.path().join("viridian.db")).unwrap();
    let message = "the sky falls".to_owned();
    let effect = Effect::Notify { severity: Severity::Critical, message };
    let effect = serde_json::to_string(&effect).unwrap();
    let insert = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                  INSERT INTO outbox (rollout, effect, at) SELECT ?2, ?3, i FROM n";
    database.execute(insert, (MOST_WAITING as i64 + 5, rollout().as_str(), &effect)).unwrap();
    world.controller.nudge().wake();
    until_counted(&world, (0, 5, MOST_WAITING as u64));
    world.until("the surplus is crossed out", |world| {
        world.store.undelivered().unwrap().len() == MOST_WAITING
    });
}
