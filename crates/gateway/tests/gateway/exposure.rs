//! Users whom two gateways serve by different arms, found from what both of them counted.

use crate::experiment::{conducted, served};
use crate::world::World;
use viridian_core::analysis::judge::Units;
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::arm;
use viridian_core::companion::Companions;
use viridian_core::epoch::{Allotment, Centres, Epoch, Stage, Thresholds};
use viridian_core::experiment::checks::{Exposed, Exposure, exposure};
use viridian_core::experiment::evidence::Counted;
use viridian_core::id::EpochId;
use viridian_core::routing::table::Salt;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_testkit::upstream::Upstream;
use viridian_wire::tally::TallyReport;

const ARMS: usize = 3;
const USERS: u32 = 600;

/// What two gateways counted, put together as a controller does.
fn together(reports: &[TallyReport]) -> Counted {
    let mut shares = [Weight::ZERO; arm::MOST];
    shares[..ARMS].fill(Weight::from_basis_points(3_000).unwrap());
    let allotment = Allotment { stage: Stage::Running, shares, companions: Companions::default() };
    let mut counts = EpochCounts::empty(Epoch {
        id: EpochId(1),
        weight: Weight::ZERO,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: Some(allotment),
    });
    for report in reports {
        report.tallies.iter().for_each(|row| counts.arm_mut(row.arm).tally.add(&row.tally));
        report.groups.iter().for_each(|row| counts.arm_mut(row.arm).groups.add(&row.groups));
    }
    Counted::of(&Evidence { epochs: vec![counts] }, ARMS)
}

/// Both gateways serve the same users, the second by a draw with this salt; how many got another arm there, and what is found.
async fn seen(salt: Salt) -> (u64, Exposure) {
    let upstream = Upstream::start().await;
    let (mut answers, mut reports) = (Vec::new(), Vec::new());
    for salt in [Salt([7; 16]), salt] {
        let mut table = conducted(&upstream, 1, [3_000; ARMS]);
        if let Some(running) = &mut table.experiment {
            running.salt = salt;
        }
        let world = World::serving([table]);
        answers.push(served(&world, 0..USERS).await);
        reports.push(world.settled().await);
    }
    let moved = answers[0].iter().zip(&answers[1]).filter(|(one, other)| one.0 != other.0);
    (moved.count() as u64, exposure(&together(&reports), ARMS, Units::Sticky))
}

#[tokio::test]
async fn who_is_on_one_arm_here_and_on_another_there_is_seen_twice() {
    let (moved, found) = seen(Salt([8; 16])).await;
    assert_eq!(found.finding, Exposed::Twice, "{found:?}");
    // The holdout and nobody's arm are served by the control, uncounted.
    assert!((moved / 2..=moved).contains(&found.twice), "{found:?} where {moved} moved");
}

#[tokio::test]
async fn gateways_that_draw_alike_show_nobody_twice() {
    let (moved, found) = seen(Salt([7; 16])).await;
    assert_eq!((moved, found.finding, found.twice), (0, Exposed::Once, 0), "{found:?}");
}
