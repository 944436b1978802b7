//! Applications that an operator sends to the baseline on this gateway, whatever any table says. Entry points:
//! [`Pins::pin`] and [`Pins::unpin`]; requests read the flag their table holds ([`Pins::flag`]).
//!
//! A pin acts at once and is written down after; it is taken back on disk first and in memory after. Whatever happens
//! between the two, the baseline serves. A file that cannot be read may have named any application, so then all of them
//! are pinned until an operator says otherwise.

use crate::disk::Disk;
use crate::durable;
use crate::error::PinError;
use crate::seal::{self, Seal};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use viridian_core::id::ApplicationName;
use viridian_core::time::Timestamp;

/// The file in the directory of the gateway's state.
const FILE: &str = "pins";

/// Whether an application is pinned; read by requests.
pub(crate) type Flag = Arc<AtomicBool>;

/// The applications that are pinned.
#[derive(Default)]
pub(crate) struct Pins {
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    flags: BTreeMap<ApplicationName, Flag>,
    /// What was pinned is not known, so whatever appears is.
    is_unknown: bool,
    /// Where pins are written down; absent: nowhere.
    file: Option<(PathBuf, Seal)>,
}

impl Pins {
    /// Takes up what was pinned before the start, and writes down from now on.
    pub(crate) fn resume(&self, directory: &Path, seal: Seal) {
        let mut board = self.board();
        match read(&directory.join(FILE), &seal) {
            Ok(names) => board.flags.extend(names.into_iter().map(|name| (name, Flag::new(true.into())))),
            Err(error) => {
                tracing::error!(%error, "pins cannot be read: every application is pinned to its baseline");
                board.is_unknown = true;
            }
        }
        board.file = Some((directory.to_owned(), seal));
    }

    /// The flag of an application, for its tables.
    pub(crate) fn flag(&self, application: &ApplicationName) -> Flag {
        let mut board = self.board();
        let pinned = board.is_unknown;
        let flag = board.flags.entry(application.clone()).or_insert_with(|| Flag::new(pinned.into()));
        Arc::clone(flag)
    }

    /// Pins an application. An error says that the pin holds, but only until the gateway stops.
    pub(crate) fn pin(&self, application: &ApplicationName, now: Timestamp) -> Result<(), PinError> {
        let flag = self.flag(application);
        let board = self.board();
        flag.store(true, Ordering::Relaxed);
        board.write(&board.pinned(), now)
    }

    /// Takes a pin back. An error says that it still holds.
    pub(crate) fn unpin(&self, application: &ApplicationName, now: Timestamp) -> Result<(), PinError> {
        let board = self.board();
        let Some(flag) = board.flags.get(application) else { return Ok(()) };
        let mut left = board.pinned();
        left.retain(|name| name != application);
        match board.write(&left, now) {
            Ok(()) | Err(PinError::Nowhere) => flag.store(false, Ordering::Relaxed),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The applications that are pinned, by name.
    pub(crate) fn pinned(&self) -> Vec<ApplicationName> {
        self.board().pinned()
    }

    /// Flags stay whole when a thread panics.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn pinned(&self) -> Vec<ApplicationName> {
        let pinned = self.flags.iter().filter(|(_, flag)| flag.load(Ordering::Relaxed));
        pinned.map(|(name, _)| name.clone()).collect()
    }

    fn write(&self, names: &[ApplicationName], now: Timestamp) -> Result<(), PinError> {
        let (directory, seal) = self.file.as_ref().ok_or(PinError::Nowhere)?;
        let body = serde_json::to_vec(names).map_err(io::Error::from)?;
        durable::replace(&Disk::default(), directory, FILE, &seal.close(&seal::FIRST, now, &body).0)?;
        Ok(())
    }
}

fn read(path: &Path, seal: &Seal) -> io::Result<Vec<ApplicationName>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let record = seal.open(&seal::FIRST, &bytes).map_err(io::Error::other)?;
    Ok(serde_json::from_slice(record.body)?)
}
