//! Callers and answers: how often someone calls, who it is, and how an arm answers.

mod dice;

use super::script::{Change, Population, Quality};
use crate::metric::Metric;
use crate::outcome::{Class, Contents, FirstToken};
use crate::time::Timestamp;
pub use dice::Dice;
use std::time::Duration;

/// How much answers differ in the time they take: the deviation of its logarithm. The 95th percentile is 2.3 times
/// the median.
const LATENCY_SPREAD: f64 = 0.5;
/// How much users differ in how often they call: the busiest tenth makes half of the calls.
const ACTIVITY_SPREAD: f64 = 1.2;
/// How much users differ in how often their requests fail.
const PRONENESS_SPREAD: f64 = 0.5;

/// How long it takes to find out that nobody accepts a connection.
const REFUSAL_US: u64 = 2_000;

/// Who calls.
#[derive(Debug, Clone)]
pub(super) struct Callers {
    users: Vec<User>,
}

/// Someone who calls.
#[derive(Debug, Clone)]
pub(super) struct User {
    /// The name requests carry.
    pub(super) name: String,
    /// The share of all calls that this user and those before make.
    up_to: f64,
    /// How often requests of this user fail, against the average.
    proneness: f64,
}

/// What an arm's answers are like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behaviour {
    errors: Level,
    latency: Level,
    feedback: Level,
    negative: Level,
    timeouts: Level,
    rate_limited: Level,
    caller_errors: Level,
    /// The median time to the first event, in seconds; zero when answers are not streamed.
    first_token: Level,
    /// What answers say, by [`Metric::index`]; nothing of what no story asked for.
    says: [Option<Level>; Metric::ALL.len()],
}

/// One answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) class: Class,
    pub(super) latency_us: u64,
    pub(super) first_token: FirstToken,
    pub(super) contents: Contents,
    /// What the caller says of it, if anything: whether it is bad.
    pub(super) bad: Option<bool>,
}

/// A value that may be on its way to another, in a straight line.
#[derive(Debug, Clone, Copy)]
struct Level {
    from: f64,
    to: f64,
    since: Timestamp,
    within: Duration,
}

impl Callers {
    /// The users of a population; none when every request is drawn by itself.
    pub(super) fn of(population: Option<Population>, dice: &mut Dice) -> Self {
        let (count, activity, proneness) = match population {
            None => (0, 0.0, 0.0),
            Some(Population::Equal(count)) => (count, 0.0, 0.0),
            Some(Population::Unequal(count)) => (count, ACTIVITY_SPREAD, PRONENESS_SPREAD),
        };
        let mut users: Vec<User> = Vec::with_capacity(count);
        let mut calls = 0.0;
        for number in 0..count {
            calls += (activity * dice.normal()).exp();
            // Less half the variance, so that the average user fails as often as said.
            let proneness = (proneness * dice.normal() - proneness * proneness / 2.0).exp();
            users.push(User { name: format!("user-{number}"), up_to: calls, proneness });
        }
        for user in &mut users {
            user.up_to /= calls;
        }
        Self { users }
    }

    /// The place of whoever calls next; nobody in particular when every request is drawn by itself.
    pub(super) fn next(&self, dice: &mut Dice) -> Option<usize> {
        if self.users.is_empty() {
            return None;
        }
        let call = dice.uniform();
        let place = self.users.partition_point(|user| user.up_to <= call);
        Some(place.min(self.users.len() - 1))
    }

    /// A user, by place.
    pub(super) fn user(&self, place: Option<usize>) -> Option<&User> {
        self.users.get(place?)
    }
}

impl Behaviour {
    /// Answers without a fault, in half a second.
    pub(super) const fn good() -> Self {
        Self {
            errors: Level::fixed(0.0),
            latency: Level::fixed(0.5),
            feedback: Level::fixed(0.0),
            negative: Level::fixed(0.0),
            timeouts: Level::fixed(0.0),
            rate_limited: Level::fixed(0.0),
            caller_errors: Level::fixed(0.0),
            first_token: Level::fixed(0.0),
            says: [None; Metric::ALL.len()],
        }
    }

    /// Sends one quality to a new value.
    pub(super) fn change(&mut self, change: &Change, now: Timestamp) {
        let level = match change.quality {
            Quality::Errors => &mut self.errors,
            Quality::Latency => &mut self.latency,
            Quality::Feedback => &mut self.feedback,
            Quality::Negative => &mut self.negative,
            Quality::Timeouts => &mut self.timeouts,
            Quality::RateLimited => &mut self.rate_limited,
            Quality::CallerErrors => &mut self.caller_errors,
            Quality::FirstToken => &mut self.first_token,
            Quality::Says(metric) => self.says[metric.index()].get_or_insert_with(|| Level::fixed(change.to)),
        };
        *level = Level { from: level.at(now), to: change.to, since: now, within: change.within };
    }

    /// Answers one request.
    pub(super) fn answer(&self, user: Option<&User>, now: Timestamp, dice: &mut Dice) -> Answer {
        let proneness = user.map_or(1.0, |user| user.proneness);
        let class = self.class(proneness, now, dice);
        let latency_us = spread(self.latency.at(now), dice);
        let speaks = class == Class::Ok && dice.hits(self.feedback.at(now));
        let bad = speaks.then(|| dice.hits(self.negative.at(now) * proneness));
        let first_token = match self.first_token.at(now) {
            median if median <= 0.0 => FirstToken::NotStreamed,
            _ if class != Class::Ok => FirstToken::Never,
            median => FirstToken::After(spread(median, dice).min(latency_us)),
        };
        let contents = if class == Class::Ok { self.contents(now, dice) } else { Contents::default() };
        Answer { class, latency_us, first_token, contents, bad }
    }

    fn contents(&self, now: Timestamp, dice: &mut Dice) -> Contents {
        let level = |metric: Metric| self.says[metric.index()].map(|level| level.at(now));
        let mut share = |metric| level(metric).map(|share| dice.hits(share));
        let (refused, empty) = (share(Metric::Refusals), share(Metric::EmptyAnswers));
        let truncated = share(Metric::TruncatedAnswers);
        let (invalid_output, invalid_tool_calls) =
            (share(Metric::InvalidOutput), share(Metric::InvalidToolCalls));
        let missed_cache = share(Metric::CacheMisses);
        let mut amount = |metric| level(metric).map(|mean| around(mean, dice));
        let (input_tokens, output_tokens) = (amount(Metric::InputTokens), amount(Metric::OutputTokens));
        let cost = amount(Metric::Cost);
        Contents {
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
        }
    }

    fn class(&self, proneness: f64, now: Timestamp, dice: &mut Dice) -> Class {
        if dice.hits(self.errors.at(now) * proneness) {
            return Class::UpstreamError;
        }
        // Nothing is drawn for what no story asked for.
        for (level, class) in [
            (&self.timeouts, Class::Timeout),
            (&self.rate_limited, Class::RateLimited),
            (&self.caller_errors, Class::CallerError),
        ] {
            let share = level.at(now);
            if share > 0.0 && dice.hits(share * proneness) {
                return class;
            }
        }
        Class::Ok
    }
}

/// A time around this median in seconds, in microseconds.
fn spread(median: f64, dice: &mut Dice) -> u64 {
    let seconds = median * (LATENCY_SPREAD * dice.normal()).exp();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, far below 2^40")]
    let us = (seconds * 1e6) as u64;
    us
}

/// An amount that is this on average.
fn around(mean: f64, dice: &mut Dice) -> u64 {
    let amount = mean * (LATENCY_SPREAD * dice.normal() - LATENCY_SPREAD * LATENCY_SPREAD / 2.0).exp();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and saturating"
    )]
    let amount = amount.round() as u64;
    amount
}

impl Answer {
    /// No answer, at once: nobody accepts the connection.
    pub(super) fn none() -> Self {
        Self {
            class: Class::Unreachable,
            latency_us: REFUSAL_US,
            first_token: FirstToken::NotStreamed,
            contents: Contents::default(),
            bad: None,
        }
    }
}

impl Level {
    const fn fixed(value: f64) -> Self {
        Self { from: value, to: value, since: Timestamp(0), within: Duration::ZERO }
    }

    fn at(&self, now: Timestamp) -> f64 {
        let gone = now.since(self.since);
        if gone >= self.within {
            return self.to;
        }
        let way = gone.as_secs_f64() / self.within.as_secs_f64();
        self.from + (self.to - self.from) * way
    }
}
