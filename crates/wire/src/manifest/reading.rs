//! Texts, read: [`read`] takes one, [`Reading`] gathers what several say and everything that is wrong with them.

use super::cursor::Cursor;
use super::experiment::{Names, names_own};
use super::fault::{Fault, Position};
use super::outline::{Condition, Outline, Subject};
use super::shape::Shape;
use super::tree::{self, Lost, Slip};
use super::written::Written;
use super::{Manifest, application, check, document, experiment, release, rollout};
use std::collections::BTreeSet;
use std::sync::Arc;
use viridian_core::id::ExperimentName;

/// How many faults are shown: more than anyone reads, and few enough to answer with.
const MOST_FAULTS: usize = 1_000;
/// Said of a document that does not read although nothing is known to be wrong with it.
const UNREADABLE: &str = "this document cannot be read, and why is not known; please report it";

/// What texts say, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Reading {
    /// The files, in the order they were read.
    files: Vec<String>,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
    /// What can be told of every document, those with faults included.
    pub(super) outlines: Vec<Outline>,
    /// Whether there may be documents beside those of `outlines`.
    pub(super) remainder: Remainder,
}

/// A document, in the place where it was written.
#[derive(Debug)]
enum Entry {
    Read(Box<Document>),
    /// An experiment that names metrics which applications declare: it is read when it is known what they mean.
    Open(Arc<Written>),
}

/// Whether a text was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Remainder {
    #[default]
    Nothing,
    /// Documents that broke off: nobody knows what they describe.
    Unread,
}

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it says.
    pub manifest: Manifest,
    written: Arc<Written>,
}

impl Document {
    /// A fault at a field, or at the closest one that was written, for what only the reader's own checks can find.
    pub fn fault(&self, path: &[&str], message: String) -> Fault {
        self.written.fault(path, message)
    }
}

/// Reads a text of any number of documents. `file` is what faults name as their file. What documents say of each other
/// is checked by [`Reading::resolve`], for all texts together.
pub fn read(file: &str, text: &str) -> Reading {
    let (roots, slips) = tree::parse(text);
    let mut reading = Reading { files: vec![file.to_owned()], ..Reading::default() };
    let torn = slips.iter().filter(|slip| slip.lost == Lost::Value).map(|slip| slip.at);
    let torn: BTreeSet<Position> = torn.collect();
    let mut roots = roots.into_iter().peekable();
    while let Some(root) = roots.next() {
        let end = roots.peek().map_or(Position::END, |next| next.at);
        let is_torn = torn.range(root.at..end.max(root.at)).next().is_some();
        reading.take(Arc::new(Written { file: file.to_owned(), root }), is_torn);
    }
    for Slip { at, message, lost } in slips {
        if lost == Lost::Document {
            reading.remainder = Remainder::Unread;
        }
        reading.faults.push(Fault { file: file.to_owned(), ..Fault::at(at, String::new(), message) });
    }
    reading
}

impl Reading {
    /// Adds what another text says.
    pub fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.entries.extend(other.entries);
        self.faults.extend(other.faults);
        self.outlines.extend(other.outlines);
        if other.remainder == Remainder::Unread {
            self.remainder = Remainder::Unread;
        }
    }

    /// Adds faults that were found elsewhere.
    pub fn blame(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults);
    }

    /// The documents that read, those with faults included.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Read(document) => Some(document.as_ref()),
            Entry::Open(_) => None,
        })
    }

    /// The names of experiments whose metrics are declared by applications that are not known here: where those are applied, they
    /// can be read.
    pub fn open(&self) -> Vec<ExperimentName> {
        let name = |entry: &Entry| match entry {
            Entry::Open(written) => document::name(&Cursor::root(&written.root), ExperimentName::parse),
            Entry::Read(_) => None,
        };
        self.entries.iter().filter_map(name).collect()
    }

    /// Reads experiments that were open, now that names can be told. Where everything is known none may be left open.
    pub(super) fn read_open(&mut self, names: &Names<'_>, is_all_known: bool) {
        for entry in &mut self.entries {
            let Entry::Open(written) = entry else { continue };
            let cursor = Cursor::root(&written.root);
            let mut faults = Vec::new();
            let read = experiment::read(&cursor, names, &mut faults);
            if read.is_none() && is_all_known && faults.is_empty() && self.faults.is_empty() {
                faults.push(cursor.fault(UNREADABLE));
            }
            for fault in faults {
                let fault = Fault { file: written.file.clone(), ..fault };
                // What the names have no part in was told before.
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
            }
            if let Some(experiment) = read {
                let (manifest, written) = (Manifest::Experiment(experiment), Arc::clone(written));
                *entry = Entry::Read(Box::new(Document { manifest, written }));
            }
        }
    }

    /// The documents that read.
    ///
    /// # Errors
    /// Every fault, in the order of the texts.
    pub fn finish(self) -> Result<Vec<Document>, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(in_order(&self.files, self.faults));
        }
        let read = self.entries.into_iter().filter_map(|entry| match entry {
            Entry::Read(document) => Some(*document),
            Entry::Open(_) => None,
        });
        Ok(read.collect())
    }

    /// Reads a document. Of one that is torn, parts of the text were passed over.
    fn take(&mut self, written: Arc<Written>, is_torn: bool) {
        let mut faults = Vec::new();
        let cursor = Cursor::root(&written.root);
        let manifest = read_document(&cursor, &mut faults);
        let is_open = kind(&cursor).as_deref() == Some("Experiment") && names_own(&cursor);
        if manifest.is_none() && faults.is_empty() && !is_torn && !is_open {
            // No document is ever passed over in silence.
            faults.push(cursor.fault(UNREADABLE));
        }
        let condition = match (is_torn, faults.is_empty()) {
            (true, _) => Condition::Torn,
            (false, false) => Condition::Faulty,
            (false, true) => Condition::Sound,
        };
        let subject = Subject::read(&cursor, condition);
        self.faults.extend(faults.into_iter().map(|fault| Fault { file: written.file.clone(), ..fault }));
        self.outlines.push(Outline { written: Arc::clone(&written), subject });
        self.entries.extend(match manifest {
            Some(manifest) => Some(Entry::Read(Box::new(Document { manifest, written }))),
            None => is_open.then_some(Entry::Open(written)),
        });
    }
}

/// Faults as they are shown: in the order of the texts, and not without end.
fn in_order(files: &[String], mut faults: Vec<Fault>) -> Vec<Fault> {
    let place = |fault: &Fault| files.iter().position(|file| *file == fault.file);
    faults.sort_by_cached_key(|fault| (place(fault), fault.line, fault.column));
    if faults.len() > MOST_FAULTS {
        let more = faults.len() - MOST_FAULTS;
        faults.truncate(MOST_FAULTS);
        let last = faults.last().map_or(Position::START, Fault::position);
        let file = faults.last().map(|fault| fault.file.clone()).unwrap_or_default();
        faults.push(Fault { file, ..Fault::at(last, String::new(), format!("and {more} faults more")) });
    }
    let line = |fault: &Fault| (fault.file.clone(), fault.line);
    let confidential: BTreeSet<_> = faults.iter().filter(|fault| fault.confidential).map(line).collect();
    for fault in &mut faults {
        fault.confidential = confidential.contains(&line(fault));
    }
    faults
}

fn kind(document: &Cursor<'_>) -> Option<String> {
    document.field("kind").and_then(|kind| kind.text().map(str::to_owned))
}

fn read_document(document: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Manifest> {
    let mut checked = |shape: &Shape| check::check(shape, document, faults);
    match kind(document).as_deref() {
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
        Some("Experiment") => {
            checked(&experiment::SHAPE);
            experiment::read(document, &Names::default(), faults).map(Manifest::Experiment)
        }
        _ => {
            checked(&document::OF_UNKNOWN_KIND);
            None
        }
    }
}
