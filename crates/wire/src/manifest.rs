//! The manifests people write: [`read`] takes YAML or JSON to types of the core and reports every fault it finds,
//! [`resolve()`] checks what several documents say of each other, [`render`] writes a manifest back.
//!
//! What a kind looks like is one constant per kind, built from the few shapes of `shape`; `check` holds what people
//! wrote against it and `schema` renders it for their editors. The modules are listed in reading order: `fault` says
//! what is wrong, `tree` turns text into values with positions, `cursor` walks them, `text` knows the forms of text,
//! `document` what all kinds share, `digest` what a release is known by.

mod fault;
mod tree;
mod cursor;
mod text;
mod shape;
mod check;
mod schema;
mod document;
mod application;
mod release;
mod rollout;
mod digest;
mod resolve;
mod yaml;

pub use application::ApplicationManifest;
pub use fault::Fault;
pub use resolve::{Known, KnownApplication, Serving, resolve};
pub use yaml::to_yaml;

use cursor::Cursor;
use fault::Position;
use serde_json::{Value, json};
use shape::Shape;
use std::collections::BTreeSet;
use tree::Node;
use viridian_core::release::Release;
use viridian_core::rollout::plan::Proposal;

/// How many faults of a file are shown: more than anyone reads, and few enough to answer with.
const MOST_FAULTS: usize = 1_000;
/// Said of a document that does not read although nothing is known to be wrong with it.
const UNREADABLE: &str = "this document cannot be read, and why is not known; please report it";

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The line it begins on, from 1.
    pub origin: usize,
    /// What it says.
    pub manifest: Manifest,
    /// The file, as the reader was told.
    file: String,
    /// What was written, for the positions of later faults.
    root: Node,
}

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
pub enum Manifest {
    /// What callers address.
    Application(ApplicationManifest),
    /// An immutable bundle that defines behaviour.
    Release(Release),
    /// An attempt to bring a release into service.
    Rollout(Proposal),
}

impl Manifest {
    /// The kind and the name; no two documents share both.
    pub fn identity(&self) -> (&'static str, &str) {
        match self {
            Self::Application(manifest) => ("Application", manifest.application.name.as_str()),
            Self::Release(release) => ("Release", release.name.as_str()),
            Self::Rollout(proposal) => ("Rollout", proposal.name.as_str()),
        }
    }
}

impl Document {
    /// A fault at a field, or at the closest one that was written, for what only the reader's own checks can find.
    pub fn fault(&self, path: &[&str], message: String) -> Fault {
        let fault = descend(&Cursor::root(&self.root), path, message);
        Fault { file: self.file.clone(), ..fault }
    }
}

/// Reads a text of any number of documents. `file` is what faults name as their file.
///
/// Errors: every fault of the text, in its order. What documents say of each other is checked by [`resolve()`].
pub fn read(file: &str, text: &str) -> Result<Vec<Document>, Vec<Fault>> {
    let (roots, slips) = tree::parse(text);
    let mut faults: Vec<Fault> =
        slips.into_iter().map(|slip| Fault::at(slip.at, String::new(), slip.message)).collect();
    let mut documents = Vec::new();
    for root in roots {
        let before = faults.len();
        match read_document(&Cursor::root(&root), &mut faults) {
            Some(manifest) => {
                let (origin, file) = (root.at.line, file.to_owned());
                documents.push(Document { origin, manifest, file, root });
            }
            // No document is ever passed over in silence.
            None if faults.len() == before => faults.push(Cursor::root(&root).fault(UNREADABLE)),
            None => {}
        }
    }
    if faults.is_empty() { Ok(documents) } else { Err(in_order(file, faults)) }
}

/// The JSON Schema of one document, whatever its kind.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manifest of Viridian",
        "oneOf": [
            {"$ref": "#/$defs/Application"},
            {"$ref": "#/$defs/Release"},
            {"$ref": "#/$defs/Rollout"},
        ],
        "$defs": {
            "Application": schema::render(&application::SHAPE),
            "Release": schema::render(&release::SHAPE),
            "Rollout": schema::render(&rollout::SHAPE),
        },
    })
}

/// Writes a manifest as a document. Reading it gives the same manifest.
pub fn render(manifest: &Manifest) -> Value {
    match manifest {
        Manifest::Application(application) => application::write(application),
        Manifest::Release(release) => release::write(release),
        Manifest::Rollout(proposal) => rollout::write(proposal),
    }
}

/// A commented text to start from: an application, two releases and a rollout.
pub const fn starting_file() -> &'static str {
    include_str!("manifest/start.yaml")
}

/// The faults of a file as they are shown: in the order of the text, and not without end.
fn in_order(file: &str, mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(|fault| (fault.line, fault.column));
    if faults.len() > MOST_FAULTS {
        let more = faults.len() - MOST_FAULTS;
        faults.truncate(MOST_FAULTS);
        let last = faults.last().map_or(Position::START, Fault::position);
        faults.push(Fault::at(last, String::new(), format!("and {more} faults more")));
    }
    let confidential: BTreeSet<usize> =
        faults.iter().filter(|fault| fault.confidential).map(|fault| fault.line).collect();
    for fault in &mut faults {
        file.clone_into(&mut fault.file);
        fault.confidential = confidential.contains(&fault.line);
    }
    faults
}

fn descend(cursor: &Cursor<'_>, path: &[&str], message: String) -> Fault {
    match path.split_first().and_then(|(name, rest)| cursor.field(name).map(|field| (field, rest))) {
        Some((field, rest)) => descend(&field, rest, message),
        None => cursor.fault(message),
    }
}

fn read_document(document: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Manifest> {
    let kind = document.field("kind");
    let kind = kind.as_ref().and_then(Cursor::text);
    let mut checked = |shape: &Shape| check::check(shape, document, faults);
    match kind {
        Some("Application") => {
            checked(&application::SHAPE);
            application::read(document, faults).map(Manifest::Application)
        }
        Some("Release") => {
            checked(&release::SHAPE);
            release::read(document).map(Manifest::Release)
        }
        Some("Rollout") => {
            checked(&rollout::SHAPE);
            rollout::read(document, faults).map(Manifest::Rollout)
        }
        _ => {
            checked(&document::OF_UNKNOWN_KIND);
            None
        }
    }
}
