//! What happens in a scenario, as it is written down.

use serde::{Deserialize, Serialize};
use viridian_core::metric::Metric;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenarios {
    pub(super) scenario: Vec<Scenario>,
}

/// One scenario. What is absent is as usual.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) kind: Kind,
    /// The metric that other rules watch.
    pub(crate) watches: Watched,
    /// The guard that is ours alone where one is, if it is not the first on what others watch.
    pub(crate) guard: Option<Metric>,
    pub(crate) rate: Option<f64>,
    pub(crate) hours: Option<f64>,
    /// The candidate's share in per cent from a second on.
    pub(crate) shares: Option<Vec<(f64, f64)>>,
    /// The share that really reaches the candidate, in per cent, when the draw is broken.
    pub(crate) actual: Option<f64>,
    #[serde(default)]
    pub(crate) change: Vec<Change>,
    pub(crate) users: Option<Users>,
    pub(crate) tenants: Option<Tenants>,
    pub(crate) storm: Option<Storm>,
    pub(crate) delay: Option<Delay>,
    pub(crate) settling: Option<Settling>,
}

/// What a rule should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The candidate is no worse.
    Null,
    /// The candidate is worse.
    Worse,
    /// It is worse by exactly the margins.
    Margin,
    /// Arms cannot be compared.
    Broken,
    /// It is as good and is to be promoted in time.
    Equal,
}

/// A metric that rules watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Watched {
    Errors,
    Feedback,
    Latency,
    Cost,
    All,
}

impl Watched {
    /// The metrics by themselves.
    pub(crate) const fn metrics(self) -> &'static [Self] {
        match self {
            Self::Errors => &[Self::Errors],
            Self::Feedback => &[Self::Feedback],
            Self::Latency => &[Self::Latency],
            Self::Cost => &[Self::Cost],
            Self::All => &[Self::Errors, Self::Feedback, Self::Latency, Self::Cost],
        }
    }
}

/// A quality of answers or of traffic that changes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) arms: Arms,
    pub(crate) quality: Quality,
    pub(crate) to: Option<f64>,
    pub(crate) times: Option<f64>,
    pub(crate) plus: Option<f64>,
    /// The part of itself by which it swings over `period`.
    pub(crate) swing: Option<f64>,
    pub(crate) period: Option<f64>,
    #[serde(default)]
    pub(crate) from: f64,
    #[serde(default)]
    pub(crate) within: f64,
    pub(crate) until: Option<f64>,
    pub(crate) every: Option<f64>,
    pub(crate) lasts: Option<f64>,
}

/// Whose answers change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Arms {
    Both,
    Candidate,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Quality {
    Errors,
    Latency,
    Cost,
    Bad,
    Limited,
    Rate,
}

/// Users who stay on their arm: how many, and the deviations of the logarithms of how often they call, how often they fail,
/// and how long, how dear and how bad their answers are.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    pub(crate) count: usize,
    pub(crate) activity: f64,
    pub(crate) proneness: f64,
    #[serde(default)]
    pub(crate) habits: f64,
}

/// Tenants who call equally often, and where there is one that fares worse, the part of its requests that the candidate fails.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenants {
    pub(crate) count: u32,
    pub(crate) errors: Option<f64>,
}

/// One user more, who calls this often for a while, and most of whose calls fail on any arm.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storm {
    pub(crate) rate: f64,
    pub(crate) errors: f64,
    pub(crate) from: f64,
    pub(crate) until: f64,
}

/// Judgements come late: exponential with these means in seconds, bad ones by a factor later; they count once the
/// request is as old as `maturity`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    pub(crate) baseline: f64,
    pub(crate) candidate: f64,
    pub(crate) bad: f64,
    pub(crate) maturity: f64,
}

/// What every rule is told to leave out while the candidate settles: ours so many requests to it, the others so many
/// seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settling {
    pub(crate) warmup: u32,
    pub(crate) seconds: f64,
}

impl Change {
    /// How much of the change is in force so many seconds after the beginning: zero to one.
    fn force(&self, at: f64) -> f64 {
        if at < self.from || self.until.is_some_and(|until| at >= until) {
            return 0.0;
        }
        if let (Some(every), Some(lasts)) = (self.every, self.lasts) {
            return f64::from(u8::from((at - self.from) % every < lasts));
        }
        if self.within > 0.0 { ((at - self.from) / self.within).min(1.0) } else { 1.0 }
    }

    /// The value this makes of another.
    pub(crate) fn apply(&self, value: f64, at: f64) -> f64 {
        if let (Some(swing), Some(period)) = (self.swing, self.period) {
            return value * (1.0 + swing * (std::f64::consts::TAU * at / period).sin());
        }
        let target = self.to.unwrap_or(value) * self.times.unwrap_or(1.0) + self.plus.unwrap_or(0.0);
        value + (target - value) * self.force(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Change = Change {
        arms: Arms::Both,
        quality: Quality::Errors,
        to: None,
        times: None,
        plus: None,
        swing: None,
        period: None,
        from: 0.0,
        within: 0.0,
        until: None,
        every: None,
        lasts: None,
    };

    fn check(change: Change, at: f64, expected: f64) {
        let found = change.apply(0.1, at);
        assert!((found - expected).abs() < 1e-12, "{found} instead of {expected} at {at}");
    }

    #[test]
    fn a_quality_changes_as_written() {
        let line = Change { to: Some(0.2), within: 100.0, ..NOTHING };
        check(line, 0.0, 0.1);
        check(line, 50.0, 0.15);
        check(line, 400.0, 0.2);
        let burst = Change { to: Some(0.9), every: Some(600.0), lasts: Some(120.0), ..NOTHING };
        check(burst, 119.0, 0.9);
        check(burst, 120.0, 0.1);
        check(burst, 600.0, 0.9);
        let while_it_lasts = Change { times: Some(3.0), from: 10.0, until: Some(20.0), ..NOTHING };
        check(while_it_lasts, 9.0, 0.1);
        check(while_it_lasts, 10.0, 0.3);
        check(while_it_lasts, 20.0, 0.1);
        check(Change { plus: Some(0.03), ..NOTHING }, 5.0, 0.13);
        check(Change { swing: Some(0.5), period: Some(400.0), ..NOTHING }, 100.0, 0.15);
    }
}
