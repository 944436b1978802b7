//! Whether anything can be written down now.

use crate::transaction::Direction;
use crate::{Error, Store};

impl Store {
    /// Writes something that changes nothing, all the way to the disk.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Fenced`].
    pub fn probe(&self) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| {
            transaction.execute("UPDATE fence SET term = term", [])?;
            Ok(())
        })
    }
}
