//! The requests of one run: when each comes, who sends it, and how each arm would answer it.
//!
//! [`Requests`] is the stream. Both answers of a request follow from the same random numbers, so every rule decides
//! over the same requests whatever it does with them.

mod source;
mod users;

use crate::config::{Arms, Change, Delay, Quality, Scenario, Storm, Tenants, Usual, Watched};
use source::Source;
pub(crate) use users::User;
use users::{Habits, Population};
use viridian_core::arm::Arm;
use viridian_core::outcome::Class;

/// The tenant for whom the candidate is worse.
const BROKEN: u32 = 0;

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// Seconds after the beginning.
    pub(crate) at: f64,
    /// What decides the arm when no user does.
    pub(crate) draw: u64,
    /// Who sends it, by place; nobody in particular when every request is drawn by itself.
    pub(crate) user: Option<usize>,
    /// The tenant it is of, by number, where there are any.
    pub(crate) tenant: Option<u32>,
    answers: [Answer; 2],
    /// How much likelier a bad answer is on the candidate than on the baseline.
    pub(crate) excess: f64,
}

/// How an arm answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) class: Class,
    pub(crate) latency_us: u64,
    /// In dollars.
    pub(crate) cost: f64,
    /// What the judge says, if it looks: whether the answer is bad, and after how many seconds.
    pub(crate) judged: Option<Judged>,
}

/// What a judge says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) bad: bool,
    pub(crate) after: f64,
}

/// What an arm is like at a moment.
#[derive(Debug, Clone, Copy)]
struct Level {
    errors: f64,
    latency: f64,
    cost: f64,
    bad: f64,
    limited: f64,
}

/// The requests of one run, in order of time. It never ends.
pub(crate) struct Requests<'a> {
    usual: &'a Usual,
    changes: &'a [Change],
    watches: Watched,
    price: Lognormal,
    rate: f64,
    storm: Option<Storm>,
    tenants: Option<Tenants>,
    delay: Option<Delay>,
    population: Option<Population>,
    source: Source,
    now: f64,
}

/// How many tokens answers have.
#[derive(Clone, Copy)]
pub(crate) struct Tokens {
    mean: f64,
    written: Lognormal,
}

/// A distribution by its mean and how far it deviates from it.
#[derive(Clone, Copy)]
struct Lognormal {
    /// The variance of the logarithm.
    variance: f64,
    deviation: f64,
}

/// The random numbers that both answers of a request follow from.
struct Luck {
    failure: f64,
    limit: f64,
    length: f64,
    price: f64,
    judged: f64,
    verdict: f64,
    wait: f64,
    habits: Habits,
    storm: Option<f64>,
}

impl<'a> Requests<'a> {
    /// The requests of a scenario under a seed.
    pub(crate) fn new(usual: &'a Usual, scenario: &'a Scenario, seed: u64) -> Self {
        let mut source = Source::seeded(seed);
        let population = scenario.users.map(|users| Population::new(users, &mut source.0));
        Self {
            usual,
            changes: &scenario.change,
            watches: scenario.watches,
            price: Lognormal::new(usual.cost_spread),
            rate: scenario.rate.unwrap_or(usual.rate),
            storm: scenario.storm,
            tenants: scenario.tenants,
            delay: scenario.delay,
            population,
            source,
            now: 0.0,
        }
    }

    /// A user, by place.
    pub(crate) fn user(&self, place: Option<usize>) -> Option<&User> {
        self.population.as_ref()?.user(place?)
    }

    /// When the latest request came.
    pub(crate) const fn now(&self) -> f64 {
        self.now
    }

    /// Another beginning: what comes next comes after this second.
    pub(crate) const fn rewind(&mut self, to: f64) {
        self.now = to;
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> Request {
        let rate = self.rate();
        let storm = self.storm.filter(|storm| self.now >= storm.from && self.now < storm.until);
        let all = rate + storm.map_or(0.0, |storm| storm.rate);
        self.now += self.source.wait() / all;
        let is_storm = storm.is_some() && self.source.uniform() * all >= rate;
        let user = self.population.as_ref().map(|population| match is_storm {
            true => population.stormer(),
            false => population.next(&mut self.source.0),
        });
        let luck = Luck {
            failure: self.source.uniform(),
            limit: self.source.uniform(),
            length: (self.usual.latency_spread * self.source.normal()).exp(),
            price: self.price.of(1.0, self.source.normal()),
            judged: self.source.uniform(),
            verdict: self.source.uniform(),
            wait: if self.delay.is_some() { self.source.wait() } else { 0.0 },
            habits: self.user(user).map_or(Habits::AVERAGE, |user| user.habits),
            storm: storm.filter(|_| is_storm).map(|storm| storm.errors),
        };
        let tenant = self.tenants.map(|tenants| self.source.below(tenants.count));
        let mut levels = self.levels();
        let broken = self.tenants.and_then(|tenants| tenants.errors).filter(|_| tenant == Some(BROKEN));
        if let Some(errors) = broken {
            levels[1].errors = errors;
        }
        let draw = self.source.bits();
        let answers =
            [self.answer(&luck, &levels[0], Arm::Baseline), self.answer(&luck, &levels[1], Arm::Candidate)];
        let excess = match self.watches {
            Watched::Feedback => (levels[1].bad - levels[0].bad) * luck.habits.bad,
            Watched::Errors if !is_storm => (levels[1].errors - levels[0].errors) * luck.habits.errors,
            _ => 0.0,
        };
        Request { at: self.now, draw, user, tenant, answers, excess }
    }

    /// How many requests come in a second now.
    fn rate(&self) -> f64 {
        let changes = self.changes.iter().filter(|change| change.quality == Quality::Rate);
        changes.fold(self.rate, |rate, change| change.apply(rate, self.now))
    }

    /// What the arms are like now: changes apply in the order in which they are written.
    fn levels(&self) -> [Level; 2] {
        let usual = self.usual;
        let Usual { errors, latency, cost, bad, limited, .. } = *usual;
        let mut levels = [Level { errors, latency, cost, bad, limited }; 2];
        for change in self.changes {
            let concerned = match change.arms {
                Arms::Both => &mut levels[..],
                Arms::Candidate => &mut levels[1..],
            };
            for value in concerned.iter_mut().filter_map(|level| level.of(change.quality)) {
                *value = change.apply(*value, self.now);
            }
        }
        levels
    }

    fn answer(&self, luck: &Luck, level: &Level, arm: Arm) -> Answer {
        let errors = luck.storm.unwrap_or(level.errors * luck.habits.errors);
        let class = if luck.limit < level.limited {
            Class::RateLimited
        } else if luck.failure < errors {
            Class::UpstreamError
        } else {
            Class::Ok
        };
        let seconds = level.latency * luck.length * luck.habits.latency;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds, far below 2^40"
        )]
        let latency_us = (seconds * 1e6) as u64;
        let cost = level.cost * luck.price * luck.habits.cost;
        let judged = (luck.judged < self.usual.judged).then(|| {
            let bad = luck.verdict < level.bad * luck.habits.bad;
            let after = self.delay.map_or(0.0, |delay| {
                let mean = match arm {
                    Arm::Baseline => delay.baseline,
                    Arm::Candidate | Arm::Treatment(_) => delay.candidate,
                };
                luck.wait * mean * if bad { delay.bad } else { 1.0 }
            });
            Judged { bad, after }
        });
        Answer { class, latency_us, cost, judged }
    }
}

impl Level {
    /// A quality of answers; nothing for one of traffic.
    const fn of(&mut self, quality: Quality) -> Option<&mut f64> {
        match quality {
            Quality::Errors => Some(&mut self.errors),
            Quality::Latency => Some(&mut self.latency),
            Quality::Cost => Some(&mut self.cost),
            Quality::Bad => Some(&mut self.bad),
            Quality::Limited => Some(&mut self.limited),
            Quality::Rate => None,
        }
    }
}

impl Lognormal {
    /// With this deviation, as a part of the mean.
    fn new(spread: f64) -> Self {
        let variance = spread.mul_add(spread, 1.0).ln();
        Self { variance, deviation: variance.sqrt() }
    }

    /// The value of a standard normal number.
    fn of(self, mean: f64, normal: f64) -> f64 {
        mean * (self.deviation * normal - self.variance / 2.0).exp()
    }
}

impl Tokens {
    /// As they are told of usual traffic.
    pub(crate) fn of(usual: &Usual) -> Self {
        Self { mean: usual.tokens, written: Lognormal::new(usual.tokens_spread) }
    }

    /// How many a request's answer has on either arm. Nothing else depends on that, so it has a source of its own.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    pub(crate) fn written(self, request: &Request) -> u64 {
        self.written.of(self.mean, Source::seeded(request.draw).normal()).round() as u64
    }
}

impl Request {
    /// How an arm answers it.
    pub(crate) const fn answer(&self, arm: Arm) -> &Answer {
        &self.answers[arm.index()]
    }
}
