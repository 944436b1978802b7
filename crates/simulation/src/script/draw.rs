//! Drawing a script from a seed. The parameters themselves differ from seed to seed: some runs are calm but for one kind
//! of fault, some have everything at once, some are long and slow, some short and quick.

use super::{Act, Deed, Disk, Order, Script, Way, Weather};
use crate::chance::Chance;
use crate::model::Health;
use std::time::Duration;

/// The most faults of one run.
const MOST_ACTS: u64 = 10;
/// How fast clocks may run beside the truth, in millionths: what a plain quartz does.
const DRIFT: u64 = 100;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

impl Script {
    /// The script of a seed.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::seeded(seed);
        let gateways = 1 + chance.place(5);
        let applications = if chance.hits(200) { 2 } else { 1 };
        let pace = chance.pick(&[seconds(2), seconds(5), seconds(5), seconds(10)], seconds(5));
        let length = pace * u32::try_from(30 + chance.below(120)).unwrap_or(30);
        let weather = usual(&mut chance);
        let drift = (0..gateways).map(|_| drift(&mut chance)).collect();
        let mut script =
            Self { seed, gateways, applications, pace, length, weather, drift, acts: Vec::new() };
        for application in 0..applications {
            let at = chance.span(Duration::ZERO, pace * 12);
            script.acts.push(Act { at, lasts: Duration::ZERO, deed: Deed::Start(application) });
        }
        let kinds = kinds(&mut chance);
        for _ in 0..1 + chance.below(MOST_ACTS) {
            let kind = chance.pick(&kinds, Kind::Network);
            let act = script.draw(kind, &mut chance);
            script.acts.push(act);
        }
        // Last, so that every seed goes on telling what it told before there were full disks.
        for _ in 0..chance.pick(&[0, 0, 1, 2], 0) {
            let act = script.draw(Kind::GatewayDisk, &mut chance);
            script.acts.push(act);
        }
        script.acts.sort_by_key(|act| act.at);
        script
    }

    fn draw(&self, kind: Kind, chance: &mut Chance) -> Act {
        let at = chance.span(self.pace, self.length);
        // Most faults are short against a lease, some outlast one.
        let lasts = match chance.below(6) {
            0 => chance.span(seconds(10 * 60), seconds(20 * 60)),
            1 | 2 => chance.span(seconds(15), seconds(120)),
            _ => chance.span(Duration::from_millis(50), seconds(20)),
        };
        let gateway = chance.place(self.gateways);
        let application = chance.place(self.applications);
        let deed = match kind {
            Kind::Gateway => on_a_gateway(gateway, chance),
            Kind::GatewayDisk => Deed::FullDisk(gateway),
            Kind::Controller => {
                let deeds =
                    [Deed::CrashController, Deed::CrashController, Deed::PauseController, Deed::Usurp];
                chance.pick(&deeds, Deed::CrashController)
            }
            Kind::Network => on_the_network(gateway, chance),
            Kind::Store => Deed::Disk(
                chance.pick(&[Health::Full, Health::ReadOnly, Health::Away, Health::Uncertain], Health::Full),
            ),
            Kind::Clock => {
                let by = chance.pick(&[-3_600, -60, 60, 3_600], 60);
                match chance.below(3) {
                    0 => Deed::SetControllerClock(by),
                    _ => Deed::SetGatewayClock(gateway, by),
                }
            }
            Kind::People => {
                let orders = [
                    Order::Rollback,
                    Order::Rollback,
                    Order::Abort,
                    Order::Pause,
                    Order::Resume,
                    Order::Promote,
                ];
                match chance.below(8) {
                    0 => Deed::Start(application),
                    _ => Deed::Order(application, chance.pick(&orders, Order::Rollback)),
                }
            }
            Kind::Releases => match chance.below(3) {
                0 => Deed::BaselineDown,
                _ => Deed::CandidateBad(application),
            },
        };
        Act { at, lasts, deed }
    }
}

/// What kind of thing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gateway,
    GatewayDisk,
    Controller,
    Network,
    Store,
    Clock,
    People,
    Releases,
}

/// The kinds of one run: a few of them, so that each also meets the others alone.
fn kinds(chance: &mut Chance) -> Vec<Kind> {
    let all = [
        Kind::Gateway,
        Kind::Controller,
        Kind::Network,
        Kind::Store,
        Kind::Clock,
        Kind::People,
        Kind::Releases,
    ];
    all.into_iter().filter(|_| chance.hits(550)).collect()
}

fn on_a_gateway(gateway: usize, chance: &mut Chance) -> Deed {
    let disks = [Disk::Kept, Disk::Kept, Disk::Kept, Disk::Cut, Disk::Flipped, Disk::Empty];
    match chance.below(6) {
        0 => Deed::StopGateway(gateway),
        1 => Deed::SuspendGateway(gateway),
        _ => Deed::CrashGateway(gateway, chance.pick(&disks, Disk::Kept)),
    }
}

fn on_the_network(gateway: usize, chance: &mut Chance) -> Deed {
    let way = chance.pick(&[Way::Both, Way::Both, Way::Up, Way::Down], Way::Both);
    match chance.below(5) {
        0 => Deed::Storm(Weather {
            loss: chance.below(400),
            twice: chance.below(400),
            delay: chance.span(seconds(0), seconds(20)),
        }),
        1 => Deed::Cut(None, way),
        _ => Deed::Cut(Some(gateway), way),
    }
}

fn usual(chance: &mut Chance) -> Weather {
    match chance.below(3) {
        0 => Weather { loss: 0, twice: 0, delay: Duration::from_millis(5) },
        1 => Weather { loss: 5, twice: 5, delay: Duration::from_millis(100) },
        _ => Weather { loss: 30, twice: 30, delay: seconds(2) },
    }
}

fn drift(chance: &mut Chance) -> i64 {
    let drift = i64::try_from(chance.below(2 * DRIFT + 1)).unwrap_or(0);
    drift - i64::try_from(DRIFT).unwrap_or(0)
}
