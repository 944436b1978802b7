//! Tests for units that stay together.
use super::{Harm, Tested, split_check};
use crate::analysis::measurement::Evidence;
use crate::analysis::verdict::{Effect, SplitCheck};
use crate::guard::Guard;
pub(super) fn test(_guard: &Guard, _evidence: &Evidence, _alpha: f64) -> Tested {
    Tested { harm: Harm::Tested(false), safe: false, log_safe: None, effect: Effect::default() }
}
pub(super) fn split(evidence: &Evidence) -> SplitCheck {
    split_check(false, evidence)
}
pub(super) fn harm_bound(_evidence: &Evidence) -> Option<f64> {
    None
}
