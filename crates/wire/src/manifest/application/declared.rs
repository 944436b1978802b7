//! Metrics that an application declares: `metrics` of an application, and the names its guards may use.

use crate::expression::{self, Meaning};
use crate::manifest::check;
use crate::manifest::cursor::Cursor;
use crate::manifest::fault::Fault;
use crate::manifest::text;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use viridian_core::application::Protocol;
use viridian_core::declared::{Asks, Declared, Definition, Load, MOST_DECLARED};
use viridian_core::metric::Metric;
use viridian_core::score;

/// The metrics and scores that guards may name beside what every application has. One whose definition has faults is known,
/// and not what it is.
#[derive(Default)]
pub(crate) struct Known(BTreeMap<String, Option<Metric>>);

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
) -> Known {
    let metric = |name: &str| {
        let declared =
            metrics.and_then(|read| read.get(name)).map(|definition| Metric::Declared(definition.metric));
        declared.or_else(|| scores.and_then(|read| read.get(name)).map(|scored| Metric::Score(scored.score)))
    };
    let written = [spec.field("metrics"), spec.field("scores")];
    let fields = written.iter().flatten().flat_map(Cursor::fields);
    Known(fields.map(|(name, _)| (name.to_owned(), metric(name))).collect())
}

impl Known {
    /// The metric a guard names.
    pub(super) fn metric(&self, word: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Metric> {
        let name = word.text()?;
        let metric = Metric::ALL.into_iter().find(|metric| metric.as_str() == name);
        if metric.is_some() {
            return metric;
        }
        if let Some(own) = self.0.get(name) {
            return *own;
        }
        // Others are refused for their form.
        if (text::METRIC_NAME.check)(name).is_ok() && !super::is_refused(name) {
            let own = self.0.keys().map(String::as_str);
            let names: Vec<&str> = Metric::NAMES.into_iter().chain(own).collect();
            faults.push(word.fault(check::wrong_word(name, &names, &[])));
        }
        None
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
