//! Heavy groups: those whose units make an outsized part of the requests. [`HeavyGroups::of`] finds them, by requests
//! of both arms together and never by what came of them or by the arm they fell on, so that leaving them out of a
//! comparison on both arms favours neither.

use super::{MIN_GROUPS, Units};
use crate::analysis::measurement::Evidence;
use crate::analysis::verdict::Heavy;
use crate::arm::Arm;
use crate::metric::Metric;
use crate::stats::evidence::contrast::EpochSums;
use crate::unit::GROUPS;
use crate::weight::Weight;

/// A group is heavy from this part of the requests on, three times what each would have of equal ones. By simulation,
/// see docs/error-rates.md: below it groups of ordinary users are left out and with them evidence; above it a few users
/// keep a comparison of all the others from being made.
const OUTSIZED: f64 = 0.05;

/// The groups that are heavy.
pub(super) struct HeavyGroups {
    heavy: [bool; GROUPS],
    share: f64,
}

impl HeavyGroups {
    /// Those of evidence whose units stay together; requests drawn by themselves have none.
    pub(super) fn among(evidence: &Evidence, units: Units) -> Option<Self> {
        (units == Units::Sticky).then(|| Self::of(evidence)).flatten()
    }

    /// The largest groups, one by one, as long as the next has an outsized part of what is left and enough groups
    /// remain; nothing when no group is heavy.
    pub(super) fn of(evidence: &Evidence) -> Option<Self> {
        let requests = requests_by_group(evidence);
        let mut by_size: Vec<usize> = (0..GROUPS).collect();
        by_size.sort_by_key(|&group| std::cmp::Reverse(requests[group]));
        let all: u64 = requests.iter().sum();
        let (mut heavy, mut left) = ([false; GROUPS], all);
        for group in by_size.into_iter().take(GROUPS - MIN_GROUPS) {
            if requests[group] as f64 <= OUTSIZED * left as f64 {
                break;
            }
            heavy[group] = true;
            left -= requests[group];
        }
        heavy.contains(&true).then(|| Self { heavy, share: (all - left) as f64 / all as f64 })
    }

    /// The sums of the other groups.
    pub(super) fn left_out_of(&self, epoch: &EpochSums) -> EpochSums {
        let groups = epoch.groups.iter().zip(self.heavy).filter(|(_, heavy)| !heavy);
        EpochSums { probability: epoch.probability, groups: groups.map(|(sums, _)| *sums).collect() }
    }

    /// How many they are, and how much of the requests is theirs.
    pub(super) fn told(&self) -> Heavy {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10 000")]
        let share =
            Weight::from_basis_points((self.share * 100.0).round() as u16 * 100).unwrap_or(Weight::FULL);
        Heavy { groups: self.heavy.iter().filter(|heavy| **heavy).count(), share }
    }
}

/// Requests of both arms, which every outcome of a unit adds one to, whatever came of it.
fn requests_by_group(evidence: &Evidence) -> [u64; GROUPS] {
    let mut requests = [0; GROUPS];
    for counts in evidence.compared() {
        for arm in [Arm::Baseline, Arm::Candidate] {
            let groups = counts.arm(arm).groups.counts(Metric::Errors);
            requests.iter_mut().zip(groups).for_each(|(sum, group)| *sum += group.trials);
        }
    }
    requests
}
