//! Whether the log beside a database file is whole, looked at before SQLite opens it: [`check`].
//!
//! SQLite reads the log up to the first frame that is not sound and takes that for its end. After a loss of power that
//! is right, because only a transaction that nobody was promised can be torn. After damage it is not: transactions that
//! were promised lie behind that place, and they would be gone without a word. Two things tell the difference.
//!
//! A transaction is brought to the disk before the next one begins. So behind the end there is at most one that was
//! finished, and where there are two, at least one was promised. And the index of the log, a file that SQLite keeps in
//! memory and that survives the end of its process, counts frames only once they are on the disk. So a log that holds
//! fewer has lost some. What neither tells is a last transaction that was damaged while the machine was without power.
//!
//! The format: <https://sqlite.org/fileformat2.html#walformat> and <https://sqlite.org/walformat.html>.

use crate::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// The first number of a log, without the bit that says in which order its words are summed.
const MAGIC: u32 = 0x377f_0682;
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The least a frame takes.
const FRAME: usize = FRAME_HEADER + 512;
/// Where the index says how many frames there are, with which salts, and how many are in the database file.
const INDEX: usize = 100;
/// Half of the head of an index, which stands there twice.
const INDEX_HEADER: usize = 48;

/// What a log holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Log {
    /// What its frames are marked with; none when its head is not sound.
    salts: Option<[u8; 8]>,
    /// Frames up to the first that is not sound.
    sound: u32,
    /// Ends of transactions behind that.
    behind: usize,
    /// There are frames, and its head is not sound.
    is_headless: bool,
}

/// What the index of a log says.
#[derive(Debug, PartialEq, Eq)]
struct Index {
    salts: [u8; 8],
    frames: u32,
    /// Frames that were copied into the database file.
    copied: u32,
}

/// Makes sure that the log of a database has lost nothing that was promised.
///
/// # Errors
/// [`Error::Corrupt`] when it has, [`Error::Directory`] when it cannot be read. Nothing is written.
pub(crate) fn check(database: &Path) -> Result<(), Error> {
    let beside = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let unreadable = |source| Error::Directory { path: beside("-wal"), source };
    let log = match File::open(beside("-wal")) {
        Ok(file) => read(BufReader::new(file)).map_err(unreadable)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Log::default(),
        Err(error) => return Err(unreadable(error)),
    };
    // An index that cannot be read says nothing: it is no part of what is promised.
    let index = std::fs::read(beside("-shm")).ok().and_then(|bytes| index_of(&bytes));
    match loss(&log, index.as_ref()) {
        Some(detail) => Err(Error::Corrupt { path: database.to_owned(), detail }),
        None => Ok(()),
    }
}

/// What was promised and is not there.
fn loss(log: &Log, index: Option<&Index>) -> Option<String> {
    if log.behind > 1 {
        return Some(format!(
            "its log is damaged behind frame {}, and {} later transactions would be lost",
            log.sound, log.behind
        ));
    }
    let is_copied = index.is_some_and(|index| index.copied == index.frames);
    if log.is_headless && !is_copied {
        return Some("the head of its log is damaged, and what the log holds would be lost".to_owned());
    }
    let index = index?;
    let is_missing = match log.salts {
        Some(salts) => salts == index.salts && log.sound < index.frames,
        None => !is_copied,
    };
    is_missing.then(|| format!("its log holds {} of {} frames that were promised", log.sound, index.frames))
}

fn read(mut log: impl Read) -> io::Result<Log> {
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? || header == [0; HEADER] {
        return Ok(Log::default());
    }
    let sum = Sum { is_big_endian: number(&header, 0) & 1 == 1, words: [0, 0] };
    let sum = sum.over(&header[..24]);
    let is_sound = number(&header, 0) & !1 == MAGIC && sum.is_at(&header, 24);
    let salts = array(&header, 16);
    let page_size = number(&header, 8) as usize;
    if !is_sound || !page_size.is_power_of_two() || page_size > 1 << 16 {
        return Ok(Log { is_headless: fill(&mut log, &mut [0; FRAME])?, ..Log::default() });
    }
    let mut found = Log { salts: Some(salts), ..Log::default() };
    walk(log, (salts, page_size), sum, &mut found)?;
    Ok(found)
}

fn walk(
    mut log: impl Read,
    (salts, page_size): ([u8; 8], usize),
    mut sum: Sum,
    found: &mut Log,
) -> io::Result<()> {
    let mut frame = vec![0; FRAME_HEADER + page_size];
    let mut is_sound = true;
    while fill(&mut log, &mut frame)? {
        let is_ours = array(&frame, 8) == salts;
        sum = sum.over(&frame[..8]).over(&frame[FRAME_HEADER..]);
        is_sound = is_sound && is_ours && sum.is_at(&frame, 16);
        let ends_transaction = number(&frame, 4) > 0;
        if is_sound {
            found.sound += 1;
        } else if is_ours && ends_transaction {
            found.behind += 1;
        }
    }
    Ok(())
}

/// Reads the head of an index; none when it is not one that was finished.
fn index_of(bytes: &[u8]) -> Option<Index> {
    let bytes = bytes.get(..INDEX)?;
    let (first, second) = (&bytes[..INDEX_HEADER], &bytes[INDEX_HEADER..2 * INDEX_HEADER]);
    let is_finished = first == second && bytes[12] == 1;
    let native = |at| u32::from_ne_bytes(array(bytes, at));
    is_finished.then(|| Index {
        salts: array(bytes, 32),
        frames: native(16),
        copied: native(2 * INDEX_HEADER),
    })
}

/// The running sum that frames are held against.
#[derive(Clone, Copy)]
struct Sum {
    is_big_endian: bool,
    words: [u32; 2],
}

impl Sum {
    fn over(mut self, bytes: &[u8]) -> Self {
        let word = |bytes: &[u8]| match self.is_big_endian {
            true => u32::from_be_bytes(array(bytes, 0)),
            false => u32::from_le_bytes(array(bytes, 0)),
        };
        let [mut first, mut second] = self.words;
        for pair in bytes.chunks_exact(8) {
            first = first.wrapping_add(word(pair)).wrapping_add(second);
            second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
        }
        self.words = [first, second];
        self
    }

    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        self.words == [number(bytes, at), number(bytes, at + 4)]
    }
}

/// Reads as much as fits; false when there is less.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

/// Some bytes of a longer run; zeros where it is too short.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}
