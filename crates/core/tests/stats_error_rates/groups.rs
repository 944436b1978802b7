//! Sticky units: few, unequal and heavy-tailed ones, under the race on clustered events, asked as `judge` would ask: from
//! a hundred candidate units, 48 groups with candidate traffic and five groups with candidate events on.

use viridian_core::stats::evidence::clustered;
use viridian_core::stats::evidence::contrast::{Contrast, DesignEffect, EpochSums, GroupSums, Hypothesis};

use crate::runs::{Dice, check, check_at, check_finds};

const ALPHA: f64 = 0.01;
const GROUPS: usize = 64;
const UNITS: usize = 100;
const ACTIVE_GROUPS: usize = 48;
const EVENT_GROUPS: usize = 5;
/// Requests between looks.
const LOOK: u32 = 20;

/// Who calls: how many, and how much they differ in calls and in failures, as deviations of logarithms.
#[derive(Clone, Copy)]
struct Users {
    count: usize,
    activity: f64,
    proneness: f64,
}

const CALM: Users = Users { count: 2_000, activity: 0.5, proneness: 0.5 };
const UNEQUAL: Users = Users { count: 2_000, activity: 1.5, proneness: 1.0 };
const FEW: Users = Users { count: 260, activity: 1.0, proneness: 1.0 };
const FEW_AND_PRONE: Users = Users { count: 260, activity: 1.0, proneness: 2.0 };
const HEAVY_TAILED: Users = Users { count: 4_000, activity: 2.0, proneness: 1.5 };

struct User {
    /// The part of all calls by this user and those before.
    up_to: f64,
    group: usize,
    on_candidate: bool,
    /// The factor on how often calls fail; one on average over all calls.
    prone: f64,
    /// Whether this is one of the few on whom a candidate's failures may fall.
    is_struck: bool,
}

/// A candidate whose failures are as many but fall on one user in so many.
const ONE_IN: f64 = 20.0;

impl Users {
    fn drawn(self, dice: &mut Dice, share: f64) -> Vec<User> {
        let (mut calls, mut failures) = (0.0, 0.0);
        let mut users: Vec<User> = (0..self.count)
            .map(|_| {
                let activity = (self.activity * dice.normal()).exp();
                let prone = (self.proneness * dice.normal()).exp();
                calls += activity;
                failures += activity * prone;
                User {
                    up_to: calls,
                    group: (dice.uniform() * GROUPS as f64) as usize,
                    on_candidate: dice.hits(share),
                    prone,
                    is_struck: dice.hits(1.0 / ONE_IN),
                }
            })
            .collect();
        for user in &mut users {
            user.up_to /= calls;
            user.prone *= calls / failures;
        }
        users
    }
}

/// How often a call of this user fails on its arm.
type Rate = fn(&User) -> f64;

/// Candidate requests until HARM, if it ever says so.
fn until_harm(dice: &mut Dice, callers: Users, traffic: (f64, u32), rate: Rate) -> Option<u64> {
    let users = callers.drawn(dice, traffic.0);
    until(dice, &users, traffic, rate, is_harm)
}

/// Candidate requests until a look at which the test says so, if there is one.
fn until(
    dice: &mut Dice,
    users: &[User],
    (share, requests): (f64, u32),
    rate: Rate,
    says: fn(&[EpochSums]) -> bool,
) -> Option<u64> {
    let mut seen = vec![false; users.len()];
    let mut epoch = [EpochSums { probability: share, groups: vec![GroupSums::default(); GROUPS] }];
    let (mut units, mut on_candidate) = (0, 0);
    for request in 1..=requests {
        let call = dice.uniform();
        let index = users.partition_point(|user| user.up_to <= call).min(users.len() - 1);
        let user = &users[index];
        let bad = f64::from(u8::from(dice.hits(rate(user).min(1.0))));
        let sums = &mut epoch[0].groups[user.group];
        if user.on_candidate {
            sums.candidate += 1.0;
            sums.candidate_events += bad;
            on_candidate += 1;
            units += usize::from(!std::mem::replace(&mut seen[index], true));
        } else {
            sums.baseline += 1.0;
            sums.baseline_events += bad;
        }
        if request % LOOK == 0 && units >= UNITS && says(&epoch) {
            return Some(on_candidate);
        }
    }
    None
}

fn is_harm(epochs: &[EpochSums]) -> bool {
    let is_active = |group: &usize| epochs.iter().any(|epoch| epoch.groups[*group].candidate > 0.0);
    let active = (0..GROUPS).filter(is_active).count();
    active >= ACTIVE_GROUPS
        && DesignEffect::of(epochs).is_some_and(|effect| effect.event_groups >= EVENT_GROUPS)
        && clustered::log_e_harm(epochs, 1.0).is_some_and(|log_e| log_e >= -ALPHA.ln())
}

#[test]
fn sticky_users_of_every_kind_hold_the_error() {
    let equal: Rate = |user| 0.03 * user.prone;
    for (name, users, traffic) in [
        ("sticky, calm, 10 %", CALM, (0.1, 6_000)),
        ("sticky, unequal, 10 %", UNEQUAL, (0.1, 6_000)),
        ("sticky, unequal, 50 %", UNEQUAL, (0.5, 3_000)),
        ("sticky, few, 50 %", FEW, (0.5, 3_000)),
        ("sticky, few and some very prone, 50 %", FEW_AND_PRONE, (0.5, 3_000)),
        ("sticky, calm, 90 %", CALM, (0.9, 6_000)),
        ("sticky, unequal, 90 %", UNEQUAL, (0.9, 6_000)),
        ("sticky, few and some very prone, 80 %", FEW_AND_PRONE, (0.8, 3_000)),
        ("sticky, heavy-tailed, 90 %", HEAVY_TAILED, (0.9, 6_000)),
        ("sticky, heavy-tailed, 25 %", HEAVY_TAILED, (0.25, 4_000)),
        ("sticky, heavy-tailed, 50 %", HEAVY_TAILED, (0.5, 3_000)),
    ] {
        check_at(ALPHA, name, |dice| until_harm(dice, users, traffic, equal).is_some());
    }
}

fn is_safe_within_half_more(epochs: &[EpochSums]) -> bool {
    clustered::log_e_safe(epochs, 1.5).is_some_and(|log_e| log_e >= 20_f64.ln())
}

#[test]
fn errors_exactly_at_a_relative_margin_rarely_pass() {
    let at_the_margin: Rate = |user| user.prone * if user.on_candidate { 0.06 } else { 0.04 };
    for (name, users) in [
        ("calm", CALM),
        ("unequal", UNEQUAL),
        ("few", FEW),
        ("few and prone", FEW_AND_PRONE),
        ("heavy-tailed", HEAVY_TAILED),
    ] {
        check(&format!("sticky, safe exactly at half more, {name}"), |dice| {
            let users = users.drawn(dice, 0.5);
            until(dice, &users, (0.5, 4_000), at_the_margin, is_safe_within_half_more).is_some()
        });
    }
}

/// Not the same behaviour, but no more failures: all of the candidate's fall on one user in twenty.
#[test]
fn failures_that_fall_on_few_users_are_not_more_of_them() {
    let concentrated: Rate = |user| match (user.on_candidate, user.is_struck) {
        (false, _) => 0.03,
        (true, true) => 0.03 * ONE_IN,
        (true, false) => 0.0,
    };
    for (name, users, traffic) in [
        ("sticky, concentrated, calm, 25 %", CALM, (0.25, 4_000)),
        ("sticky, concentrated, unequal, 50 %", UNEQUAL, (0.5, 3_000)),
    ] {
        check_at(ALPHA, name, |dice| until_harm(dice, users, traffic, concentrated).is_some());
    }
}

/// Ten users make a twentieth of all calls each, just too few to be left out as heavy, and differ in how often they fail.
#[test]
fn a_few_large_users_are_not_held_against_the_candidate() {
    const LARGE: usize = 10;
    for share in [0.25, 0.5] {
        for (name, spread) in [("alike", 0.0), ("unlike", 1.0), ("very unlike", 2.0)] {
            check_at(ALPHA, &format!("sticky, ten large users, {name}, {share}"), |dice| {
                let mut users = CALM.drawn(dice, share);
                let part = 0.05 * LARGE as f64;
                for user in &mut users {
                    user.up_to *= 1.0 - part;
                }
                for number in 1..=LARGE {
                    users.push(User {
                        up_to: 1.0 - part + 0.05 * number as f64,
                        group: (dice.uniform() * GROUPS as f64) as usize,
                        on_candidate: dice.hits(share),
                        prone: (spread * dice.normal()).exp(),
                        is_struck: false,
                    });
                }
                until(dice, &users, (share, 4_000), |user| 0.03 * user.prone, is_harm).is_some()
            });
        }
    }
}

/// The share rises from 5 % over 25 % to 50 %, so that more and more of the same users are on the candidate, while errors of
/// both arms rise fivefold: pooled over the ramp the candidate would look far worse.
#[test]
fn a_ramp_with_drift_is_not_held_against_the_candidate() {
    const SHARES: [f64; 3] = [0.05, 0.25, 0.5];
    for (name, callers) in [("calm", CALM), ("unequal", UNEQUAL), ("heavy-tailed", HEAVY_TAILED)] {
        check_at(ALPHA, &format!("sticky, ramp and drift, {name}"), |dice| {
            let users: Vec<(User, f64)> =
                callers.drawn(dice, 0.0).into_iter().map(|user| (user, dice.uniform())).collect();
            let epoch = |share| EpochSums { probability: share, groups: vec![GroupSums::default(); GROUPS] };
            let mut epochs = SHARES.map(epoch).to_vec();
            (1..=6_000_u32).any(|request| {
                let now = (request as usize - 1) / 2_000;
                let call = dice.uniform();
                let index = users.partition_point(|(user, _)| user.up_to <= call).min(users.len() - 1);
                let (user, bucket) = &users[index];
                let rate = 0.01 + 0.04 * f64::from(request) / 6_000.0;
                let bad = f64::from(u8::from(dice.hits((rate * user.prone).min(1.0))));
                let sums = &mut epochs[now].groups[user.group];
                if *bucket < SHARES[now] {
                    sums.candidate += 1.0;
                    sums.candidate_events += bad;
                } else {
                    sums.baseline += 1.0;
                    sums.baseline_events += bad;
                }
                request % LOOK == 0 && is_harm(&epochs[..=now])
            })
        });
    }
}

/// One user calls again and again while failing, on whichever arm the draw put them.
#[test]
fn a_storm_of_retries_by_one_user_is_not_held_against_the_candidate() {
    let storm: Rate = |user| if user.up_to <= 0.05 { 0.5 } else { 0.02 * user.prone };
    check_at(ALPHA, "sticky, storms, 25 %", |dice| until_harm(dice, FEW, (0.25, 4_000), storm).is_some());
}

#[test]
fn errors_of_sticky_users_are_found() {
    let fivefold: Rate = |user| user.prone * if user.on_candidate { 0.05 } else { 0.01 };
    check_finds("sticky, calm, 1 % to 5 %", 240, |dice| until_harm(dice, CALM, (0.1, 20_000), fivefold));
    check_finds("sticky, calm, 90 %, nearly all fail", 1_200, |dice| {
        let failing: Rate = |user| if user.on_candidate { 0.99 } else { 0.01 };
        until_harm(dice, CALM, (0.9, 20_000), failing)
    });
    check_finds("sticky, unequal, 1 % to 8 %", 420, |dice| {
        let eightfold: Rate = |user| user.prone * if user.on_candidate { 0.08 } else { 0.01 };
        until_harm(dice, UNEQUAL, (0.1, 30_000), eightfold)
    });
}

/// Costs of users, each of whom asks for cheap or dear things, with `factor` on the candidate; whether any look says so.
fn ever_said(
    dice: &mut Dice,
    callers: Users,
    (share, factor): (f64, f64),
    says: impl Fn(&[EpochSums]) -> bool,
) -> bool {
    let users = callers.drawn(dice, share);
    let mut epoch = [EpochSums { probability: share, groups: vec![GroupSums::default(); GROUPS] }];
    (1..=3_000_u32).any(|request| {
        let call = dice.uniform();
        let user = &users[users.partition_point(|user| user.up_to <= call).min(users.len() - 1)];
        let cost = 0.01 * user.prone.min(10.0) * (0.5 + dice.uniform());
        let sums = &mut epoch[0].groups[user.group];
        if user.on_candidate {
            sums.candidate += 1.0;
            sums.candidate_events += factor * cost;
        } else {
            sums.baseline += 1.0;
            sums.baseline_events += cost;
        }
        let active = epoch[0].groups.iter().filter(|group| group.candidate > 0.0).count();
        request % LOOK == 0 && active >= ACTIVE_GROUPS && says(&epoch)
    })
}

#[test]
fn costs_of_sticky_users_hold_their_error() {
    const MARGIN: f64 = 0.2;
    let at = |ratio| Hypothesis { ratio, difference: 0.0 };
    for (name, users, share) in
        [("calm, 25 %", CALM, 0.25), ("unequal, 50 %", UNEQUAL, 0.5), ("few, 50 %", FEW, 0.5)]
    {
        check_at(ALPHA, &format!("sticky costs, harm, {name}"), |dice| {
            ever_said(dice, users, (share, 1.0), |epochs| {
                Contrast::of_amounts(epochs, at(1.0)).is_some_and(|contrast| contrast.lower(ALPHA) > 0.0)
            })
        });
        check(&format!("sticky costs, safe exactly at the margin, {name}"), |dice| {
            ever_said(dice, users, (share, 1.0 + MARGIN), |epochs| {
                Contrast::of_amounts(epochs, at(1.0 + MARGIN))
                    .is_some_and(|contrast| contrast.upper(0.05) < 0.0)
            })
        });
    }
}
