//! The disk that tables are kept on; in a rehearsal one that is full for as long as somebody says so. Entry point: [`Disk`].

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A disk of this machine, or of one that is made up.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Absent for a real one, which tells by itself.
    is_full: Option<Arc<AtomicBool>>,
}

impl Disk {
    /// A disk that is full for as long as this says so: what is on it stays, and what is written to it breaks off.
    pub const fn filled_by(is_full: Arc<AtomicBool>) -> Self {
        Self { is_full: Some(is_full) }
    }

    /// Writes bytes to a file.
    ///
    /// # Errors
    /// Not all of them could be written. Some may have been.
    pub(crate) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if self.is_full.as_ref().is_some_and(|is_full| is_full.load(Ordering::Relaxed)) {
            let (fits, _) = bytes.split_at(bytes.len() / 2);
            file.write_all(fits)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.write_all(bytes)
    }
}
