//! What several gateways counted adds to what one would have counted, in any order: the judge finds the same log e-values
//! within 1e-9, of every kind of metric, by request and by unit, over all of the traffic and by slice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use viridian_core::analysis::calibration::{Renewal, centres};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::verdict::Analysis;
use viridian_core::arm::Arm;
use viridian_core::declared::{Asks, Declared, Found, Load};
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::score::{Given, Score};
use viridian_core::simulate::Dice;
use viridian_core::slice::{Attribute, Slicing};
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// The candidate's shares, epoch by epoch.
const SHARES: [u16; 3] = [1_000, 3_000, 5_000];
/// Requests in each.
const REQUESTS: u64 = 600;
const LANGUAGES: [&str; 3] = ["de", "en", "fr"];
/// How far apart two log e-values of the same counts may be.
const CLOSE: f64 = 1e-9;

fn declared() -> Declared {
    Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap()
}

fn score() -> Score {
    Score::new("helpful", 7, 1, 5).unwrap()
}

/// One guard on every metric there is, and of a share in either unit.
fn guards() -> Vec<Guard> {
    let of = |metric: Metric| match metric {
        Metric::Score(_) => Guard::new(metric, Margin::Score(300)),
        _ if metric.percentile().is_some() || metric.is_amount() => {
            Guard::new(metric, Margin::Relative(2_000))
        }
        _ => Guard::new(metric, Margin::Points(200)),
    };
    let own = [Metric::Declared(declared()), Metric::Score(score())];
    let relative = [Metric::Errors, Metric::Feedback, own[0]];
    let relative = relative.map(|metric| Guard::new(metric, Margin::Relative(5_000)));
    Metric::ALL.into_iter().chain(own).map(of).chain(relative).collect()
}

/// Everything that is counted of one request.
struct Request {
    outcome: Outcome,
    found: Option<Found>,
    said: Option<bool>,
    given: Option<Given>,
    language: &'static str,
}

impl Request {
    fn made_up(dice: &mut Dice, weight: Weight) -> Self {
        let user = dice.place(400) as u64;
        let unit = UnitHash(user.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let arm = if dice.hits(weight.probability()) { Arm::Candidate } else { Arm::Baseline };
        let worse = if arm == Arm::Candidate { 1.3 } else { 1.0 };
        let class = Class::ALL[if dice.hits(0.1 * worse) { dice.place(Class::ALL.len()) } else { 0 }];
        let latency_us = (1e6 * worse * dice.normal().exp()) as u64;
        let first_token = match dice.place(3) {
            0 => FirstToken::NotStreamed,
            1 => FirstToken::After(latency_us / 3),
            _ if class == Class::Ok => FirstToken::After(latency_us / 2),
            _ => FirstToken::Never,
        };
        let mut hits = |part: f64| dice.hits(0.8).then(|| dice.hits(part * worse));
        let [refused, empty, truncated] = [hits(0.05), hits(0.02), hits(0.03)];
        let [invalid_output, invalid_tool_calls, missed_cache] = [hits(0.1), hits(0.1), hits(0.5)];
        let found = hits(0.1).map(|is_bad| if is_bad { Found::Bad } else { Found::Good });
        let said = hits(0.1);
        let mut amount = |mean: f64| dice.hits(0.9).then(|| (mean * worse * dice.normal().exp()) as u64);
        let [input_tokens, output_tokens, cost] = [amount(900.0), amount(80.0), amount(3e6)];
        let contents = Contents {
            refused,
            empty,
            truncated,
            invalid_output,
            invalid_tool_calls,
            missed_cache,
            input_tokens,
            cached_tokens: None,
            output_tokens,
            cost,
        };
        let contents = if class == Class::Ok { contents } else { Contents::default() };
        let number = (4.5 - 0.4 * worse + 0.5 * dice.normal()).clamp(1.0, 5.0);
        let given = dice.hits(0.3).then(|| Given { score: score(), level: score().level(number).unwrap() });
        let decision = Decision { arm, standing: Standing::Drawn(weight), unit: Some(unit) };
        Self {
            outcome: Outcome { decision, class, latency_us, first_token, contents },
            found: found.or_else(|| dice.hits(0.5).then_some(Found::Unknown)),
            said,
            given,
            language: LANGUAGES[dice.place(LANGUAGES.len())],
        }
    }

    fn count(&self, arm: &mut ArmCounts, thresholds: &Thresholds) {
        let decision = &self.outcome.decision;
        let group = decision.group();
        let found: Vec<(Declared, Found)> = self.found.map(|found| (declared(), found)).into_iter().collect();
        arm.tally.record(&self.outcome, thresholds);
        arm.groups.record(&self.outcome, thresholds);
        arm.tally.record_declared(decision.standing, &found);
        arm.groups.record_declared(decision, &found);
        let by = vec![Attribute::parse("language").unwrap()];
        let slicing = Slicing { by, metrics: vec![Metric::Errors, Metric::LatencyP95] };
        let values = std::iter::once(self.language);
        arm.groups.slices.record((&slicing, values), &self.outcome, (thresholds, &found));
        if let Some(is_bad) = self.said {
            let said = viridian_core::analysis::tally::Counts::of_share(1, u64::from(is_bad));
            arm.tally.metrics[Metric::Feedback.index()].add(said);
            arm.groups.record_counts(Metric::Feedback, group, said);
        }
        if let Some(given) = self.given {
            arm.tally.record_score(given, 1);
            arm.groups.record_score(given, group, 1);
        }
    }
}

/// What each of so many gateways counted, and what one would have.
fn counted(seed: u64, gateways: usize) -> (Vec<Evidence>, Evidence) {
    let mut dice = Dice::seeded(seed);
    let guards = guards();
    let mut epoch = Epoch {
        id: EpochId(1),
        weight: Weight::ZERO,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    };
    let mut calibration = ArmCounts::default();
    for _ in 0..REQUESTS {
        let request = Request::made_up(&mut dice, Weight::ZERO);
        request.count(&mut calibration, &Thresholds::default());
    }
    assert!(centres(&calibration)[Metric::Errors.index()] > 0.0);
    let (mut parts, mut whole) = (vec![Evidence::default(); gateways], Evidence::default());
    for (number, share) in (1..).zip(SHARES) {
        let weight = Weight::from_basis_points(share).unwrap();
        let renewal = Renewal { weight, guards: &guards, evidence: &whole, calibration: &calibration };
        epoch = renewal.after(&epoch, Timestamp(number * 300_000)).unwrap();
        whole.epochs.push(EpochCounts::empty(epoch));
        parts.iter_mut().for_each(|part| part.epochs.push(EpochCounts::empty(epoch)));
        for _ in 0..REQUESTS {
            let request = Request::made_up(&mut dice, weight);
            let arm = request.outcome.decision.arm;
            for evidence in [&mut parts[dice.place(gateways)], &mut whole] {
                let counts = evidence.epochs.last_mut().unwrap();
                request.count(counts.arm_mut(arm), &epoch.thresholds);
            }
        }
    }
    (parts, whole)
}

/// What gateways counted, added in the order they came in.
fn merged(parts: &[Evidence]) -> Evidence {
    let mut sum = Evidence { epochs: Vec::new() };
    for part in parts {
        for (place, counts) in part.epochs.iter().enumerate() {
            if sum.epochs.len() <= place {
                sum.epochs.push(EpochCounts::empty(counts.epoch));
            }
            for arm in [Arm::Baseline, Arm::Candidate] {
                sum.epochs[place].arm_mut(arm).add(counts.arm(arm));
            }
        }
    }
    sum
}

fn is_close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= CLOSE,
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn check(found: &Analysis, expected: &Analysis) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.seen, expected.seen);
    prop_assert_eq!(found.split, expected.split);
    prop_assert!(is_close(found.harm_bound, expected.harm_bound));
    for (found, expected) in found.guards.iter().zip(&expected.guards) {
        let metric = found.guard.metric;
        prop_assert!(is_close(found.log_harm, expected.log_harm), "{}: {:?}", metric, found.log_harm);
        prop_assert!(is_close(found.log_safe, expected.log_safe), "{}: {:?}", metric, found.log_safe);
        prop_assert_eq!(found.verdict, expected.verdict, "{}", metric);
        prop_assert_eq!((found.baseline, found.candidate), (expected.baseline, expected.candidate));
    }
    prop_assert_eq!(found.slices.len(), expected.slices.len());
    for (found, expected) in found.slices.iter().zip(&expected.slices) {
        prop_assert_eq!(&found.value, &expected.value);
        prop_assert!(is_close(Some(found.log_harm), Some(expected.log_harm)));
    }
    Ok(())
}

fn merges(seed: u64, order: &[usize]) -> Result<(), TestCaseError> {
    let (parts, whole) = counted(seed, order.len());
    let parts: Vec<Evidence> = order.iter().map(|place| parts[*place].clone()).collect();
    let sum = merged(&parts);
    for units in [Units::Independent, Units::Sticky] {
        check(&judge(&guards(), &sum, units), &judge(&guards(), &whole, units))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_gateways_counted_adds_in_any_order(
        seed in any::<u64>(),
        order in (2..6_usize).prop_flat_map(|gateways| Just((0..gateways).collect::<Vec<_>>()).prop_shuffle()),
    ) {
        merges(seed, &order)?;
    }
}

/// The property says something of every guard: all of them have evidence, and nearly all of them a number for it.
#[test]
fn every_kind_of_metric_is_counted() {
    let (_, whole) = counted(7, 1);
    for units in [Units::Independent, Units::Sticky] {
        for judged in judge(&guards(), &whole, units).guards {
            let metric = judged.guard.metric;
            assert!(!judged.baseline.is_nothing() && !judged.candidate.is_nothing(), "{metric}");
            let is_told = units == Units::Independent;
            assert!(!is_told || judged.log_harm.is_some_and(|log_e| log_e != 0.0), "{metric}");
            assert!(!is_told || judged.log_safe.is_some(), "{metric}");
        }
    }
    assert!(whole.epochs.iter().all(|counts| counts.candidate.groups.slices.slices().count() == 3));
}
