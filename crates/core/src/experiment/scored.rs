//! Scores of an experiment's arms as observations, in points of their scale, of which more is better. Counters keep how far a score
//! lies below the top of its scale; here it is what people gave, to the nearest hundredth.

use crate::analysis::measurement::ArmCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::score::{LEVELS, Score};
use crate::stats::moments::Moments;

/// The scores of an arm, all in one: their sum and the sum of their squares are exact.
pub(super) fn together(arm: &ArmCounts, score: Score) -> Moments {
    let given = arm.tally.scores(score).hundredths();
    given.map(|(below, answers)| Moments::of(answers as f64, score.below_top(f64::from(below)))).sum()
}

/// The same by group of units.
pub(super) fn by_group(arm: &ArmCounts, score: Score) -> Vec<Moments> {
    of_groups(arm, score, arm.groups.counts(Metric::Score(score)))
}

/// Counts by group of some of an arm's answers. What the squares sum to is known of the arm as a whole; each group has a part of it
/// by the answers that were scored, which is all that is made of them.
pub(super) fn of_groups(arm: &ArmCounts, score: Score, groups: &[Counts]) -> Vec<Moments> {
    let Moments { count, sum_of_squares, .. } = together(arm, score);
    let square = if count > 0.0 { sum_of_squares / count } else { 0.0 };
    let of_group = |counts: &Counts| {
        let answers = counts.trials as f64;
        let below = counts.events as f64 / f64::from(LEVELS) * score.width();
        Moments {
            count: answers,
            sum: answers * f64::from(score.to()) - below,
            sum_of_squares: answers * square,
        }
    };
    groups.iter().map(of_group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Given;
    use crate::unit::Group;

    #[test]
    fn scores_are_what_people_gave() {
        let score = Score::new("helpful", 7, 1, 5).unwrap();
        let mut arm = ArmCounts::default();
        for (group, number, answers) in [(3, 5.0, 2), (3, 4.0, 1), (60, 1.0, 1)] {
            let given = Given { score, level: score.level(number).unwrap() };
            arm.tally.record_score(given, answers);
            arm.groups.record_score(given, Group(group), answers);
        }
        assert_eq!(together(&arm, score), Moments { count: 4.0, sum: 15.0, sum_of_squares: 67.0 });
        let groups = by_group(&arm, score);
        assert_eq!((groups.len(), groups[3].count, groups[3].sum), (64, 3.0, 14.0));
        assert_eq!((groups[60].count, groups[60].sum, groups[0]), (1.0, 1.0, Moments::default()));
        let squares: f64 = groups.iter().map(|group| group.sum_of_squares).sum();
        assert!((squares - 67.0).abs() < 1e-12, "{squares}");
    }
}
