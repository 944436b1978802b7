//! Metrics that an application declares: `metrics` of an application, and the names its guards may use.

use crate::expression::{self, Meaning};
use crate::manifest::check;
use crate::manifest::cursor::Cursor;
use crate::manifest::fault::Fault;
use crate::manifest::text;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use viridian_core::application::{Application, Protocol};
use viridian_core::declared::{Asks, Declared, Definition, Load, MOST_DECLARED};
use viridian_core::meanings::Meanings;
use viridian_core::metric::Metric;
use viridian_core::score;

/// The metrics and scores that an application declares, which guards may name beside what every application has. One whose
/// definition has faults is known, and not what it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declares(BTreeMap<String, Option<Own>>);

/// A metric or a score of an application's own.
#[derive(Debug, Clone)]
enum Own {
    Metric(Definition),
    Score(score::Definition),
}

/// Reads the metrics by their names.
pub(super) fn metrics(
    map: &Cursor<'_>,
    protocol: Option<Protocol>,
    faults: &mut Vec<Fault>,
) -> Option<BTreeMap<String, Definition>> {
    if map.fields().count() > MOST_DECLARED {
        faults.push(map.key_fault(format!("an application declares {MOST_DECLARED} metrics at most")));
    }
    let mut read = Some(BTreeMap::new());
    for (name, field) in map.fields() {
        if Metric::NAMES.contains(&name) {
            faults.push(
                field.key_fault(format!("{name} is measured of every application; choose another name")),
            );
        }
        match definition(name, &field, protocol, faults) {
            Some(definition) => read.iter_mut().for_each(|read: &mut BTreeMap<_, _>| {
                read.insert(name.to_owned(), definition.clone());
            }),
            None => read = None,
        }
    }
    read
}

fn definition(
    name: &str,
    field: &Cursor<'_>,
    protocol: Option<Protocol>,
    faults: &mut Vec<Fault>,
) -> Option<Definition> {
    let mut expression = |text: &Cursor<'_>| {
        let meaning = meaning(text, protocol, faults)?;
        Some((text.text()?.to_owned(), meaning))
    };
    let bad = field.required("bad", &mut expression);
    let when = field.optional("when", &mut expression);
    let ((bad, meaning), when) = bad.zip(when)?;
    let (when, condition) = when.unzip();
    let both = || [Some(&meaning), condition.as_ref()].into_iter().flatten();
    let asks = both().map(Meaning::asks).max().unwrap_or(Asks::Passing);
    let load = both().map(Meaning::load).max().unwrap_or(Load::Indifferent);
    let metric = Declared::new(name, digest(&json!([name, bad, when])), asks, load)?;
    (text::METRIC_NAME.check)(name).ok()?;
    Some(Definition { metric, bad, when })
}

/// What an expression asks, when there is nothing wrong with it.
fn meaning(text: &Cursor<'_>, protocol: Option<Protocol>, faults: &mut Vec<Fault>) -> Option<Meaning> {
    let meaning = match expression::check(text.text()?) {
        Ok(meaning) => meaning,
        Err(complaint) => {
            faults.push(text.fault(complaint.to_string()));
            return None;
        }
    };
    let foreign = meaning.reads.iter().find(|attribute| attribute.is_of_openai);
    if let (Some(foreign), Some(Protocol::OpenInference | Protocol::Http)) = (foreign, protocol) {
        faults.push(
            text.fault(format!("{} is known of chat completions: with the protocol openai", foreign.name)),
        );
    }
    Some(meaning)
}

/// What a metric means, as a number: other expressions under the same name are another metric, and another scale or judge is
/// another score.
pub(super) fn digest(meaning: &Value) -> u64 {
    let hash = Sha256::digest(meaning.to_string().as_bytes());
    hash.iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// The names that are written, whatever else is wrong with what they name.
pub(super) fn names(
    spec: &Cursor<'_>,
    metrics: Option<&BTreeMap<String, Definition>>,
    scores: Option<&BTreeMap<String, score::Definition>>,
) -> Declares {
    let own = |name: &str| {
        let metric = metrics.and_then(|read| read.get(name)).cloned().map(Own::Metric);
        metric.or_else(|| scores.and_then(|read| read.get(name)).cloned().map(Own::Score))
    };
    let written = [spec.field("metrics"), spec.field("scores")];
    let fields = written.iter().flatten().flat_map(Cursor::fields);
    Declares(fields.map(|(name, _)| (name.to_owned(), own(name))).collect())
}

/// Whether a word may be the name of a metric or a score of an application's own. What every application measures is none, and
/// others are refused for their form.
pub(crate) fn is_own_name(word: &str) -> bool {
    !Metric::NAMES.contains(&word) && (text::METRIC_NAME.check)(word).is_ok() && !super::is_refused(word)
}

impl Own {
    const fn metric(&self) -> Metric {
        match self {
            Self::Metric(definition) => Metric::Declared(definition.metric),
            Self::Score(definition) => Metric::Score(definition.score),
        }
    }
}

impl Declares {
    /// The metric of a name: nothing when there is none; nothing within when its definition has faults.
    pub(crate) fn metric(&self, name: &str) -> Option<Option<Metric>> {
        self.0.get(name).map(|own| own.as_ref().map(Own::metric))
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Those of its definitions that are looked at.
    pub(crate) fn meanings(&self, looked_at: &[Metric]) -> Meanings {
        let own = || self.0.values().flatten();
        let metrics = own().filter_map(|own| if let Own::Metric(metric) = own { Some(metric) } else { None });
        let scores = own().filter_map(|own| if let Own::Score(score) = own { Some(score) } else { None });
        Meanings::of(metrics, scores, looked_at)
    }

    /// The metric a guard of the application names.
    pub(super) fn named(&self, word: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Metric> {
        let name = word.text()?;
        let metric = Metric::ALL.into_iter().find(|metric| metric.as_str() == name);
        if metric.is_some() {
            return metric;
        }
        if let Some(own) = self.metric(name) {
            return own;
        }
        if is_own_name(name) {
            let names: Vec<&str> = Metric::NAMES.into_iter().chain(self.names()).collect();
            faults.push(word.fault(check::wrong_word(name, &names, &[])));
        }
        None
    }
}

impl From<&Application> for Declares {
    fn from(application: &Application) -> Self {
        let metrics = application.metrics.iter().cloned().map(Own::Metric);
        let own = metrics.chain(application.scores.iter().cloned().map(Own::Score));
        Self(own.map(|own| (own.metric().as_str().to_owned(), Some(own))).collect())
    }
}

/// From a definition back to its document.
pub(super) fn write(definition: &Definition) -> Value {
    let mut written = json!({"bad": definition.bad});
    if let Some(when) = &definition.when {
        written["when"] = json!(when);
    }
    written
}
