//! From a document to an application, with the rules that span several fields: [`read`].

use super::declared::{self, Declares};
use super::{ApplicationManifest, outside, scores};
use crate::manifest::cursor::Cursor;
use crate::manifest::document;
use crate::manifest::fault::{Fault, quoted};
use crate::manifest::text::{attribute, quantity, secret, unit, url};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use viridian_core::analysis::judge::Units;
use viridian_core::application::{Application, LocalGuard, Pin, Protocol, Timeouts};
use viridian_core::environment::{Environment, Platform, ReadinessCheck};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, OnSlice, Unproven};
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::metric::{Elapsed, Metric, Witness};
use viridian_core::opinion::{MOST_CATEGORIES, Opinions, Scale};
use viridian_core::rollout::plan::OnInsufficient;
use viridian_core::slice::{Attribute, MOST_ATTRIBUTES, unasked};

/// How many requests a local guard looks at unless it says otherwise.
const DEFAULT_LOCAL_REQUESTS: u32 = 20;

/// Reads an application; nothing when its shape has faults. Faults of its meaning are added.
pub(crate) fn read(document: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<ApplicationManifest> {
    let name = document::name(document, ApplicationName::parse);
    let labels = document.required("metadata", |metadata| metadata.or("labels", BTreeMap::new(), labels));
    let spec = document.field("spec")?;
    let protocol = spec.required("protocol", |word| word.word());
    let allow_paths = allow_paths(&spec, protocol, faults);
    let pins = spec.or("pins", Vec::new(), |list| pins(list, faults));
    let metrics = spec.or("metrics", BTreeMap::new(), |map| declared::metrics(map, protocol, faults));
    let scores = spec.or("scores", BTreeMap::new(), |map| scores::scores(map, &spec, faults));
    let known = declared::names(&spec, metrics.as_ref(), scores.as_ref());
    let named = |word: &Cursor<'_>, faults: &mut Vec<Fault>| known.named(word, faults);
    let unit = spec.required("unit", |text| text.parsed(unit));
    let units = unit.as_ref().map_or(Units::Sticky, Units::of);
    let guards = spec.or("guards", Vec::new(), |list| guards(list, (protocol, units, named), faults));
    let feedback = spec.or("feedback", Opinions::default(), |opinions| feedback(opinions, faults));
    let slices = spec.or("slices", Vec::new(), |list| slices(list, faults));
    if slices.as_ref().is_some_and(Vec::is_empty) {
        faults.extend(without_slices(&spec));
    }
    let sources = spec.or("sources", BTreeMap::new(), outside::sources);
    let gauges = spec.or("gauges", Vec::new(), |list| outside::gauges(list, &source_words(&spec), faults));
    let application = Application {
        name: name?,
        labels: labels?,
        protocol: protocol?,
        unit: unit?,
        environments: spec.required("environments", environments)?,
        allow_paths: allow_paths?,
        pins: pins?,
        local_guard: spec.optional("localGuard", local_guard)?,
        guards: guards?,
        metrics: metrics?.into_values().collect(),
        scores: scores?.into_values().collect(),
        feedback: feedback?,
        slices: slices?,
        sources: sources?,
        gauges: gauges?,
        timeouts: spec.or("timeouts", Timeouts::default(), timeouts)?,
    };
    let baseline = spec.optional("baseline", |text| text.parsed(ReleaseName::parse))?;
    Some(ApplicationManifest { application, baseline })
}

/// What an application declares, for those who name it elsewhere. What is wrong with it is told where it is read.
pub(crate) fn declares(spec: &Cursor<'_>) -> Declares {
    let mut told = Vec::new();
    let protocol = spec.required("protocol", |word| word.word());
    let metrics = spec.or("metrics", BTreeMap::new(), |map| declared::metrics(map, protocol, &mut told));
    let scores = spec.or("scores", BTreeMap::new(), |map| scores::scores(map, spec, &mut told));
    declared::names(spec, metrics.as_ref(), scores.as_ref())
}

fn labels(labels: &Cursor<'_>) -> Option<BTreeMap<String, String>> {
    labels.fields().map(|(key, value)| Some((key.to_owned(), value.text()?.to_owned()))).collect()
}

/// The names of sources and the words for what they speak, as they are written, whatever else is wrong with them.
fn source_words(spec: &Cursor<'_>) -> BTreeMap<String, String> {
    let word = |source: Cursor<'_>| source.fields().next().map(|(word, _)| word.to_owned());
    let words = |map: Cursor<'_>| {
        map.fields().map(|(name, source)| (name.to_owned(), word(source).unwrap_or_default())).collect()
    };
    spec.field("sources").map(words).unwrap_or_default()
}

fn environments(map: &Cursor<'_>) -> Option<BTreeMap<EnvironmentName, Environment>> {
    let read = map.fields().map(|(name, environment)| {
        let environment = self::environment(name, &environment)?;
        Some((environment.name.clone(), environment))
    });
    read.collect()
}

fn environment(name: &str, environment: &Cursor<'_>) -> Option<Environment> {
    let bearer = |auth: &Cursor<'_>| auth.required("bearer", |text| text.parsed(secret));
    let readiness = |check: &Cursor<'_>| {
        let path = check.required("path", |path| path.text().map(str::to_owned))?;
        Some(ReadinessCheck { path })
    };
    Some(Environment {
        name: EnvironmentName::parse(name).ok()?,
        platform: environment.or("platform", Platform::Static, |word| word.word())?,
        endpoints: environment.required("endpoints", |list| list.each(|text| text.parsed(url::endpoint)))?,
        bearer: environment.optional("auth", bearer)?,
        readiness: environment.optional("readiness", readiness)?,
    })
}

/// The paths callers may use: needed by the protocol `http` and by no other.
fn allow_paths(
    spec: &Cursor<'_>,
    protocol: Option<Protocol>,
    faults: &mut Vec<Fault>,
) -> Option<Vec<String>> {
    let paths = spec.field("allowPaths");
    match (protocol, &paths) {
        (Some(Protocol::Http), None) => {
            let message =
                "missing; the protocol http passes no path that is not listed, so list at least one";
            faults.push(spec.missing("allowPaths", message));
        }
        (Some(Protocol::OpenAi | Protocol::OpenInference), Some(paths)) => {
            let message = "only the protocol http takes paths; the others pass the paths their callers know";
            faults.push(paths.key_fault(message));
        }
        _ => {}
    }
    paths.map_or(Some(Vec::new()), |paths| paths.each(|path| path.text().map(str::to_owned)))
}

fn pins(list: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Vec<Pin>> {
    let mut pinned = BTreeSet::new();
    list.each(|pin| {
        let unit = pin.field("unit");
        let name = unit.as_ref().and_then(|unit| unit.text().map(str::to_owned));
        if let (Some(unit), Some(name)) = (unit, &name)
            && !pinned.insert(name.clone())
        {
            faults.push(unit.fault(format!("{} is pinned already", quoted(name))));
        }
        Some(Pin { unit: name?, arm: pin.required("arm", |word| word.word())? })
    })
}

fn local_guard(guard: &Cursor<'_>) -> Option<LocalGuard> {
    Some(LocalGuard {
        errors: guard.required("errors", |text| text.parsed(quantity::share))?,
        min_requests: guard.or("minRequests", DEFAULT_LOCAL_REQUESTS, |number| number.number())?,
    })
}

/// Reads guards. `named` tells which metric a word means.
pub(crate) fn guards(
    list: &Cursor<'_>,
    (protocol, units, named): (
        Option<Protocol>,
        Units,
        impl Fn(&Cursor<'_>, &mut Vec<Fault>) -> Option<Metric>,
    ),
    faults: &mut Vec<Fault>,
) -> Option<Vec<Guard>> {
    let mut watched = BTreeSet::new();
    list.each(|item| {
        let watches = item.required("metric", |word| named(word, faults));
        let guard = guard(item, (watches, units), faults);
        if let Some(metric) = watches
            && !watched.insert(metric)
        {
            faults.push(item.fault(format!("{metric} is guarded already; a metric has one guard")));
        }
        if let (Some(guard), Some(protocol), Some(metric)) = (&guard, protocol, item.field("metric"))
            && !is_measured(guard.metric, protocol)
        {
            let place = match guard.metric.witness() {
                Witness::Contents => "read in chat completions",
                Witness::Passing | Witness::Callers => "measured where answers are streamed",
            };
            let message = format!("{} is {place}: with the protocol openai", guard.metric);
            faults.push(metric.fault(message));
        }
        guard
    })
}

/// Whether answers of a protocol say anything of a metric.
fn is_measured(metric: Metric, protocol: Protocol) -> bool {
    let is_streamed = metric.percentile().is_some_and(|percentile| percentile.of == Elapsed::ToFirstToken);
    (!is_streamed && metric.witness() != Witness::Contents) || protocol == Protocol::OpenAi
}

fn guard(
    guard: &Cursor<'_>,
    (metric, units): (Option<Metric>, Units),
    faults: &mut Vec<Fault>,
) -> Option<Guard> {
    let margin = guard.required("margin", |text| text.parsed(quantity::margin));
    if let (Some(metric), Some(Margin::Points(_)), Some(text)) = (metric, margin, guard.field("margin"))
        && (metric.percentile().is_some() || metric.is_amount())
    {
        let what = if metric.is_amount() { "an amount" } else { "a time" };
        faults.push(text.fault(format!(
            "{metric} is {what} and no share, so that percentage points of it mean nothing; \
             write a part of the baseline's, such as '20%'"
        )));
    }
    if let (Some(metric), Some(margin), Some(text)) = (metric, margin, guard.field("margin")) {
        faults.extend(unfit_for_score(metric, margin, "lower it may be").map(|message| text.fault(message)));
    }
    faults.extend(metric.and_then(|metric| never_matures(guard, metric)));
    let on_fail = guard.or("onFail", OnFail::Rollback, |word| word.word());
    let mode = guard.or("mode", Mode::Enforce, |word| word.word());
    let unproven = unproven(guard, on_fail.zip(mode), faults);
    let slices = guard.or("slices", OnSlice::Notify, |word| word.word());
    if let (Some(OnSlice::Rollback), Some(field)) = (slices, guard.field("slices")) {
        let acts = on_fail.zip(mode).is_none_or(|acts| acts == (OnFail::Rollback, Mode::Enforce));
        faults.extend(unfit_for_slices(metric, units, acts).map(|message| field.key_fault(message)));
    }
    Some(Guard {
        metric: metric?,
        margin: margin?,
        on_fail: on_fail?,
        mode: mode?,
        maturity: guard.or("maturity", Duration::ZERO, |text| text.parsed(quantity::duration))?,
        unproven: unproven?,
        slices: slices?,
        strict: guard.or("strict", false, |flag| flag.boolean())?,
    })
}

/// What is wrong with a maturity of what comes with the answer.
pub(crate) fn never_matures(of: &Cursor<'_>, metric: Metric) -> Option<Fault> {
    let maturity = of.field("maturity").filter(|_| !metric.arrives_late())?;
    let message = format!("{metric} is known with the answer; only feedback and scores mature");
    Some(maturity.key_fault(message))
}

/// Why a guard never rolls back for a slice.
fn unfit_for_slices(metric: Option<Metric>, units: Units, acts: bool) -> Option<String> {
    if !acts {
        return Some("only a guard that rolls back by itself, enforced, rolls back for a slice".to_owned());
    }
    let metric = metric?;
    let (why, advice) = (unasked::why(metric, units)?, unasked::advice(units));
    Some(format!("{metric} {why}, so that no slice is ever found worse by it; leave this out, and {advice}"))
}

/// What guards say of slices where there are none.
fn without_slices(spec: &Cursor<'_>) -> Vec<Fault> {
    let message = "traffic is cut by nothing, so that there is no slice to roll back for; write what it is cut by, such as \
                   'slices: [language]', in spec";
    let of_rollback = |guard: Cursor<'_>| {
        guard
            .field("slices")
            .filter(|field| field.text() == Some("rollback"))
            .map(|field| field.key_fault(message))
    };
    spec.field("guards").map_or_else(Vec::new, |list| list.items().filter_map(of_rollback).collect())
}

/// What is wrong with a margin for a score, or with that of a score for anything else. `how_far` is what the margin says.
pub(crate) fn unfit_for_score(metric: Metric, margin: Margin, how_far: &str) -> Option<String> {
    match (metric, margin) {
        (Metric::Score(score), Margin::Score(_)) if margin.fraction() < score.width() => None,
        (Metric::Score(score), Margin::Score(_)) => Some(format!(
            "{metric} is a score from {} to {}, and nothing differs by {margin} on it; write a margin within the scale",
            score.from(),
            score.to()
        )),
        (Metric::Score(score), _) => Some(format!(
            "{metric} is a score from {} to {}; write how many of its points {how_far}, such as '0.2 points'",
            score.from(),
            score.to()
        )),
        (_, Margin::Score(_)) => {
            Some(format!("{metric} is no score, so that points of a scale mean nothing of it"))
        }
        _ => None,
    }
}

/// What traffic is cut by.
fn slices(list: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Vec<Attribute>> {
    let mut known = BTreeSet::new();
    list.each(|item| {
        let attribute = item.parsed(attribute)?;
        if !known.insert(attribute.clone()) {
            faults.push(item.fault(format!("traffic is cut by {} already", attribute.as_str())));
        } else if known.len() > MOST_ATTRIBUTES {
            faults.push(item.fault(format!("traffic is cut by {MOST_ATTRIBUTES} attributes at most")));
        }
        Some(attribute)
    })
}

/// What callers may say of answers.
fn feedback(opinions: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Opinions> {
    let rating = opinions.optional("rating", |rating| {
        let end = |name| rating.required(name, |number| number.number::<u32>());
        let (from, to, bad) = (end("from"), end("to"), end("bad"));
        let scale = Scale { from: from?, to: to?, bad: bad? };
        if !(scale.from <= scale.bad && scale.bad < scale.to) {
            faults.push(rating.fault(format!(
                "from {} to {} with {} and less bad is no scale: something has to be bad and something good, as in \
                 {{from: 1, to: 5, bad: 2}}",
                scale.from, scale.to, scale.bad
            )));
        }
        Some(scale)
    });
    let categories = opinions.or("categories", BTreeMap::new(), |map| {
        if map.fields().count() > MOST_CATEGORIES {
            faults.push(map.key_fault(format!("there are {MOST_CATEGORIES} categories at most")));
        }
        map.fields().map(|(name, word)| Some((name.to_owned(), word.word()?))).collect()
    });
    Some(Opinions { rating: rating?, categories: categories? })
}

/// What follows while the guard's evidence does not suffice. Only guards that promotion waits for can hold anything.
fn unproven(guard: &Cursor<'_>, acts: Option<(OnFail, Mode)>, faults: &mut Vec<Fault>) -> Option<Unproven> {
    let given = guard.optional("onInsufficient", |word| word.word::<OnInsufficient>())?;
    let after = guard.optional("maxHold", |text| text.parsed(quantity::duration))?;
    let idle = match acts {
        Some((_, Mode::Observe)) => Some("mode observe"),
        Some((OnFail::Notify, _)) => Some("onFail notify"),
        _ => None,
    };
    let fields = ["onInsufficient", "maxHold"].into_iter().filter_map(|name| guard.field(name));
    if let Some(idle) = idle {
        faults.extend(fields.map(|field| {
            field.key_fault(format!("no promotion waits for a guard with {idle}, so nothing is held for it"))
        }));
    } else if let (Some(OnInsufficient::Hold), Some(_), Some(field)) = (given, after, guard.field("maxHold"))
    {
        faults.push(field.key_fault(
            "with onInsufficient hold the rollout is held until a person decides; leave this out, or write \
             onInsufficient: rollback",
        ));
    }
    Some(match (given, after) {
        (None, None) => Unproven::AsRollout,
        (Some(OnInsufficient::Hold), _) => Unproven::Hold,
        (Some(OnInsufficient::Rollback), _) | (None, Some(_)) => Unproven::Rollback { after },
    })
}

fn timeouts(timeouts: &Cursor<'_>) -> Option<Timeouts> {
    let default = Timeouts::default();
    let timeout = |name, default| timeouts.or(name, default, |text| text.parsed(quantity::timeout));
    Some(Timeouts {
        connect: timeout("connect", default.connect)?,
        first_byte: timeout("firstByte", default.first_byte)?,
        idle: timeout("idle", default.idle)?,
    })
}
