//! Something that is made from files and made again when they change. Entry points: [`Watched::new`],
//! [`Watched::current`] and [`Watched::keep_looking`].
//!
//! Files are replaced one after the other and sometimes written in place, so what is found may be half of something. What
//! cannot be made leaves what was made before in use; it is told once and tried again when the files change again.

use super::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use viridian_core::time::Timestamp;

/// How often files are looked at.
pub const LOOK: Duration = Duration::from_secs(5);

/// How something is made from the content of its files, in their order.
type Make<T> = Box<dyn Fn(&[Vec<u8>]) -> Result<Made<T>, Error> + Send + Sync>;

/// What was made, and for how long it is good.
pub(super) struct Made<T> {
    pub(super) value: T,
    pub(super) expires_at: Option<Timestamp>,
}

/// Something that is made from files.
pub struct Watched<T> {
    /// What it is, for people.
    what: &'static str,
    files: Vec<PathBuf>,
    make: Make<T>,
    held: Mutex<Held<T>>,
}

struct Held<T> {
    value: Arc<T>,
    /// What was tried last.
    content: Vec<Vec<u8>>,
    standing: Standing,
}

/// How it stands with the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// When the certificate in use ends; absent without one.
    pub expires_at: Option<Timestamp>,
    /// How often the files were changed for something good.
    pub reloads: u64,
    /// How often for something that cannot be used.
    pub failures: u64,
    /// Why what is in the files is not in use.
    pub failure: Option<String>,
}

impl<T> Watched<T> {
    /// Makes it for the first time.
    pub(super) fn new(what: &'static str, files: Vec<PathBuf>, make: Make<T>) -> Result<Self, Error> {
        let content = read(&files)?;
        let Made { value, expires_at } = make(&content)?;
        let standing = Standing { expires_at, ..Standing::default() };
        let held = Mutex::new(Held { value: Arc::new(value), content, standing });
        Ok(Self { what, files, make, held })
    }

    /// What is in use.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.held().value)
    }

    /// How it stands with the files.
    pub fn standing(&self) -> Standing {
        self.held().standing.clone()
    }

    /// Looks at the files, and makes it again when they have changed. Blocks on them.
    pub fn look(&self) {
        let found = read(&self.files);
        let mut held = self.held();
        let made = match found {
            Ok(content) if content == held.content => return,
            Ok(content) => {
                let made = (self.make)(&content);
                held.content = content;
                made
            }
            Err(error) => Err(error),
        };
        match made {
            Ok(Made { value, expires_at }) => {
                tracing::info!("{} changed and is in use", self.what);
                held.value = Arc::new(value);
                let reloads = held.standing.reloads + 1;
                held.standing = Standing { expires_at, reloads, failure: None, ..held.standing };
            }
            Err(error) => {
                let text = error.to_string();
                if held.standing.failure.as_ref() != Some(&text) {
                    tracing::error!("{} changed and cannot be used, the one before stays: {text}", self.what);
                    held.standing.failures += 1;
                    held.standing.failure = Some(text);
                }
            }
        }
    }

    /// Looks now and then, for as long as it is polled.
    pub async fn keep_looking(self: Arc<Self>)
    where
        T: Send + Sync + 'static,
    {
        loop {
            tokio::time::sleep(LOOK).await;
            let watched = Arc::clone(&self);
            // Nothing in there panics; if it did, the next look would be as good.
            let _looked = tokio::task::spawn_blocking(move || watched.look()).await;
        }
    }

    /// Every change is complete before the lock is released.
    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Error> {
    let read = |file: &PathBuf| {
        fs::read(file).map_err(|error| Error::Unusable { file: file.clone(), reason: error.to_string() })
    };
    files.iter().map(read).collect()
}
