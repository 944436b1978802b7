//! Files that are there whole or not at all, whenever the machine stops. Entry points: [`replace`] and [`clean`].

use crate::disk::Disk;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use viridian_crash as crash;

/// How names of files end that are not finished.
const UNFINISHED: &str = ".new";

/// Nobody else reads them: they hold keys.
const PRIVATE: u32 = 0o600;

/// Writes a file in place of the one of this name, if there is one; durable when this returns.
pub(crate) fn replace(disk: &Disk, directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = directory.join(format!("{name}{UNFINISHED}"));
    let written = write(disk, &unfinished, bytes).and_then(|()| {
        crash::at(crash::Place::FileUnnamed);
        fs::rename(&unfinished, directory.join(name))
    });
    crash::at(crash::Place::FileUnsynced);
    if written.is_err() {
        // It takes room that may be what is missing; what cannot be removed now is at the next start.
        let _ = fs::remove_file(&unfinished);
    }
    written.and_then(|()| sync(directory))
}

/// Makes names durable.
pub(crate) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Removes what was being written when the process before this one stopped.
pub(crate) fn clean(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn write(disk: &Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(path)?;
    disk.write(&mut file, bytes)?;
    file.sync_all()
}
