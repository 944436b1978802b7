//! Traffic of one run: who calls, how well the arms answer.

use viridian_core::arm::Arm;
use viridian_core::id::ApplicationName;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::bucket::Bucket;
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::routing::table::Salt;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// The deviation of the logarithm of latency.
const LATENCY_SPREAD: f64 = 0.5;
/// The deviation of the logarithm of how much longer one user's answers take than another's.
const SLOWNESS_SPREAD: f64 = 0.2;
/// The deviation of the logarithm of what answers cost.
const PRICE_SPREAD: f64 = 0.8;
/// After which parts of an answer's time its first token may come.
const FIRST_TOKEN: std::ops::Range<f64> = 0.1..0.5;
/// How many tokens an answer may have.
const TOKENS: std::ops::Range<f64> = 100.0..400.0;
/// The share of answers that call functions.
const CALLS: f64 = 0.4;
/// How soon a request is turned away, in microseconds.
const AT_ONCE_US: u64 = 2_000;
/// The share of answers that get feedback.
const FEEDBACK: f64 = 0.2;

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Callers {
    /// Every request is drawn by itself.
    Independent,
    /// So many users; how much they differ in calls and in failures, as the deviations of the logarithms; the part of
    /// all calls that one user more makes.
    Sticky { users: usize, activity: f64, proneness: f64, heaviest: f64 },
}

/// How well both arms answer when the candidate is no worse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quality {
    pub(crate) errors: f64,
    /// The median, in seconds.
    pub(crate) latency: f64,
    pub(crate) negative: f64,
    /// The mean, in dollars.
    pub(crate) cost: f64,
}

/// How much worse the candidate is: points, a factor, points, a factor; and in what else the arms differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worse {
    pub(crate) errors: f64,
    pub(crate) latency: f64,
    pub(crate) negative: f64,
    pub(crate) cost: f64,
    /// How many times as many of its answers get feedback.
    pub(crate) spoken_of: f64,
    /// How many times as many of them call functions.
    pub(crate) calls: f64,
    /// The part of the baseline's requests, and of the candidate's, that are turned away.
    pub(crate) turned_away: [f64; 2],
    /// The part of them that fails at once.
    pub(crate) refused: [f64; 2],
}

/// One request with what came of it.
pub(crate) struct Request {
    pub(crate) outcome: Outcome,
    /// Whether the caller found it bad, if the caller said anything.
    pub(crate) bad: Option<bool>,
}

/// The callers of one run.
pub(crate) struct Traffic {
    dice: Dice,
    /// Prices have dice of their own.
    prices: Dice,
    /// And so has how answers are streamed.
    streams: Dice,
    users: Vec<User>,
}

struct User {
    hash: UnitHash,
    bucket: Bucket,
    /// The share of calls by this user and those before.
    up_to: f64,
    proneness: f64,
    /// The factor on how long answers take.
    slowness: f64,
}

struct Dice {
    state: u64,
}

impl Quality {
    pub(crate) const USUAL: Self = Self { errors: 0.01, latency: 0.8, negative: 0.05, cost: 0.01 };
}

impl Worse {
    pub(crate) const NOT: Self = Self {
        errors: 0.0,
        latency: 1.0,
        negative: 0.0,
        cost: 1.0,
        spoken_of: 1.0,
        calls: 1.0,
        turned_away: [0.0; 2],
        refused: [0.0; 2],
    };
}

impl Traffic {
    /// New users and a new draw in every run.
    pub(crate) fn new(callers: Callers, seed: u64) -> Self {
        let mut dice = Dice { state: seed.wrapping_mul(0x5851_f42d_4c95_7f2d) };
        let users = match callers {
            Callers::Independent => Vec::new(),
            Callers::Sticky { users, activity, proneness, heaviest } => {
                let mut users = population(users, (activity, proneness), seed, &mut dice);
                even_out(&mut users, heaviest);
                users
            }
        };
        Self { dice, prices: Dice { state: !seed }, streams: Dice { state: seed.rotate_left(32) }, users }
    }

    /// So many requests, or more or fewer: exponential with this mean.
    pub(crate) fn delay(&mut self, mean: f64) -> u64 {
        (-mean * (1.0 - self.dice.uniform()).ln()) as u64
    }

    /// The next request: drawn at this share of the candidate, or before there is one.
    pub(crate) fn request(&mut self, weight: Weight, both: Quality, worse: Worse) -> Request {
        let call = self.dice.uniform();
        let user = self.users.get(self.users.partition_point(|user| user.up_to <= call));
        let bucket = user.map_or_else(|| Bucket::from_uniform(self.dice.bits()), |user| user.bucket);
        let arm = if bucket.is_candidate(weight) { Arm::Candidate } else { Arm::Baseline };
        let standing = if weight.compares() {
            Standing::Drawn(weight)
        } else {
            Standing::Exempt(viridian_core::routing::decide::Exempt::NotCompared)
        };
        let decision = Decision { arm, standing, unit: user.map(|user| user.hash) };
        let at_once = ends_at_once(self.streams.uniform(), worse, arm);
        let worse = if arm == Arm::Candidate { worse } else { Worse::NOT };
        let (proneness, slowness) = user.map_or((1.0, 1.0), |user| (user.proneness, user.slowness));

        let failed = self.dice.uniform() < (both.errors + worse.errors) * proneness;
        let seconds = both.latency * worse.latency * slowness * (LATENCY_SPREAD * self.dice.normal()).exp();
        let bad = (self.dice.uniform() < FEEDBACK * worse.spoken_of)
            .then(|| self.dice.uniform() < (both.negative + worse.negative) * proneness);
        let class = if failed { Class::UpstreamError } else { Class::Ok };
        // A user whose answers take longer gets longer ones, and those cost more.
        let price = (PRICE_SPREAD * self.prices.normal() - PRICE_SPREAD * PRICE_SPREAD / 2.0).exp();
        let cost = both.cost * worse.cost * slowness * price;
        let (first_token, output_tokens) = self.streamed(seconds, failed);
        let invalid_tool_calls =
            self.called(CALLS * worse.calls, (both.negative + worse.negative) * proneness);
        let cost = Some((cost * 1e9) as u64);
        let contents = Contents { cost, output_tokens, invalid_tool_calls, ..Contents::default() };
        let outcome = Outcome { decision, class, latency_us: micros(seconds), first_token, contents };
        if let Some(class) = at_once {
            return Request { outcome: without_answer(decision, class), bad: None };
        }
        Request { outcome, bad }
    }

    /// Whether a call is invalid, of the part of the answers with calls.
    fn called(&mut self, part: f64, invalid: f64) -> Option<bool> {
        let [calls, is_invalid] = std::array::from_fn(|_| self.streams.uniform());
        (calls < part).then_some(is_invalid < invalid)
    }

    /// When the first token of an answer comes, and how many it has: half of those that fail come to none, and none of them
    /// to its end.
    fn streamed(&mut self, seconds: f64, failed: bool) -> (FirstToken, Option<u64>) {
        let [began, tokens] = [FIRST_TOKEN, TOKENS].map(|range| self.streams.within(range));
        let breaks = self.streams.uniform();
        match failed {
            false => (FirstToken::After(micros(seconds * began)), Some(tokens as u64)),
            true if breaks < 0.5 => (FirstToken::Never, None),
            true => (FirstToken::After(micros(seconds * began)), None),
        }
    }
}

/// How a request ends that gets no answer; nothing of the others.
fn ends_at_once(fate: f64, worse: Worse, arm: Arm) -> Option<Class> {
    let place = usize::from(arm == Arm::Candidate);
    let turned_away = worse.turned_away[place];
    match fate {
        fate if fate < turned_away => Some(Class::RateLimited),
        fate if fate < turned_away + worse.refused[place] => Some(Class::UpstreamError),
        _ => None,
    }
}

fn without_answer(decision: Decision, class: Class) -> Outcome {
    Outcome {
        decision,
        class,
        latency_us: AT_ONCE_US,
        first_token: FirstToken::Never,
        contents: Contents::default(),
    }
}

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

fn population(count: usize, spread: (f64, f64), run: u64, dice: &mut Dice) -> Vec<User> {
    let application = ApplicationName::parse("support-chat").unwrap();
    let salt = Salt(std::array::from_fn(|_| dice.bits() as u8));
    let (activity, proneness) = spread;
    let mut calls = 0.0;
    (0..=count)
        .map(|number| {
            let name = format!("run-{run}-user-{number}");
            calls += (activity * dice.normal()).exp();
            User {
                hash: UnitHash::of(&application, &name),
                bucket: Bucket::of(&salt, &name),
                up_to: calls,
                proneness: (proneness * dice.normal()).exp(),
                slowness: (SLOWNESS_SPREAD * dice.normal()).exp(),
            }
        })
        .collect()
}

/// Gives the last user the part `heaviest` of all calls, makes parts of the calls of numbers of calls, and factors on
/// the mean over all calls of how prone users are, so that a candidate at the margin is exactly there in every run.
fn even_out(users: &mut [User], heaviest: f64) {
    let [.., before, last] = users else { return };
    last.up_to = before.up_to / (1.0 - heaviest);
    let all = last.up_to;
    let (mut mean, mut from) = (0.0, 0.0);
    for user in users.iter_mut() {
        user.up_to /= all;
        mean += (user.up_to - from) * user.proneness;
        from = user.up_to;
    }
    users.iter_mut().for_each(|user| user.proneness /= mean);
}

impl Dice {
    /// SplitMix64.
    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn within(&mut self, range: std::ops::Range<f64>) -> f64 {
        range.start + (range.end - range.start) * self.uniform()
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
