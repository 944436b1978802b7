//! Scores that an application's answers are given: `scores` of an application.

use super::MOST_RATING;
use super::declared::digest;
use crate::manifest::cursor::Cursor;
use crate::manifest::fault::Fault;
use crate::manifest::shape::{Shape, optional, required};
use crate::manifest::text;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use viridian_core::metric::Metric;
use viridian_core::score::{Definition, MOST_SCORES, Score};

pub(super) const SCORE: Shape = Shape::object(&[
    required("from", "The least that may be given.", Shape::number(0, MOST_RATING)),
    required("to", "The most; more is better.", Shape::number(0, MOST_RATING)),
    optional(
        "judge",
        "Who gives it, with the version: what any other gives is refused, and what a new one gives is another score.",
        Shape::Text(&text::LABEL),
    ),
]);

/// Reads the scores by their names. A name belongs to one thing that guards watch.
pub(super) fn scores(
    map: &Cursor<'_>,
    spec: &Cursor<'_>,
    faults: &mut Vec<Fault>,
) -> Option<BTreeMap<String, Definition>> {
    if map.fields().count() > MOST_SCORES {
        faults.push(map.key_fault(format!("an application declares {MOST_SCORES} scores at most")));
    }
    let metrics = spec.field("metrics");
    let is_metric = |name: &str| metrics.as_ref().is_some_and(|metrics| metrics.field(name).is_some());
    let mut read = Some(BTreeMap::new());
    for (name, field) in map.fields() {
        if Metric::NAMES.contains(&name) {
            faults.push(
                field.key_fault(format!("{name} is measured of every application; choose another name")),
            );
        } else if is_metric(name) {
            faults.push(field.key_fault(format!("{name} is one of the metrics; choose another name")));
        }
        match definition(name, &field, faults) {
            Some(definition) => read.iter_mut().for_each(|read: &mut BTreeMap<_, _>| {
                read.insert(name.to_owned(), definition.clone());
            }),
            None => read = None,
        }
    }
    read
}

fn definition(name: &str, field: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Definition> {
    let end = |name| field.required(name, |number| number.number::<u32>());
    let (from, to) = (end("from")?, end("to")?);
    let judge = field.optional("judge", |text| text.text().map(str::to_owned))?;
    if from >= to {
        faults
            .push(field.fault(format!("from {from} to {to} is no scale: write it as in {{from: 1, to: 5}}")));
    }
    let meaning = digest(&json!(["score", name, from, to, judge]));
    (text::METRIC_NAME.check)(name).ok()?;
    Some(Definition { score: Score::new(name, meaning, from, to)?, judge })
}

/// From a definition back to its document.
pub(super) fn write(definition: &Definition) -> Value {
    let mut written = json!({"from": definition.score.from(), "to": definition.score.to()});
    if let Some(judge) = &definition.judge {
        written["judge"] = json!(judge);
    }
    written
}
