//! One process per data directory: an advisory lock on a file that says who holds it.

use crate::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The file in the data directory.
pub(crate) const FILE: &str = "viridian.lock";

/// The lock, held until it is dropped, and by nobody after a crash.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it with a child process that is just being started.
        let _ = self.0.unlock();
    }
}

/// Takes the lock.
///
/// # Errors
/// [`Error::Locked`] when another process holds it, [`Error::Directory`] when the file cannot be written.
pub(crate) fn acquire(directory: &Path) -> Result<Lock, Error> {
    let path = directory.join(FILE);
    let unusable = |source| Error::Directory { path: path.clone(), source };
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::Locked { path: directory.to_owned(), holder: holder(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    // Only a help for people: on a full disk the lock holds without it.
    let _ = sign(&mut file);
    Ok(Lock(file))
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    write!(file, "process {}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
