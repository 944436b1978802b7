//! `kind: Release`: the immutable bundle that defines behaviour, and the digest it is known by.

use super::cursor::Cursor;
use super::digest::{canonical, digest};
use super::document::{self, API_VERSION, METADATA, kind};
use super::shape::{Field, Map, Need, Object, Shape, optional, planned, required};
use super::text::{self, quantity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use viridian_core::id::{ApplicationName, EnvironmentName, ReleaseName};
use viridian_core::release::{Digest, Model, Parameters, Precedence, Prices, Release};

/// The parameter that is none: whether the release's parameters win over the caller's.
const OVERRIDE: &str = "override";

pub(crate) const SHAPE: Shape = Shape::object(&[
    API_VERSION,
    kind(&["Release"]),
    METADATA,
    required("spec", "What it is.", Shape::Object(SPEC)),
]);

const SPEC: Object = Object {
    fields: &[
        required("application", "The application it is a release of.", Shape::Text(&text::NAME)),
        required("version", "The version people speak of, such as v8.", Shape::Text(&text::LABEL)),
        optional(
            "environment",
            "The environment it runs in; wherever the baseline runs unless given.",
            Shape::Text(&text::NAME),
        ),
        optional(
            "model",
            "The model to ask the upstream for; the caller's choice unless given.",
            Shape::Object(MODEL),
        ),
        PARAMETERS,
        optional(
            "prices",
            "What its answers cost, in any currency; for guards on cost.",
            Shape::object(PRICES),
        ),
    ],
    refused: &[
        planned("prompt"),
        planned("tools"),
        planned("index"),
        planned("image"),
        planned("code"),
        planned("upstream"),
    ],
};

const MODEL: Object = Object {
    fields: &[
        required("name", "The name the upstream knows.", Shape::Text(&text::LABEL)),
        optional(
            "version",
            "The version the upstream knows, for protocols that carry one.",
            Shape::Text(&text::LABEL),
        ),
    ],
    refused: &[planned("ref")],
};

const PRICES: &[Field] = &[
    required("input", "Of tokens read.", Shape::Text(&quantity::PRICE)),
    optional(
        "cachedInput",
        "Of tokens read that came from a cache; that of all others unless given.",
        Shape::Text(&quantity::PRICE),
    ),
    required("output", "Of tokens written.", Shape::Text(&quantity::PRICE)),
];

const PARAMETERS: Field = optional(
    "parameters",
    "Request parameters, such as temperature: defaults for what the caller leaves out, unless override is true.",
    Shape::Map(Map {
        reserved: &[optional(OVERRIDE, "Whether these win over the caller's parameters.", Shape::Boolean)],
        keys: &text::LABEL,
        values: &Shape::Any,
        need: Need::Optional,
    }),
);

/// Reads a release; nothing when its shape has faults.
pub(crate) fn read(document: &Cursor<'_>) -> Option<Release> {
    let spec = document.field("spec")?;
    let mut release = Release {
        name: document::name(document, ReleaseName::parse)?,
        application: spec.required("application", |text| text.parsed(ApplicationName::parse))?,
        version: spec.required("version", owned)?,
        environment: spec.optional("environment", |text| text.parsed(EnvironmentName::parse))?,
        model: spec.optional("model", model)?,
        parameters: spec.or("parameters", Parameters::default(), parameters)?,
        prices: spec.optional("prices", prices)?,
        digest: Digest(String::new()),
    };
    release.digest = digest(&content(&release));
    Some(release)
}

/// Writes a release.
pub(crate) fn write(release: &Release) -> Value {
    document::write("Release", release.name.as_str(), content(release))
}

fn model(model: &Cursor<'_>) -> Option<Model> {
    Some(Model { name: model.required("name", owned)?, version: model.optional("version", owned)? })
}

fn prices(prices: &Cursor<'_>) -> Option<Prices> {
    let price = |text: &Cursor<'_>| text.parsed(quantity::price);
    Some(Prices {
        input: prices.required("input", price)?,
        cached_input: prices.optional("cachedInput", price)?,
        output: prices.required("output", price)?,
    })
}

/// The parameters that are set.
pub(crate) fn sets<'a>(parameters: &'a Cursor<'a>) -> impl Iterator<Item = (&'a str, Cursor<'a>)> {
    parameters.fields().filter(|(name, _)| *name != OVERRIDE)
}

fn parameters(parameters: &Cursor<'_>) -> Option<Parameters> {
    let wins = parameters.or(OVERRIDE, false, |value| value.boolean())?;
    let values: BTreeMap<String, String> =
        sets(parameters).map(|(name, value)| (name.to_owned(), canonical(&value.node.json()))).collect();
    // With nothing to set, nothing wins.
    let precedence = if wins && !values.is_empty() { Precedence::Release } else { Precedence::Caller };
    Some(Parameters { precedence, values })
}

fn owned(text: &Cursor<'_>) -> Option<String> {
    text.text().map(str::to_owned)
}

/// What a release is, without its name: the `spec` as it is written, with what was left out left out. Its canonical
/// JSON is what the digest is of, so no field here may ever change how it is written.
fn content(release: &Release) -> Value {
    let mut content = json!({"application": release.application, "version": release.version});
    if let Some(environment) = &release.environment {
        content["environment"] = json!(environment);
    }
    if let Some(model) = &release.model {
        content["model"] = json!(model);
    }
    if !release.parameters.is_empty() {
        content["parameters"] = written(&release.parameters);
    }
    if let Some(Prices { input, cached_input, output }) = release.prices {
        content["prices"] =
            json!({"input": quantity::price_text(input), "output": quantity::price_text(output)});
        if let Some(cached) = cached_input {
            content["prices"]["cachedInput"] = json!(quantity::price_text(cached));
        }
    }
    content
}

fn written(parameters: &Parameters) -> Value {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    let mut written: serde_json::Map<String, Value> =
        parameters.values.iter().map(|(name, text)| (name.clone(), value(text))).collect();
    if parameters.precedence == Precedence::Release {
        written.insert(OVERRIDE.to_owned(), json!(true));
    }
    Value::Object(written)
}
