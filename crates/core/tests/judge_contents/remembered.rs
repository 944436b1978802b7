//! What bets have made of an epoch is remembered while its counts stand, and of counts that have changed nothing is.

use crate::STRICT_GUARDS;
use crate::run::{CLEAN, Case, Ending};
use viridian_core::analysis::judge::judge;
use viridian_core::analysis::measurement::{EpochCounts, Evidence};

/// The same counts, of which nothing was ever asked.
fn never_asked(evidence: &Evidence) -> Evidence {
    let of_epoch = |counts: &EpochCounts| {
        EpochCounts::of(counts.epoch, [counts.baseline.clone(), counts.candidate.clone()])
    };
    Evidence { epochs: evidence.epochs.iter().map(of_epoch).collect() }
}

#[test]
fn counts_that_grew_are_asked_again() {
    let case = Case { guards: &STRICT_GUARDS, worse: (1.3, 0.0), ending: Ending::AtTheEnd, ..CLEAN };
    let mut looks = 0;
    case.watched(1, |evidence| {
        let fresh = judge(case.guards, &never_asked(evidence), case.units);
        assert_eq!(judge(case.guards, evidence, case.units), fresh);
        looks += 1;
    });
    assert!(looks > 50, "{looks}");
}

#[test]
fn a_copy_that_grew_leaves_the_other_as_it_was() {
    let mut kept = None;
    CLEAN.watched(2, |evidence| kept = Some(evidence.clone()));
    let kept = kept.unwrap();
    let before = judge(CLEAN.guards, &kept, CLEAN.units);
    let mut grown = kept.clone();
    let last = grown.epochs.last_mut().unwrap();
    let more = last.baseline.clone();
    last.candidate.add(&more);
    assert_ne!(judge(CLEAN.guards, &grown, CLEAN.units), before);
    assert_eq!(judge(CLEAN.guards, &kept, CLEAN.units), before);
}
