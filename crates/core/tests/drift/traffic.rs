//! Traffic of a rollout, epoch by epoch: who asks, in which language, how much, and what comes of it.

use viridian_core::analysis::measurement::EpochCounts;
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::declared::{Asks, Declared, Found, Load};
use viridian_core::epoch::{Centres, Epoch, Thresholds};
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

/// Each language has half of the share of the one before.
const LANGUAGES: [&str; 5] = ["en", "de", "fr", "es", "pl"];
const SECOND: u64 = 1_000;

/// What traffic is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic {
    /// The part of the English requests that asks in German instead.
    pub(crate) germans: f64,
    /// Medians of the baseline.
    pub(crate) input_tokens: f64,
    pub(crate) output_tokens: f64,
    pub(crate) latency_ms: f64,
    /// Shares of the baseline.
    pub(crate) negative: f64,
    pub(crate) curt: f64,
    /// About what the baseline's answers are scored, from 1 to 5.
    pub(crate) helpful: f64,
    /// The part of the German requests drawn for the candidate that reaches the baseline instead.
    pub(crate) kept_back: f64,
    pub(crate) callers: Callers,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Callers {
    /// Every request is another's.
    Strangers,
    /// So many in an epoch, each of whom always asks the same.
    Few(u64),
    /// The same, and one of them makes a quarter of the requests.
    Lopsided(u64),
}

impl Traffic {
    pub(crate) const CALM: Self = Self {
        germans: 0.0,
        input_tokens: 400.0,
        output_tokens: 150.0,
        latency_ms: 800.0,
        negative: 0.05,
        curt: 0.1,
        helpful: 4.0,
        kept_back: 0.0,
        callers: Callers::Strangers,
    };

    /// One epoch of five minutes, in which so many requests are made.
    pub(crate) fn epoch(&self, id: u32, weight: Weight, requests: u64, dice: &mut Dice) -> EpochCounts {
        let epoch = Epoch {
            id: EpochId(id),
            weight,
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: Timestamp(u64::from(id) * 300 * SECOND),
            allotment: None,
        };
        let mut counts = EpochCounts::empty(epoch);
        let asked: Vec<(UnitHash, Asked)> = match self.callers {
            Callers::Strangers => Vec::new(),
            Callers::Few(callers) | Callers::Lopsided(callers) => {
                (0..callers).map(|_| (UnitHash(dice.bits()), self.asked(dice))).collect()
            }
        };
        for _ in 0..requests {
            let is_first = matches!(self.callers, Callers::Lopsided(_)) && dice.hits(0.25);
            let place = if is_first { 0 } else { dice.place(asked.len().max(1)) };
            let (unit, asked) = match asked.get(place) {
                Some((unit, asked)) => (Some(*unit), *asked),
                None => (None, self.asked(dice)),
            };
            let drawn = match unit {
                Some(unit) => (unit.0 >> 11) as f64 / (1u64 << 53) as f64,
                None => dice.uniform(),
            };
            let is_drawn = drawn < weight.probability();
            let kept_back = asked.language == "de" && dice.hits(self.kept_back);
            let arm = if is_drawn && !kept_back { Arm::Candidate } else { Arm::Baseline };
            asked.count(&mut counts, arm, dice);
            asked.slice(&mut counts, (arm, unit));
            if let Some(unit) = unit {
                let groups = &mut counts.arm_mut(arm).groups;
                groups.units.insert(unit);
                groups.record_counts(Metric::Errors, unit.group(), Counts::of_share(1, 0));
                if let Some(given) = asked.scored(arm) {
                    groups.record_score(given, unit.group(), 1);
                }
            }
        }
        counts
    }

    fn asked(&self, dice: &mut Dice) -> Asked {
        let mut place = 0;
        while place + 1 < LANGUAGES.len() && dice.hits(0.5) {
            place += 1;
        }
        if place == 0 && dice.hits(self.germans) {
            place = 1;
        }
        let mut size = |median: f64| median * (0.6 * dice.normal()).exp();
        let [input, output, latency] =
            [self.input_tokens, self.output_tokens, self.latency_ms * 1e3].map(|median| size(median) as u64);
        Asked {
            language: LANGUAGES[place],
            input,
            output,
            latency,
            negative: dice.hits(self.negative),
            curt: dice.hits(self.curt),
            helpful: self.helpful,
        }
    }
}

/// One request, and what comes of it.
#[derive(Clone, Copy)]
struct Asked {
    language: &'static str,
    input: u64,
    output: u64,
    latency: u64,
    negative: bool,
    curt: bool,
    helpful: f64,
}

pub(crate) fn curt() -> Declared {
    Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap()
}

pub(crate) fn helpful() -> Score {
    Score::new("helpful", 7, 1, 5).unwrap()
}

impl Asked {
    fn slice(&self, counts: &mut EpochCounts, (arm, unit): (Arm, Option<UnitHash>)) {
        let slicing =
            Slicing { by: vec![Attribute::parse("language").unwrap()], metrics: vec![Metric::Errors] };
        let outcome = Outcome {
            decision: Decision { arm, standing: Standing::Drawn(counts.epoch.weight), unit },
            class: Class::Ok,
            latency_us: self.latency,
            first_token: FirstToken::NotStreamed,
            contents: Contents::default(),
        };
        let slices = &mut counts.arm_mut(arm).groups.slices;
        slices.record((&slicing, [self.language].into_iter()), &outcome, (&Thresholds::default(), &[]));
    }

    /// What two of five answers are given: the same for the same request, and nothing good on the candidate.
    fn scored(&self, arm: Arm) -> Option<Given> {
        let mut dice = Dice::seeded(self.latency);
        let is_scored = dice.hits(0.4);
        let number = (self.helpful + 3.0 * dice.uniform() - 1.5).round().clamp(1.0, 5.0);
        let level = helpful().level(if arm == Arm::Candidate { 1.0 } else { number })?;
        is_scored.then_some(Given { score: helpful(), level })
    }

    /// Whatever the world does, the candidate is slow and says much.
    fn count(&self, counts: &mut EpochCounts, arm: Arm, dice: &mut Dice) {
        let times = if arm == Arm::Candidate { 3 } else { 1 };
        let tally = &mut counts.arm_mut(arm).tally;
        tally.classes[0] += 1;
        tally.latency.record(self.latency * times);
        tally.input_tokens.record(self.input * times);
        tally.output_tokens.record(self.output * times);
        tally.metrics[Metric::Errors.index()].add(Counts::of_share(1, 0));
        if dice.hits(0.2) {
            let negative = Counts::of_share(1, u64::from(self.negative || times > 1));
            tally.metrics[Metric::Feedback.index()].add(negative);
        }
        if let Some(given) = self.scored(arm) {
            tally.record_score(given, 1);
        }
        let found = if self.curt || times > 1 { Found::Bad } else { Found::Good };
        tally.declared.entry(curt()).or_default().add(Counts::of_found(found));
    }
}
