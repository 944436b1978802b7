//! The requests of one run: when each comes, who sends it, and how each arm would answer it.
//!
//! [`Requests`] is the stream. Both answers of a request follow from the same random numbers, so every rule decides
//! over the same requests whatever it does with them.

mod users;

use crate::config::{Arms, Change, Delay, Quality, Scenario, Storm, Usual, Watched};
pub(crate) use users::User;
use users::{Habits, Population};
use viridian_core::arm::Arm;
use viridian_core::outcome::Class;
use viridian_core::simulate::Dice;

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// Seconds after the beginning.
    pub(crate) at: f64,
    /// What decides the arm when no user does.
    pub(crate) draw: u64,
    /// Who sends it, by place; nobody in particular when every request is drawn by itself.
    pub(crate) user: Option<usize>,
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
    delay: Option<Delay>,
    population: Option<Population>,
    dice: Dice,
    now: f64,
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
        let mut dice = Dice::seeded(seed);
        let population = scenario.users.map(|users| Population::new(users, &mut dice));
        Self {
            usual,
            changes: &scenario.change,
            watches: scenario.watches,
            price: Lognormal::new(usual.cost_spread),
            rate: scenario.rate.unwrap_or(usual.rate),
            storm: scenario.storm,
            delay: scenario.delay,
            population,
            dice,
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
        let rate = self.changed(Quality::Rate, Arms::Both, self.rate);
        let storm = self.storm.filter(|storm| self.now >= storm.from && self.now < storm.until);
        let all = rate + storm.map_or(0.0, |storm| storm.rate);
        self.now -= (1.0 - self.dice.uniform()).ln() / all;
        let is_storm = storm.is_some() && self.dice.uniform() * all >= rate;
        let user = self.population.as_ref().map(|population| match is_storm {
            true => population.stormer(),
            false => population.next(&mut self.dice),
        });
        let luck = Luck {
            failure: self.dice.uniform(),
            limit: self.dice.uniform(),
            length: (self.usual.latency_spread * self.dice.normal()).exp(),
            price: self.price.of(1.0, self.dice.normal()),
            judged: self.dice.uniform(),
            verdict: self.dice.uniform(),
            wait: if self.delay.is_some() { -(1.0 - self.dice.uniform()).ln() } else { 0.0 },
            habits: self.user(user).map_or(Habits::AVERAGE, |user| user.habits),
            storm: storm.filter(|_| is_storm).map(|storm| storm.errors),
        };
        let levels = [self.level(Arms::Both), self.level(Arms::Candidate)];
        let draw = self.dice.bits();
        let answers =
            [self.answer(&luck, &levels[0], Arm::Baseline), self.answer(&luck, &levels[1], Arm::Candidate)];
        let excess = match self.watches {
            Watched::Feedback => (levels[1].bad - levels[0].bad) * luck.habits.bad,
            Watched::Errors if !is_storm => (levels[1].errors - levels[0].errors) * luck.habits.errors,
            _ => 0.0,
        };
        Request { at: self.now, draw, user, answers, excess }
    }

    fn level(&self, arms: Arms) -> Level {
        Level {
            errors: self.changed(Quality::Errors, arms, self.usual.errors),
            latency: self.changed(Quality::Latency, arms, self.usual.latency),
            cost: self.changed(Quality::Cost, arms, self.usual.cost),
            bad: self.changed(Quality::Bad, arms, self.usual.bad),
            limited: self.changed(Quality::Limited, arms, self.usual.limited),
        }
    }

    /// A quality now: what is written of both arms comes first, then what is written of the candidate.
    fn changed(&self, quality: Quality, arms: Arms, usual: f64) -> f64 {
        let concerns = |change: &&Change| {
            change.quality == quality && (change.arms == Arms::Both || arms == Arms::Candidate)
        };
        self.changes.iter().filter(concerns).fold(usual, |value, change| change.apply(value, self.now))
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

impl Request {
    /// How an arm answers it.
    pub(crate) const fn answer(&self, arm: Arm) -> &Answer {
        &self.answers[arm.index()]
    }

    /// How many tokens its answer has on either arm. Nothing else depends on that, so it has dice of its own.
    pub(crate) fn tokens(&self, usual: &Usual) -> u64 {
        let written = Lognormal::new(usual.tokens_spread);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
        let tokens = written.of(usual.tokens, Dice::seeded(self.draw).normal()).round() as u64;
        tokens
    }
}
