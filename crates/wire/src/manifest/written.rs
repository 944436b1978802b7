//! What a person wrote, kept for the positions of faults that are found later: [`Written`].

use super::cursor::Cursor;
use super::fault::Fault;
use super::tree::Node;

/// A document as it was written.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    /// The file, as the reader was told.
    pub(crate) file: String,
    /// The document.
    pub(crate) root: Node,
}

impl Written {
    /// A fault at a field, or at the closest one that was written.
    pub(crate) fn fault(&self, path: &[&str], message: String) -> Fault {
        let fault = descend(&Cursor::root(&self.root), path, message);
        Fault { file: self.file.clone(), ..fault }
    }

    /// The line it begins on, from 1.
    pub(crate) const fn line(&self) -> usize {
        self.root.at.line
    }
}

fn descend(cursor: &Cursor<'_>, path: &[&str], message: String) -> Fault {
    match path.split_first().and_then(|(name, rest)| cursor.field(name).map(|field| (field, rest))) {
        Some((field, rest)) => descend(&field, rest, message),
        None => cursor.fault(message),
    }
}
