//! What is there before anything happens: the application with its guards, the strategy, the gateways.

use super::words::{Words, clauses, name};
use super::{releases, strategy};
use crate::application::{Application, LocalGuard, Unit};
use crate::gauge::{Bounds, DEFAULT_EVERY, DEFAULT_TIMES, Gauge};
use crate::guard::{Guard, Margin, Mode, OnFail, Unproven};
use crate::id::{ApplicationName, GaugeName, NodeName, RolloutName};
use crate::metric::Metric;
use crate::rollout::plan::{OnInsufficient, Plan, Policy, Rejection, Strategy};
use crate::routing::table::Placement;

/// The seed of a script that names none.
const DEFAULT_SEED: u64 = 1;
/// The gateway of a script that names none.
const ONLY_GATEWAY: &str = "gw-1";

/// What is there before anything happens.
pub(crate) struct Setting {
    pub(crate) application: Application,
    /// What serves before the rollout.
    pub(crate) baseline: Placement,
    /// What is to serve.
    pub(crate) candidate: Placement,
    pub(crate) rollout: RolloutName,
    pub(crate) plan: Plan,
    /// Who calls; absent when every request is drawn by itself.
    pub(crate) population: Option<Population>,
    /// At least one.
    pub(crate) gateways: Vec<NodeName>,
    pub(crate) seed: u64,
}

/// What was read of a setting so far.
pub(super) struct Draft {
    application: Option<ApplicationName>,
    population: Option<Population>,
    guards: Vec<Guard>,
    gauges: Vec<Gauge>,
    strategy: Option<Strategy>,
    local_guard: Option<LocalGuard>,
    policy: Policy,
    gateways: Vec<NodeName>,
    seed: u64,
}

/// Users who call an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Population {
    /// So many, who all call as often and fail as often.
    Equal(usize),
    /// So many, a few of whom call far more often than most, and some of whom fail more often than others.
    Unequal(usize),
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            application: None,
            population: None,
            guards: Vec::new(),
            gauges: Vec::new(),
            strategy: None,
            local_guard: None,
            policy: Policy::default(),
            gateways: Vec::new(),
            seed: DEFAULT_SEED,
        }
    }
}

impl Draft {
    /// Reads a statement if it belongs to the setting.
    pub(super) fn read(&mut self, said: &str) -> Result<bool, String> {
        if let Some((head, list)) = said.split_once(':') {
            match head {
                "canary" => self.strategy = Some(strategy::canary(list)?),
                "blueGreen" => self.strategy = Some(strategy::blue_green(list)?),
                "localGuard" => self.local_guard = Some(local_guard(list)?),
                "policy" => self.read_policy(list)?,
                _ => return Ok(false),
            }
            return Ok(true);
        }
        let mut words = Words::of(said);
        match words.next() {
            Some("application") => self.read_application(&mut words)?,
            Some("guard") => self.guards.push(guard(&mut words)?),
            Some("gauge") => self.gauges.push(gauge(&mut words)?),
            Some("gateways") => {
                self.gateways.clear();
                while let Some(word) = words.next() {
                    self.gateways.push(name(word)?);
                }
            }
            Some("seed") => self.seed = words.number()? as u64,
            _ => return Ok(false),
        }
        words.end()?;
        Ok(true)
    }

    /// The setting, when nothing is missing that the script needs.
    pub(super) fn finish(self, started: bool) -> Result<Setting, String> {
        let Some(application) = &self.application else {
            return Err("no application is given: say 'application support-chat, unit request'".to_owned());
        };
        let application = application.as_str();
        let unit = if self.population.is_some() { Unit::User } else { Unit::Request };
        let strategy = match self.strategy {
            Some(strategy) => strategy,
            None if started => {
                return Err("no strategy is given: say 'canary: …' or 'blueGreen: …'".to_owned());
            }
            None => Strategy::Canary { steps: Vec::new() },
        };
        let gateways = if self.gateways.is_empty() { vec![name(ONLY_GATEWAY)?] } else { self.gateways };
        Ok(Setting {
            application: Application {
                local_guard: self.local_guard,
                ..releases::application(application, unit, &self.guards)?
            },
            baseline: releases::placement(application, "v1")?,
            candidate: releases::placement(application, "v2")?,
            rollout: name(&format!("{application}-v2"))?,
            plan: Plan {
                gauges: self.gauges,
                ..Plan::compile(&strategy, &self.guards, self.policy).with_local_guard(self.local_guard)
            },
            population: self.population,
            gateways,
            seed: self.seed,
        })
    }

    /// The place of a gateway among those there are.
    pub(super) fn gateway(&self, text: &str) -> Result<usize, String> {
        let mut names: Vec<&str> = self.gateways.iter().map(NodeName::as_str).collect();
        if names.is_empty() {
            names.push(ONLY_GATEWAY);
        }
        let place = names.iter().position(|name| *name == text);
        place.ok_or_else(|| format!("there is no gateway '{text}', only {}", names.join(", ")))
    }

    /// A gauge there is.
    pub(super) fn gauge(&self, text: &str) -> Result<GaugeName, String> {
        let names = || self.gauges.iter().map(|gauge| &gauge.name);
        names().find(|name| name.as_str() == text).cloned().ok_or_else(|| {
            let known: Vec<&str> = names().map(GaugeName::as_str).collect();
            format!("there is no gauge '{text}', only {}", known.join(", "))
        })
    }

    fn read_application(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        self.application = Some(name(words.word("the application's name")?)?);
        words.expect("unit")?;
        self.population = match words.word("'request' or 'user'")? {
            "request" => None,
            "user" => Some(population(words)?),
            other => return Err(format!("'{other}' is not a unit stories know: use 'request' or 'user'")),
        };
        Ok(())
    }

    fn read_policy(&mut self, list: &str) -> Result<(), String> {
        let policy = &mut self.policy;
        for clause in clauses(list) {
            let mut words = Words::of(clause);
            match words.word("a policy")? {
                "patience" => policy.patience = words.duration()?,
                "maxHold" => policy.max_hold = words.duration()?,
                "riskBudget" => policy.risk_budget = words.weight()?,
                "warmup" => {
                    policy.warmup = u32::try_from(words.number()?).map_err(|error| error.to_string())?;
                }
                "onInsufficientData" => {
                    policy.on_insufficient = match words.word("'hold' or 'rollback'")? {
                        "hold" => OnInsufficient::Hold,
                        "rollback" => OnInsufficient::Rollback,
                        other => return Err(format!("expected 'hold' or 'rollback', found '{other}'")),
                    }
                }
                "rejectRelease" => {
                    policy.rejection = match words.word("'true' or 'false'")? {
                        "true" => Rejection::Reject,
                        "false" => Rejection::Keep,
                        other => return Err(format!("expected 'true' or 'false', found '{other}'")),
                    }
                }
                other => {
                    return Err(format!(
                        "'{other}' is not a policy: use patience, maxHold, riskBudget, warmup, \
                         onInsufficientData or rejectRelease"
                    ));
                }
            }
            words.end()?;
        }
        Ok(())
    }
}

fn local_guard(list: &str) -> Result<LocalGuard, String> {
    let mut words = Words::of(list);
    words.expect("errors")?;
    let errors = words.weight()?;
    words.expect("minRequests")?;
    let min_requests = u32::try_from(words.number()?).map_err(|error| error.to_string())?;
    words.end()?;
    Ok(LocalGuard { errors, min_requests })
}

pub(crate) fn population(words: &mut Words<'_>) -> Result<Population, String> {
    let users = words.number()?;
    if users == 0 {
        return Err("at least one user has to call".to_owned());
    }
    words.expect_all(&["users", "of"])?;
    let population = match words.word("'equal' or 'unequal'")? {
        "equal" => Population::Equal(users),
        "unequal" => Population::Unequal(users),
        other => return Err(format!("expected 'equal' or 'unequal', found '{other}'")),
    };
    words.expect("activity")?;
    Ok(population)
}

pub(crate) fn guard(words: &mut Words<'_>) -> Result<Guard, String> {
    let text = words.word("a metric")?;
    let metric = Metric::ALL.into_iter().find(|metric| metric.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.as_str()).collect();
        format!("'{text}' is not a metric: use {}", names.join(", "))
    })?;
    words.expect("margin")?;
    let margin = margin(words)?;
    let on_fail = on_fail(words)?;
    let mut guard = Guard { on_fail, ..Guard::new(metric, margin) };
    while !words.is_over() {
        match words.word("")? {
            "mode" => {
                words.expect("observe")?;
                guard.mode = Mode::Observe;
            }
            "maturity" => guard.maturity = words.duration()?,
            "onInsufficient" => {
                guard.unproven = match words.word("'hold' or 'rollback'")? {
                    "hold" => Unproven::Hold,
                    "rollback" => Unproven::Rollback { after: None },
                    other => return Err(format!("expected 'hold' or 'rollback', found '{other}'")),
                }
            }
            "maxHold" => guard.unproven = Unproven::Rollback { after: Some(words.duration()?) },
            other => {
                return Err(format!(
                    "expected 'mode observe', 'maturity', 'onInsufficient' or 'maxHold', found '{other}'"
                ));
            }
        }
    }
    Ok(guard)
}

/// `gpu-faults at most 5 onFail rollback`.
fn gauge(words: &mut Words<'_>) -> Result<Gauge, String> {
    let name = name(words.word("the gauge's name")?)?;
    words.expect("at")?;
    let mut bounds = Bounds::default();
    let bound = match words.word("'most' or 'least'")? {
        "most" => &mut bounds.at_most,
        "least" => &mut bounds.at_least,
        other => return Err(format!("expected 'most' or 'least', found '{other}'")),
    };
    *bound = Some(words.decimal()?);
    let on_fail = on_fail(words)?;
    let mode = if words.skip("mode") {
        words.expect("observe")?;
        Mode::Observe
    } else {
        Mode::Enforce
    };
    Ok(Gauge {
        source: super::words::name("outside")?,
        query: String::new(),
        name,
        bounds,
        unit: None,
        every: DEFAULT_EVERY,
        times: DEFAULT_TIMES,
        on_fail,
        mode,
    })
}

fn on_fail(words: &mut Words<'_>) -> Result<OnFail, String> {
    words.expect("onFail")?;
    match words.word("'rollback', 'pause' or 'notify'")? {
        "rollback" => Ok(OnFail::Rollback),
        "pause" => Ok(OnFail::Pause),
        "notify" => Ok(OnFail::Notify),
        other => Err(format!("expected 'rollback', 'pause' or 'notify', found '{other}'")),
    }
}

pub(crate) fn margin(words: &mut Words<'_>) -> Result<Margin, String> {
    let word = words.word("a margin such as 0.5pp or 20%")?;
    let hundredths = |digits: &str| {
        let value: f64 = digits.parse().ok().filter(|value| *value > 0.0 && *value <= 1_000.0)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100 000")]
        let hundredths = (value * 100.0).round() as u32;
        Some(hundredths)
    };
    let points = word.strip_suffix("pp").and_then(hundredths).map(Margin::Points);
    points
        .or_else(|| word.strip_suffix('%').and_then(hundredths).map(Margin::Relative))
        .ok_or_else(|| format!("'{word}' is not a margin such as 0.5pp or 20%"))
}
