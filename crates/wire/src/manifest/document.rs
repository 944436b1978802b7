//! What every document begins with, whatever its kind: `apiVersion`, `kind` and `metadata`.

use super::cursor::Cursor;
use super::shape::{Choice, Field, Need, Object, Refused, Shape, optional, planned, required};
use super::text;
use serde_json::{Value, json};

/// The version of the language of manifests.
const VERSION: &str = "viridian.dev/v1";

/// Kinds of the language that this version has no meaning for.
const PLANNED: &[Refused] = &[
    planned("Prompt"),
    planned("Model"),
    planned("EvalSuite"),
    planned("Flag"),
    planned("ChangePolicy"),
    planned("Migration"),
];

/// The version of the language a document is written in.
pub(crate) const API_VERSION: Field =
    required("apiVersion", "The version of this language.", Shape::choice(&[VERSION]));

/// The name of what a document describes.
pub(crate) const METADATA: Field = required(
    "metadata",
    "What it is called.",
    Shape::Object(Object {
        fields: &[NAME],
        refused: &[Refused { word: "labels", why: "are kept on applications only" }],
    }),
);

/// The name of what a document describes, and labels.
pub(crate) const METADATA_WITH_LABELS: Field = required(
    "metadata",
    "What it is called.",
    Shape::object(&[
        NAME,
        optional(
            "labels",
            "Free labels, for people.",
            Shape::map(&text::LABEL, &Shape::Text(&text::ANY), Need::Optional),
        ),
    ]),
);

/// What can be said of a document whose kind is not known.
pub(crate) const OF_UNKNOWN_KIND: Shape = Shape::object(&[
    API_VERSION,
    required(
        "kind",
        "What the document describes.",
        Shape::Choice(Choice {
            words: &["Application", "Release", "Rollout", "Experiment"],
            refused: PLANNED,
            own: None,
        }),
    ),
    required("metadata", "What it is called.", ANY_OBJECT),
    required("spec", "What it is.", ANY_OBJECT),
]);

const ANY_OBJECT: Shape = Shape::map(&text::ANY, &Shape::Any, Need::Optional);

const NAME: Field = required("name", "The name, unique among those of its kind.", Shape::Text(&text::NAME));

/// What a want of evidence leads to.
pub(crate) const ON_INSUFFICIENT: Shape = Shape::Choice(Choice {
    words: &["hold", "rollback"],
    refused: &[Refused {
        word: "pass",
        why: "is never right, because missing data says nothing about a candidate",
    }],
    own: None,
});

/// The field that says what a document describes.
pub(crate) const fn kind(name: &'static [&'static str]) -> Field {
    required("kind", "What the document describes.", Shape::choice(name))
}

/// Reads the name in a document's metadata.
pub(crate) fn name<T, E>(document: &Cursor<'_>, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
    document.required("metadata", |metadata| metadata.required("name", |name| name.parsed(parse)))
}

/// Writes a document.
pub(crate) fn write(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec})
}
