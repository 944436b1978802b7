//! The event race where the draw does not decide how many requests of an arm are cases: are more of the bad cases the candidate's
//! than of all cases?
//!
//! Start with [`log_e_harm`]. Few requests get an opinion, and an arm of which more callers speak has more bad ones without being
//! worse, so [`super::race`] would blame it. Given how many cases each arm has in an epoch, `n_T` of `n`, and how many of all are bad,
//! `K`, equal arms share the bad ones as if they were dealt out: the candidate gets `X` of them with the hypergeometric probability
//! `h(x) = C(n_T, x) C(n - n_T, K - x) / C(n, K)`, whatever the share of bad ones is, and whatever part of either arm's requests are
//! cases as long as within an epoch that part takes the same course on both arms, or the share of bad ones stays the same: an arm that
//! turns callers away in the bad minute has fewer cases of it. That is the distribution of Fisher's exact test ("The logic of inductive inference", Journal of the Royal Statistical Society 98, 1935).
//!
//! Exact for cases that are independent of each other given their arm, as a product over epochs: at any one look, and over all looks
//! for the epochs whose cases have all come. Those of an open epoch still move; how often that misleads is measured, and is no more
//! than of the race. It varies less than the race allows for (Hoeffding, "Probability inequalities for sums of bounded random
//! variables", JASA 58, 1963, theorem 4), by a part of `K / n`, and finds as much sooner what there is to find.

use std::array;
use std::sync::LazyLock;

use super::betting::Trials;
use super::capital::{BETS, Capital, Side};
use super::race::grid;

/// The cases of one epoch, and the bad ones among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CasesEpoch {
    /// The candidate's.
    pub candidate: Trials,
    /// The baseline's.
    pub baseline: Trials,
}

/// The odds ratios of the bets, and one: the null.
static FACTORS: LazyLock<[f64; LANES]> =
    LazyLock::new(|| array::from_fn(|lane| grid().get(lane).map_or(1.0, |log_ratio| log_ratio.exp())));

const LANES: usize = BETS + 1;

/// Sums are brought down by this much before they are too large to be written.
const LARGE: f64 = 1e100;
/// So many terms are added between two looks at how large sums are: a term is at most some 1e11 times the one before.
const TERMS: u64 = 8;
/// A term that is a smaller part of its sum changes nothing, nor do those after it, which are smaller.
const NOTHING: f64 = 1e-18;

/// The log e-value against "a case is no more often bad on the candidate".
///
/// `E = mean_j prod_k L_jk` with `ln L_jk = g_j x - ln sum_y h(y) exp(g_j y)` of epoch `k`, over the sixteen `g_j` of
/// [`super::race::grid`], which are logarithms of odds ratios here. Each has a mean of one where the arms are equal, and of less where
/// the candidate is better.
#[must_use]
pub fn log_e_harm(epochs: &[CasesEpoch]) -> f64 {
    epochs.iter().map(|epoch| capital(epoch, Side::Harm)).sum::<Capital>().log_e()
}

/// The log e-value against "a case is at least as often bad on the candidate": the same with `-g_j`.
#[must_use]
pub fn log_e_safe(epochs: &[CasesEpoch]) -> f64 {
    epochs.iter().map(|epoch| capital(epoch, Side::Safe)).sum::<Capital>().log_e()
}

/// The evidence of an epoch: capitals whose sum over epochs has the hypothesis, error and assumptions of [`log_e_harm`] or of
/// [`log_e_safe`].
#[must_use]
pub fn capital(epoch: &CasesEpoch, side: Side) -> Capital {
    // Counts come from gateways: of more bad ones than cases only as many are.
    let [candidate, baseline] = [epoch.candidate, epoch.baseline]
        .map(|Trials { trials, events }| Trials { trials, events: events.min(trials) });
    // That fewer of the bad ones are the candidate's is that more are the baseline's.
    let (arm, other) = match side {
        Side::Harm => (candidate, baseline),
        Side::Safe => (baseline, candidate),
    };
    let dealt = Dealt { cases: arm.trials, others: other.trials, bad: arm.events + other.events };
    let log_means = dealt.log_means();
    let beyond = (arm.events - dealt.fewest()) as f64;
    Capital(array::from_fn(|bet| grid()[bet] * beyond - log_means[bet]))
}

/// Bad ones, dealt out to the cases of two arms.
#[derive(Clone, Copy)]
struct Dealt {
    cases: u64,
    others: u64,
    bad: u64,
}

impl Dealt {
    /// As few as an arm can get: those that the other has no room for.
    const fn fewest(self) -> u64 {
        self.bad.saturating_sub(self.others)
    }

    fn most(self) -> u64 {
        self.cases.min(self.bad)
    }

    /// How many times as likely the arm is to get one more than `x`, as to get `x`.
    fn step(self, x: u64) -> f64 {
        let Self { cases, others, bad } = self;
        let more = (cases - x) as f64 * (bad - x) as f64;
        more / ((x + 1) as f64 * (others + x + 1 - bad) as f64)
    }

    /// The logarithm of the mean of `exp(g (X - fewest))` for each bet: its sum by that of the null, term by term from the fewest.
    fn log_means(self) -> [f64; BETS] {
        let (mut terms, mut sums, mut logs) = ([1.0; LANES], [1.0; LANES], [0.0; LANES]);
        let (mut x, most) = (self.fewest(), self.most());
        while x < most {
            let end = most.min(x + TERMS);
            for x in x..end {
                let step = self.step(x);
                for lane in 0..LANES {
                    terms[lane] *= step * FACTORS[lane];
                    sums[lane] += terms[lane];
                }
            }
            x = end;
            for lane in 0..LANES {
                while sums[lane] > LARGE {
                    (terms[lane], sums[lane]) = (terms[lane] / LARGE, sums[lane] / LARGE);
                    logs[lane] += LARGE.ln();
                }
            }
            let is_past = x < most && self.step(x) * FACTORS[BETS - 1] < 1.0;
            if is_past && terms.iter().zip(&sums).all(|(term, sum)| *term < NOTHING * sum) {
                break;
            }
        }
        array::from_fn(|bet| logs[bet] - logs[BETS] + (sums[bet] / sums[BETS]).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::race::{self, RaceEpoch};
    use crate::stats::special::ln_gamma;
    use proptest::prelude::*;

    fn epoch(candidate: (u64, u64), baseline: (u64, u64)) -> CasesEpoch {
        let trials = |(trials, events)| Trials { trials, events };
        CasesEpoch { candidate: trials(candidate), baseline: trials(baseline) }
    }

    fn log_choose(all: u64, some: u64) -> f64 {
        let log_factorial = |number: u64| ln_gamma(number as f64 + 1.0);
        log_factorial(all) - log_factorial(some) - log_factorial(all - some)
    }

    /// Every way in which so many bad ones can be dealt out, with its probability where the odds differ by a factor.
    fn deals(cases: u64, others: u64, bad: u64, odds: f64) -> Vec<(CasesEpoch, f64)> {
        let fewest = bad.saturating_sub(others);
        let ways = fewest..=cases.min(bad);
        let weight = |x: u64| {
            (log_choose(cases, x) + log_choose(others, bad - x) + (x - fewest) as f64 * odds.ln()).exp()
        };
        let all: f64 = ways.clone().map(weight).sum();
        ways.map(|x| (epoch((cases, x), (others, bad - x)), weight(x) / all)).collect()
    }

    fn mean(deals: &[(CasesEpoch, f64)], bet: usize, side: Side) -> f64 {
        deals.iter().map(|(epoch, probability)| probability * capital(epoch, side).0[bet].exp()).sum()
    }

    proptest! {
        #[test]
        fn each_bet_has_a_mean_of_one_where_the_arms_are_equal(
            cases in 0_u64..40, others in 0_u64..40, part in 0.0..=1.0, bet in 0..BETS,
        ) {
            let bad = ((cases + others) as f64 * part) as u64;
            for side in [Side::Harm, Side::Safe] {
                let mean = mean(&deals(cases, others, bad, 1.0), bet, side);
                prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
            }
        }

        #[test]
        fn each_bet_has_a_mean_of_at_most_one_where_the_candidate_is_better_or_worse(
            cases in 1_u64..40, others in 1_u64..40, part in 0.0..=1.0, bet in 0..BETS, odds in 0.01..1.0,
        ) {
            let bad = ((cases + others) as f64 * part) as u64;
            prop_assert!(mean(&deals(cases, others, bad, odds), bet, Side::Harm) <= 1.0 + 1e-9);
            prop_assert!(mean(&deals(cases, others, bad, 1.0 / odds), bet, Side::Safe) <= 1.0 + 1e-9);
        }

        /// What is dealt out varies less than what is drawn with the same part of the cases.
        #[test]
        fn it_says_no_less_than_the_race(
            cases in 1_u64..5_000, others in 1_u64..50_000, shares in (0.0..1.0, 0.0..1.0),
        ) {
            let [on_candidate, on_baseline] =
                [(cases, shares.0), (others, shares.1)].map(|(cases, share)| (cases as f64 * share) as u64);
            let probability = cases as f64 / (cases + others) as f64;
            let raced = RaceEpoch { probability, candidate: on_candidate, baseline: on_baseline };
            let dealt = epoch((cases, on_candidate), (others, on_baseline));
            let sides = [(Side::Harm, race::log_e_harm as fn(&[_], _) -> _), (Side::Safe, race::log_e_safe)];
            for (side, log_e) in sides {
                prop_assert!(capital(&dealt, side).log_e() >= log_e(&[raced], 1.0) - 1e-6);
            }
        }
    }

    /// Of few events among many cases hardly any two fall on the same case: the race says the same.
    #[test]
    fn of_rare_events_it_says_what_the_race_says() {
        let raced = RaceEpoch { probability: 0.1, candidate: 9, baseline: 21 };
        let dealt = epoch((1_000_000, 9), (9_000_000, 21));
        let distance = log_e_harm(&[dealt]) - race::log_e_harm(&[raced], 1.0);
        assert!((0.0..1e-3).contains(&distance), "{distance}");
    }

    #[test]
    fn an_arm_without_cases_and_cases_that_are_all_alike_say_nothing() {
        let check = |candidate, baseline| {
            let epoch = epoch(candidate, baseline);
            assert!(log_e_harm(&[epoch]).abs() < 1e-12 && log_e_safe(&[epoch]).abs() < 1e-12, "{epoch:?}");
        };
        check((0, 0), (0, 0));
        check((0, 0), (50, 7));
        check((50, 7), (0, 0));
        check((50, 0), (70, 0));
        check((50, 50), (70, 70));
        check((50, 90), (70, 71));
    }

    /// Sums of terms that no number could hold.
    #[test]
    fn many_cases_are_counted_to_the_end() {
        let of = |cases: u64, worse: u64| epoch((cases, cases / 20 + worse), (9 * cases, 9 * cases / 20));
        let [equal, worse] = [0, 2_000].map(|worse| log_e_harm(&[of(200_000, worse)]));
        assert!(equal < 0.0 && worse > 100.0 && worse.is_finite(), "{equal}, {worse}");
    }

    /// A busy day in one epoch, half of it bad: the sums of some bets grow by more than a number holds between two looks at them.
    #[test]
    fn as_many_cases_as_there_ever_are_say_something() {
        let many = 100_000_000;
        let capital = capital(&epoch((many, many / 2), (many, many / 2)), Side::Harm);
        assert!(capital.0.iter().all(|log_e| log_e.is_finite() && *log_e <= 0.0), "{capital:?}");
    }
}
