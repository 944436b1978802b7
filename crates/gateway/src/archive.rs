//! The last good tables on this machine's disk, to serve by when the gateway starts and nobody tells it anything. Entry
//! points: [`Archive::open`], [`Archive::keep`] and [`Archive::retreat`].
//!
//! A file is a full set of tables, followed by what changed since: a change costs as much as what changed. When the
//! changes have become as long as the set, the next one begins a file of its own; five files are kept. Each is read as
//! far as it is whole, the newest first. Only one that is whole to its end says what was right when it was last written;
//! after anything else the tables are good to serve by, but no candidate has a share before the controller was heard.

use crate::disk::Disk;
use crate::durable;
use crate::seal::{self, Broken, Code, Seal};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use viridian_core::id::ApplicationName;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_crash as crash;
use viridian_wire::snapshot::{Delta, Snapshot};

/// How many files are kept.
const KEPT: usize = 5;
/// Changes are gathered in a file at least this long, in bytes, however short its set of tables is.
const SHORTEST_JOURNAL: u64 = 256 * 1024;
/// A longer file was not written by this gateway: [`crate::snapshot`] takes 100 000 tables, of about a kilobyte.
const LONGEST_FILE: u64 = 1 << 30;
/// How names of files end.
const GOOD: &str = "tables";
/// The same for files that may give a candidate a share which the gateway has been told to take away.
const BEHIND: &str = "behind";

/// The file that says by its lock that somebody writes here.
const LOCK: &str = "lock";

/// The last good tables on disk.
pub(crate) struct Archive {
    directory: PathBuf,
    disk: Disk,
    seal: Seal,
    /// The number of the newest file.
    newest: u64,
    /// The newest file, when changes can be added to it.
    journal: Option<Journal>,
    /// Held for as long as this lives: two gateways that write here would undo each other.
    _lock: File,
}

struct Journal {
    file: File,
    /// The length of the set it begins with.
    set: u64,
    length: u64,
    /// Of its last record.
    code: Code,
}

/// What was found on disk.
#[derive(Debug)]
pub(crate) struct Recalled {
    pub(crate) snapshot: Snapshot,
    /// When these were the right tables; absent when nobody knows.
    pub(crate) right_at: Option<Timestamp>,
}

/// Why a file is passed over, or the rest of it.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    #[error("it is longer than {LONGEST_FILE} bytes")]
    Oversized,
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("it holds no tables")]
    Shape(#[from] serde_json::Error),
}

/// A file as far as it is whole.
struct Read {
    snapshot: Snapshot,
    saved_at: Timestamp,
    /// Why its end is missing.
    cut: Option<Unusable>,
}

impl Archive {
    /// Opens the archive in a directory, which is made if need be, and reads the newest tables that are good.
    pub(crate) fn open(directory: &Path, disk: Disk, seal: Seal) -> io::Result<(Self, Option<Recalled>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let lock = File::create(directory.join(LOCK))?;
        lock.try_lock().map_err(io::Error::from)?;
        durable::clean(directory)?;
        let files = files(directory)?;
        let newest = files.first().map_or(0, |(number, _)| *number);
        let archive =
            Self { directory: directory.to_owned(), disk, seal, newest, journal: None, _lock: lock };
        let recalled = files.iter().find_map(|(number, path)| archive.recall(*number, path));
        Ok((archive, recalled))
    }

    /// Makes a change durable. `all` is every table there is with it.
    pub(crate) fn keep(
        &mut self,
        change: &Delta,
        all: impl FnOnce() -> Snapshot,
        now: Timestamp,
    ) -> io::Result<()> {
        match self.journal.as_mut().filter(|journal| journal.length < 2 * journal.set.max(SHORTEST_JOURNAL)) {
            Some(journal) => {
                let added = journal.add((&self.disk, &self.seal), &serde_json::to_vec(change)?, now);
                if added.is_err() {
                    // What was written of it must not be read as if it had been kept.
                    self.close();
                }
                added
            }
            None => self.begin(&all(), now),
        }
    }

    /// What is on disk gives a candidate a share that it must not have again, and nothing newer can be written: sees to
    /// it that a start does not bring it back. Takes no room.
    pub(crate) fn retreat(&mut self) -> io::Result<()> {
        self.journal = None;
        let path = self.path(self.newest, GOOD);
        let renamed = match fs::rename(&path, self.path(self.newest, BEHIND)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(_) => files(&self.directory)?.iter().try_for_each(|(_, path)| fs::remove_file(path)),
            Ok(()) => Ok(()),
        };
        renamed.and_then(|()| durable::sync(&self.directory))
    }

    /// Begins a file.
    fn begin(&mut self, snapshot: &Snapshot, now: Timestamp) -> io::Result<()> {
        let (bytes, code) = self.seal.close(&seal::FIRST, now, &serde_json::to_vec(snapshot)?);
        let number = self.newest + 1;
        durable::replace(&self.disk, &self.directory, &name(number, GOOD), &bytes)?;
        self.newest = number;
        let length = bytes.len() as u64;
        let file = OpenOptions::new().append(true).open(self.path(number, GOOD));
        self.journal = file.ok().map(|file| Journal { file, set: length, length, code });
        self.forget_old();
        Ok(())
    }

    /// No change can be added to the newest file any more.
    fn close(&mut self) {
        let Some(journal) = self.journal.take() else { return };
        let shortened = journal.file.set_len(journal.length).and_then(|()| journal.file.sync_all());
        if let Err(error) = shortened {
            tracing::warn!(%error, "the end of a file of tables cannot be taken back");
            if let Err(error) = self.retreat() {
                tracing::error!(%error, "the tables on disk cannot be marked as behind");
            }
        } else {
            self.journal = Some(journal);
        }
    }

    fn forget_old(&self) {
        let old = files(&self.directory).unwrap_or_default().into_iter().skip(KEPT);
        for (_, path) in old {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(file = %path.display(), %error, "an old file of tables cannot be removed");
            }
        }
    }

    fn recall(&self, number: u64, path: &Path) -> Option<Recalled> {
        let read = match self.read(path) {
            Ok(read) => read,
            Err(reason) => {
                let reason = because(&reason);
                tracing::error!(file = %path.display(), reason, "passed over a file of tables");
                return None;
            }
        };
        if let Some(cut) = &read.cut {
            let reason = because(cut);
            tracing::error!(file = %path.display(), reason, "passed over the end of a file of tables");
        }
        let is_right = number == self.newest && read.cut.is_none() && path.extension() == Some(GOOD.as_ref());
        Some(Recalled { snapshot: read.snapshot, right_at: is_right.then_some(read.saved_at) })
    }

    fn read(&self, path: &Path) -> Result<Read, Unusable> {
        if fs::metadata(path)?.len() > LONGEST_FILE {
            return Err(Unusable::Oversized);
        }
        let bytes = fs::read(path)?;
        let set = self.seal.open(&seal::FIRST, &bytes)?;
        let Snapshot { mut term, mut keys, tables } = serde_json::from_slice(set.body)?;
        let mut named: BTreeMap<ApplicationName, RoutingTable> = BTreeMap::new();
        named.extend(tables.into_iter().map(by_name));
        let (mut code, mut rest, mut saved_at, mut cut) = (set.code, set.rest, set.saved_at, None);
        while !rest.is_empty() {
            let change = match self.seal.open(&code, rest) {
                Ok(record) => {
                    (code, rest, saved_at) = (record.code, record.rest, record.saved_at);
                    serde_json::from_slice::<Delta>(record.body).map_err(Unusable::from)
                }
                Err(broken) => Err(broken.into()),
            };
            match change {
                Ok(change) => {
                    (term, keys) = (change.term, change.keys);
                    named.extend(change.tables.into_iter().map(by_name));
                    named.retain(|name, _| !change.removed.contains(name));
                }
                Err(reason) => {
                    cut = Some(reason);
                    break;
                }
            }
        }
        Ok(Read { snapshot: Snapshot { term, keys, tables: named.into_values().collect() }, saved_at, cut })
    }

    fn path(&self, number: u64, ending: &str) -> PathBuf {
        self.directory.join(name(number, ending))
    }
}

impl Journal {
    fn add(&mut self, (disk, seal): (&Disk, &Seal), change: &[u8], now: Timestamp) -> io::Result<()> {
        let (bytes, code) = seal.close(&self.code, now, change);
        disk.write(&mut self.file, &bytes)?;
        crash::at(crash::Place::ChangeUnsynced);
        self.file.sync_data()?;
        self.length += bytes.len() as u64;
        self.code = code;
        Ok(())
    }
}

fn by_name(table: RoutingTable) -> (ApplicationName, RoutingTable) {
    (table.application.clone(), table)
}

fn name(number: u64, ending: &str) -> String {
    format!("{number:020}.{ending}")
}

/// Files of tables by their numbers, the newest first.
fn files(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|ending| ending == GOOD || ending == BEHIND);
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let (true, Some(number)) = (is_ours, number) {
            files.push((number, path));
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    Ok(files)
}

fn because(reason: &Unusable) -> String {
    match std::error::Error::source(reason) {
        Some(source) => format!("{reason}: {source}"),
        None => reason.to_string(),
    }
}
