//! Files that are not whole yet: [`Partial`] has another name until it is, and goes away if it never is.

use crate::error::Error;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is not whole yet, before a number.
pub(crate) const PARTIAL: &str = ".partial-";

/// A file that is not whole yet; removed when it is dropped.
pub(crate) struct Partial {
    pub(crate) path: PathBuf,
}

impl Partial {
    /// An empty file beside `path` that only its owner may read.
    pub(crate) fn create(path: &Path) -> Result<(Self, File), Error> {
        let mut suffix = [0; 8];
        getrandom::fill(&mut suffix).map_err(Error::Entropy)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!("{PARTIAL}{:016x}", u64::from_be_bytes(suffix)));
        let path = path.with_file_name(name);
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        let file = made.map_err(Error::file(&path))?;
        Ok((Self { path }, file))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            // When it is whole it has another name by now.
            let _ = fs::remove_file(name);
        }
    }
}

/// Brings a file or a directory to the disk.
pub(crate) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::file(path))
}

/// The directory a file is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
