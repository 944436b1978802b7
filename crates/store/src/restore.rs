//! Bringing a copy back: [`restore`] makes a data directory of it.

use crate::backup::check_whole;
use crate::error::Error;
use crate::files::{FILE, connect};
use crate::open::{check_library, create_directory, inspect};
use crate::partial::{PARTIAL, Partial, sync};
use crate::{lock, schema};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What a restored database counts on by. Terms and generations that were used after the copy was made are known to
/// gateways and not to the copy, and they refuse an older one: no installation gets this far within the life of a copy.
const LEAP: u64 = 1 << 32;
/// The same for epochs, whose numbers are the low 32 bits of generations: there is room for a thousand copies, each of
/// them brought back after forty thousand starts of a controller.
const LEAP_OF_EPOCHS: u64 = 1 << 22;

/// Makes a data directory of a copy. The copy is read to its last page before anything of it is in place. What acts on
/// the directory afterwards acts in a later term, under later generations, and with a new key for request ids: the copy
/// does not know what was issued after it was made.
///
/// # Errors
/// [`Error::Refused`] when the directory holds anything, [`Error::Corrupt`] and [`Error::Newer`] when the copy is no
/// sound database of ours, [`Error::File`] when it cannot be read. The directory then holds
/// no database.
pub fn restore(copy: &Path, directory: &Path) -> Result<(), Error> {
    check_library()?;
    create_directory(directory)?;
    refuse_inhabited(directory)?;
    let _lock = lock::acquire(directory)?;
    let path = directory.join(FILE);
    let (partial, mut file) = Partial::create(&path)?;
    File::open(copy).and_then(|mut copy| io::copy(&mut copy, &mut file)).map_err(Error::file(copy))?;
    let mut connection = connect(&partial.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = inspect(&connection, copy)?;
    check_whole(&connection, copy, found)?;
    leap(&mut connection, found)?;
    connection.close().map_err(|(_, error)| error)?;
    sync(&partial.path)?;
    fs::rename(&partial.path, &path).map_err(Error::file(&path))?;
    drop(partial);
    sync(directory)
}

fn refuse_inhabited(directory: &Path) -> Result<(), Error> {
    let unusable = |source| Error::Directory { path: directory.to_owned(), source };
    for entry in fs::read_dir(directory).map_err(unusable)? {
        let name = entry.map_err(unusable)?.file_name();
        // What an attempt that failed may have left.
        let is_left = name == lock::FILE || name.to_string_lossy().starts_with(&format!("{FILE}{PARTIAL}"));
        if !is_left {
            return Err(Error::Refused(format!(
                "the data directory {} is not empty: a copy is restored into a new one",
                directory.display()
            )));
        }
    }
    Ok(())
}

/// Counts on from beyond everything that can have been used since the copy was made.
fn leap(connection: &mut Connection, found: u32) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::migrate(&transaction, found)?;
    transaction.execute("UPDATE fence SET term = term + ?1", [LEAP])?;
    transaction
        .execute("UPDATE applications SET next_generation = next_generation + ?1", [LEAP + LEAP_OF_EPOCHS])?;
    // A new one is made with the first start. Ids of before are refused, as they may name what is counted anew.
    transaction.execute("DELETE FROM signing_keys", [])?;
    transaction.commit()?;
    Ok(())
}
