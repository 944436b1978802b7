//! The keys request ids are signed with. The first is made with the database; the system's random numbers are asked
//! for here and nowhere else in this crate.

use crate::{Error, Store};
use rusqlite::{Row, Transaction, params};
use std::fmt;

/// A key request ids are signed with. The secret does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SigningKey {
    /// Its number, carried in every id it signed.
    pub id: u8,
    /// 32 random bytes.
    pub secret: [u8; 32],
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// The keys, newest first: that one signs, all verify. There is always one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn signing_keys(&self) -> Result<Vec<SigningKey>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM signing_keys ORDER BY id DESC")?;
            let keys = statement.query_map([], key_of)?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
    }
}

/// Makes the first key, if there is none.
pub(crate) fn create_first(transaction: &Transaction<'_>) -> Result<(), Error> {
    let present: u64 = transaction.query_row("SELECT count(*) FROM signing_keys", [], |row| row.get(0))?;
    if present == 0 {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(Error::Entropy)?;
        transaction.execute("INSERT INTO signing_keys (id, secret) VALUES (1, ?1)", params![secret])?;
    }
    Ok(())
}

fn key_of(row: &Row<'_>) -> rusqlite::Result<SigningKey> {
    Ok(SigningKey { id: row.get("id")?, secret: row.get("secret")? })
}
