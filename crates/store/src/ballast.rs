//! Space set aside for the way back: a file that holds nothing. When the disk is full it is given up, so that an
//! order or a transition towards the baseline can still be written down. Until it stands again nothing else is
//! written, or the tallies of the next second would eat what the rollback was promised.

use crate::error::Error;
use fs4::FileExt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::PathBuf;

/// The file set aside.
pub(crate) struct Ballast {
    path: PathBuf,
    size: u64,
    standing: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It holds its space.
    Kept,
    /// It was given up, or there never was room for it.
    GivenUp,
    /// The file system cannot set space aside.
    Impossible,
}

impl Ballast {
    /// The ballast of a data directory, set aside if there is room.
    pub(crate) fn new(path: PathBuf, size: u64) -> Self {
        let mut ballast = Self { path, size, standing: Standing::GivenUp };
        // Without room the start goes on: what is towards the baseline may still fit.
        let _ = ballast.restore();
        ballast
    }

    /// Sets the space aside again, if it is not.
    ///
    /// # Errors
    /// There is no room for it: [`Error::Unwritable`].
    pub(crate) fn restore(&mut self) -> Result<(), Error> {
        if self.standing != Standing::GivenUp {
            return Ok(());
        }
        match self.allocate() {
            Ok(()) => self.standing = Standing::Kept,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.standing = Standing::Impossible;
            }
            Err(error) => {
                // Half a ballast would take the last room and promise nothing.
                let _ = fs::remove_file(&self.path);
                return Err(Error::Unwritable(Box::new(error)));
            }
        }
        Ok(())
    }

    /// Gives the space up; false when there is none to give.
    pub(crate) fn give_up(&mut self) -> bool {
        if self.standing != Standing::Kept {
            return false;
        }
        self.standing = Standing::GivenUp;
        // Emptied first: somebody who copies the directory may have it open, and would keep its space.
        let emptied = File::create(&self.path).is_ok();
        let _ = fs::remove_file(&self.path);
        emptied
    }

    fn allocate(&self) -> io::Result<()> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
        file.allocate(self.size)
    }
}
