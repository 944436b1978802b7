//! Users who stay on their arm: who they are, how often they call, how often they fail.

use crate::config::Users;
use viridian_core::id::ApplicationName;
use viridian_core::routing::bucket::Bucket;
use viridian_core::routing::table::Salt;
use viridian_core::simulate::Dice;
use viridian_core::unit::UnitHash;

/// The application whose users they are.
const APPLICATION: &str = "support-chat";

/// A user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) hash: UnitHash,
    pub(crate) bucket: Bucket,
    /// The share of all calls by this user and those before.
    up_to: f64,
    pub(crate) habits: Habits,
}

/// What requests of a user come to, against the average request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) errors: f64,
    pub(crate) latency: f64,
    pub(crate) cost: f64,
    pub(crate) bad: f64,
}

/// All users, and one more at the end who only calls in storms.
pub(crate) struct Population {
    users: Vec<User>,
}

impl Population {
    /// New users under a new salt.
    pub(crate) fn new(users: Users, dice: &mut Dice) -> Self {
        let salt = Salt(std::array::from_fn(|_| dice.bits().to_le_bytes()[0]));
        let run = dice.bits();
        let application = ApplicationName::parse(APPLICATION).ok();
        let mut calls = 0.0;
        let mut all: Vec<User> = (0..=users.count)
            .map(|number| {
                let name = format!("{run:x}-{number}");
                if number < users.count {
                    calls += (users.activity * dice.normal()).exp();
                }
                User {
                    hash: application
                        .as_ref()
                        .map_or(UnitHash(0), |application| UnitHash::of(application, &name)),
                    bucket: Bucket::of(&salt, &name),
                    up_to: calls,
                    habits: Habits::drawn(users, dice),
                }
            })
            .collect();
        even_out(&mut all, calls);
        Self { users: all }
    }

    /// The place of whoever calls next.
    pub(crate) fn next(&self, dice: &mut Dice) -> usize {
        let call = dice.uniform();
        self.users.partition_point(|user| user.up_to <= call).min(self.users.len().saturating_sub(2))
    }

    /// The place of the user who calls in storms.
    pub(crate) const fn stormer(&self) -> usize {
        self.users.len() - 1
    }

    /// A user, by place.
    pub(crate) fn user(&self, place: usize) -> Option<&User> {
        self.users.get(place)
    }
}

impl Habits {
    /// Those of the average request.
    pub(crate) const AVERAGE: Self = Self { errors: 1.0, latency: 1.0, cost: 1.0, bad: 1.0 };

    fn drawn(users: Users, dice: &mut Dice) -> Self {
        let errors = (users.proneness * dice.normal()).exp();
        if users.habits == 0.0 {
            return Self { errors, ..Self::AVERAGE };
        }
        let mut drawn = || (users.habits * dice.normal()).exp();
        Self { errors, latency: drawn(), cost: drawn(), bad: drawn() }
    }

    const fn each(&mut self) -> [&mut f64; 4] {
        [&mut self.errors, &mut self.latency, &mut self.cost, &mut self.bad]
    }
}

/// Makes parts of the calls of numbers of calls, and factors on the mean over all calls of what users are like, so that
/// the average request is as written in every run.
fn even_out(users: &mut [User], calls: f64) {
    let (mut means, mut from) = ([0.0; 4], 0.0);
    for user in users.iter_mut() {
        user.up_to /= calls;
        let part = user.up_to - from;
        means.iter_mut().zip(user.habits.each()).for_each(|(mean, habit)| *mean += part * *habit);
        from = user.up_to;
    }
    for user in users {
        user.habits.each().into_iter().zip(means).for_each(|(habit, mean)| *habit /= mean);
    }
}
