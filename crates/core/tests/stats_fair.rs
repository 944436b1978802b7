//! Every bet is fair at the edge of its null: the mean payoff of one more outcome is one, whatever the outcomes' distribution,
//! the probability and the centre. Exact sums over what can happen, no simulation; that evidence holds its error at any look
//! follows from this alone.

use proptest::prelude::*;
use viridian_core::arm::Arm;
use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::bounded::{Rule, Worse};
use viridian_core::stats::evidence::capital::{BETS, Capital};
use viridian_core::stats::evidence::contrast::Hypothesis;
use viridian_core::stats::evidence::graded::{Ends, Grades};
use viridian_core::stats::evidence::interaction::{Crossed, Directions};
use viridian_core::stats::evidence::paired::{self, Pairs};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::srm::{self, SplitEpoch};
use viridian_core::stats::evidence::starts;

/// What may happen next: how likely it is, and the capital after it.
type Branch = (f64, Capital);

/// The mean of each bet's capital.
fn means(branches: &[Branch]) -> [f64; BETS] {
    std::array::from_fn(|bet| branches.iter().map(|(chance, capital)| chance * capital.0[bet].exp()).sum())
}

fn is_fair(branches: &[Branch]) -> bool {
    let chances: f64 = branches.iter().map(|(chance, _)| chance).sum();
    (chances - 1.0).abs() < 1e-9 && means(branches).iter().all(|mean| (mean - 1.0).abs() < 1e-9)
}

/// Between 0 and 1, without the ends.
fn inside() -> impl Strategy<Value = f64> {
    0.01..0.99
}

/// Each arm's outcomes take two values; the second arm's is at the first's `ratio` times plus `difference` on average.
fn two_values(mean: f64, spread: f64) -> [(f64, f64); 2] {
    let reach = spread * mean.min(1.0 - mean);
    [(0.5, mean - reach), (0.5, mean + reach)]
}

proptest! {
    #[test]
    fn bounded_means(
        probability in inside(), baseline in 0.05..0.6, ratio in 0.6..1.5, difference in -0.02..0.05,
        spreads in (0.0..1.0, 0.0..1.0), centre in 0.0..1.0,
    ) {
        let candidate = ratio * baseline + difference;
        for worse in [Worse::Higher, Worse::Lower] {
            let rule =
                Rule { probability, range: (0.0, 1.0), worse, boundary: Hypothesis { ratio, difference } };
            for bet in [Rule::harm, Rule::safe] {
                let branches = |arm, chance: f64, values: [(f64, f64); 2]| {
                    values.map(|(part, value)| (chance * part, bet(&rule, arm, value, centre)))
                };
                let mut all = branches(Arm::Candidate, probability, two_values(candidate, spreads.0)).to_vec();
                all.extend(branches(Arm::Baseline, 1.0 - probability, two_values(baseline, spreads.1)));
                prop_assert!(is_fair(&all), "{:?}", means(&all));
            }
        }
    }

    #[test]
    fn shares(probability in inside(), baseline in 0.1..0.8, difference in -0.09..0.19, centre in 0.0..1.0) {
        let none = Trials::default();
        let epoch = BinaryEpoch { probability, centre, candidate: none, baseline: none };
        let one = |events| Trials { trials: 1, events };
        let candidate = baseline + difference;
        let ways = [
            (probability * candidate, BinaryEpoch { candidate: one(1), ..epoch }),
            (probability * (1.0 - candidate), BinaryEpoch { candidate: one(0), ..epoch }),
            ((1.0 - probability) * baseline, BinaryEpoch { baseline: one(1), ..epoch }),
            ((1.0 - probability) * (1.0 - baseline), BinaryEpoch { baseline: one(0), ..epoch }),
        ];
        let harm = ways.map(|(chance, epoch)| (chance, betting::harm(&[epoch], difference).sum()));
        let safe = ways.map(|(chance, epoch)| (chance, betting::safe(&[epoch], difference).sum()));
        prop_assert!(is_fair(&harm) && is_fair(&safe));
    }

    #[test]
    fn events(probability in inside(), ratio in 0.2..5.0) {
        let on_candidate = probability * ratio / (probability * ratio + 1.0 - probability);
        let event = |candidate, baseline| [RaceEpoch { probability, candidate, baseline }];
        let harm = [(on_candidate, event(1, 0)), (1.0 - on_candidate, event(0, 1))]
            .map(|(chance, event)| (chance, race::harm(&event, ratio).sum()));
        let safe = [(on_candidate, event(1, 0)), (1.0 - on_candidate, event(0, 1))]
            .map(|(chance, event)| (chance, race::safe(&event, ratio).sum()));
        prop_assert!(is_fair(&harm) && is_fair(&safe));
    }

    #[test]
    fn pairs(better in 0.0..0.4, margin in 0.01..0.3) {
        let worse = better + margin;
        let one = |worse, better, tied| Pairs { worse, better, tied };
        let branches = [
            (worse, paired::safe(&one(1, 0, 0), margin)),
            (better, paired::safe(&one(0, 1, 0), margin)),
            (1.0 - worse - better, paired::safe(&one(0, 0, 1), margin)),
        ];
        prop_assert!(is_fair(&branches));
    }

    /// Both arms fail, the candidate alone, the baseline alone, neither: the candidate `1 + margin` times as often.
    #[test]
    fn pairs_at_a_ratio(both in 0.0..0.2, better in 0.0..0.2, margin in 0.01..0.5) {
        let worse = (1.0 + margin) * (both + better) - both;
        let one = |worse, better, both| {
            paired::safe_ratio(&Pairs { worse, better, tied: 1 - worse - better }, both, margin)
        };
        let neither = 1.0 - both - better - worse;
        let branches =
            [(worse, one(1, 0, 0)), (better, one(0, 1, 0)), (both, one(0, 0, 1)), (neither, one(0, 0, 0))];
        prop_assert!(is_fair(&branches));
    }

    /// A value as far above the boundary as below it, in hundredths as they are kept.
    #[test]
    fn graded(boundary in 5..50_i8, apart in 0..5_i8) {
        let value = |hundredths: i8| f64::from(hundredths) / 100.0;
        let one = |hundredths: i8| {
            let mut grades = Grades::default();
            grades.record(value(hundredths));
            grades
        };
        let either = [boundary - apart, boundary + apart].map(one);
        for ends in [Ends::DIFFERENCES, Ends::PARTS] {
            let [above, below]: [Vec<_>; 2] = [
                either.iter().map(|one| (0.5, one.above(value(boundary), ends))).collect(),
                either.iter().map(|one| (0.5, one.below(value(boundary), ends))).collect(),
            ];
            prop_assert!(is_fair(&above) && is_fair(&below));
        }
    }

    /// With equal chances of being worse and better, the mean of the next e-value is at most the last: of the mixture over
    /// one side it is exactly the last.
    #[test]
    fn untied_pairs(worse in 0..60_u64, better in 0..60_u64) {
        let e = |worse, better| paired::log_e_harm(&Pairs { worse, better, tied: 3 }).exp();
        let next = 0.5 * (e(worse + 1, better) + e(worse, better + 1));
        prop_assert!((next / e(worse, better) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn crossed_experiments(
        probabilities in (inside(), inside()), effects in (-0.2..0.2, -0.2..0.2), centre in 0.0..1.0,
    ) {
        let crossed = Crossed { probabilities: [probabilities.0, probabilities.1], range: (0.0, 1.0) };
        let both = [(Arm::Baseline, 0.0), (Arm::Candidate, 1.0)];
        let mut above = vec![];
        let mut below = vec![];
        for (first, of_first) in both {
            for (second, of_second) in both {
                let chance = |probability: f64, on: f64| if on > 0.5 { probability } else { 1.0 - probability };
                let cell = chance(probabilities.0, of_first) * chance(probabilities.1, of_second);
                let passes = 0.5 + effects.0 * of_first + effects.1 * of_second;
                for (chance, outcome) in [(passes, 1.0), (1.0 - passes, 0.0)] {
                    let evidence = crossed.evidence([first, second], outcome, centre);
                    above.push((cell * chance, evidence.above));
                    below.push((cell * chance, evidence.below));
                }
            }
        }
        prop_assert!(is_fair(&above) && is_fair(&below));
    }

    #[test]
    fn splits(probability in inside(), candidate in 0..5_000_u64, baseline in 0..5_000_u64) {
        let e = |candidate, baseline| srm::log_e(&[SplitEpoch { probability, candidate, baseline }]);
        let now = e(candidate, baseline);
        let next = probability * (e(candidate + 1, baseline) - now).exp()
            + (1.0 - probability) * (e(candidate, baseline + 1) - now).exp();
        prop_assert!((next - 1.0).abs() < 1e-7, "{next}");
        let cells = |third| srm::log_e_of_cells(&[(0.5 * probability, candidate), (0.5 * probability, baseline), (1.0 - probability, third)]);
        prop_assert!(cells(0).is_finite());
    }

    #[test]
    fn starts_give_out_what_there_is(later in prop::collection::vec(0..100_usize, 0..20)) {
        let weights: f64 = starts::half_from_the_beginning(&later).iter().map(|start| start.weight).sum();
        prop_assert!((weights - 1.0).abs() < 1e-12);
    }
}

/// Before any outcome nothing is known.
#[test]
fn evidence_begins_at_one() {
    let log_es = [
        Capital::default().log_e(),
        Directions::default().log_e(),
        race::log_e_harm(&[], 1.0),
        betting::log_e_safe(&[], 0.03),
        paired::log_e_harm(&Pairs::default()),
        paired::log_e_safe(&Pairs::default(), 0.03),
        srm::log_e(&[]),
        srm::log_e_of_cells(&[(0.5, 0), (0.5, 0)]),
        starts::log_e(&[], &starts::half_from_the_beginning(&[1, 2, 3])),
    ];
    for (number, log_e) in log_es.iter().enumerate() {
        assert!(log_e.abs() < 1e-12, "{number}: {log_e}");
    }
}
