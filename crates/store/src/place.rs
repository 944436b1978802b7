//! Whether a file is still where it was opened. One that was deleted or put elsewhere can be written as ever, and what is
//! written is found by nobody. Entry point: [`Place::check`].

use crate::error::Error;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// A file by its path, and by what the file system knows it by.
pub(crate) struct Place {
    path: PathBuf,
    device: u64,
    number: u64,
}

/// Another file is at the path, or none.
#[derive(Debug, thiserror::Error)]
#[error("{} is not the file that was opened: put it back, or start again", .0.display())]
struct Gone(PathBuf);

impl Place {
    /// The place of the file that is at a path now.
    pub(crate) fn of(path: PathBuf) -> io::Result<Self> {
        let found = fs::metadata(&path)?;
        Ok(Self { path, device: found.dev(), number: found.ino() })
    }

    /// That the file is still there.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when it is not.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.number) => Ok(()),
            _ => Err(Error::Unwritable(Box::new(Gone(self.path.clone())))),
        }
    }
}
