//! Answers to requests that carried an idempotency key: the same request gets the same answer for a day.

use crate::orders::Unwritten;
use crate::remembered::{Remembered, recall, same, write_down};
use crate::transaction::{Direction, unpoisoned};
use crate::{Error, Store};
use viridian_core::time::Timestamp;

impl Store {
    /// The answer a key was given within the last day.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when that was another request, told by its fingerprint.
    pub fn recall(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<Option<String>, Error> {
        // Looked at first: an answer that is written down meanwhile is then met in the database.
        let unwritten = unpoisoned(&self.inner.unwritten).clone();
        let answers = unwritten.into_iter().filter_map(|Unwritten { answer, .. }| answer);
        for Remembered { key: known, fingerprint: print, response } in answers {
            if known == key {
                return same(key, fingerprint, &print).map(|()| Some(response));
            }
        }
        self.read(|connection| recall(connection, key, fingerprint, now))
    }

    /// Remembers the answer to a request. When the key has one already, that one stands and is returned.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when that was to another request, [`Error::Unwritable`].
    pub fn remember(
        &self,
        key: &str,
        fingerprint: &str,
        response: &str,
        now: Timestamp,
    ) -> Result<String, Error> {
        let given = Remembered {
            key: key.to_owned(),
            fingerprint: fingerprint.to_owned(),
            response: response.to_owned(),
        };
        self.write(Direction::Forward, |transaction| {
            if let Some(earlier) = recall(transaction, key, fingerprint, now)? {
                return Ok(earlier);
            }
            write_down(transaction, &given, now)?;
            Ok(response.to_owned())
        })
    }
}
