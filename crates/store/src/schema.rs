//! The shape of the database and how an older one becomes the present one: one SQL file per schema, each run once.

use crate::error::Error;
use rusqlite::Transaction;

/// Marks a SQLite file as ours: "VRDN".
pub(crate) const APPLICATION_ID: u32 = 0x5652_444e;

/// From schema `n` to `n + 1`, from the empty file on.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
];

/// The newest schema this version knows.
pub(crate) const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Brings a database of schema `found` up to date.
pub(crate) fn migrate(transaction: &Transaction<'_>, found: u32) -> Result<(), Error> {
    if found == KNOWN {
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(())
}
