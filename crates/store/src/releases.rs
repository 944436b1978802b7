//! Releases: registered once, never changed, remembered as rejected when a rollout found them worse.

use crate::change::Change;
use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::log;
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use viridian_core::id::{ApplicationName, ReleaseName, RolloutName};
use viridian_core::release::Release;
use viridian_core::time::Timestamp;

/// A release and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRelease {
    /// The release.
    pub release: Release,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The latest rejection, if a rollout rejected it.
    pub rejected: Option<Rejected>,
}

/// A place in the list of releases, oldest first; the default is before the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleasePlace {
    /// When the release at that place was registered.
    pub registered_at: Timestamp,
    /// Its name; releases that were registered at one moment are in the order of theirs.
    pub name: String,
}

/// Why a release was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// When.
    pub at: Timestamp,
    /// The rollout that found out.
    pub rollout: RolloutName,
    /// What it found, for people.
    pub because: String,
}

impl Store {
    /// Registers a release. The same content under the same name again changes nothing.
    ///
    /// # Errors
    /// [`Error::Immutable`] when the name has other content, [`Error::Unknown`] without its application.
    pub fn register_release(&self, release: &Release, at: Timestamp) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| register(transaction, release, at).map(drop))
    }

    /// A release by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn release(&self, name: &ReleaseName) -> Result<Option<StoredRelease>, Error> {
        self.read(|connection| find(connection, name))
    }

    /// The releases of an application, or all, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn releases(&self, application: Option<&ApplicationName>) -> Result<Vec<StoredRelease>, Error> {
        self.releases_after(&ReleasePlace::default(), application, usize::MAX)
    }

    /// Releases after a place, of an application or of all, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn releases_after(
        &self,
        place: &ReleasePlace,
        application: Option<&ApplicationName>,
        limit: usize,
    ) -> Result<Vec<StoredRelease>, Error> {
        let of = if application.is_some() { "AND application = ?3" } else { "" };
        let sql = format!(
            "SELECT * FROM releases WHERE (registered_at, name) > (?1, ?2) {of} ORDER BY registered_at, name LIMIT ?4"
        );
        let application = application.map(ApplicationName::as_str);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let given = params![place.registered_at.0, place.name, application, limit];
            let releases = statement.query_map(given, release_of)?;
            Ok(releases.collect::<Result<_, _>>()?)
        })
    }

    /// The names of all releases.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn release_names(&self) -> Result<Vec<String>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM releases ORDER BY name")?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }
}

/// Registers a release; says whether that changed anything.
pub(crate) fn register(
    transaction: &Transaction<'_>,
    release: &Release,
    at: Timestamp,
) -> Result<Change, Error> {
    let sql = "INSERT INTO releases (name, application, digest, release, registered_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    if let Some(stored) = find(transaction, &release.name)? {
        return unchanged(&stored.release, release);
    }
    let Release { name, application, digest, .. } = release;
    if crate::applications::find(transaction, application)?.is_none() {
        return Err(Error::unknown("application", application));
    }
    transaction.execute(sql, params![name.as_str(), application.as_str(), digest.0, Json(release), at.0])?;
    log::append(transaction, &Stream::Release(name.clone()), &Fact::Registered(release.clone()), at)?;
    Ok(Change::Created)
}

pub(crate) fn find(connection: &Connection, name: &ReleaseName) -> Result<Option<StoredRelease>, Error> {
    let found = connection
        .prepare_cached("SELECT * FROM releases WHERE name = ?1")?
        .query_row([name.as_str()], release_of)
        .optional()?;
    Ok(found)
}

/// A release that has to exist and to be one of the application's.
pub(crate) fn of_application(
    connection: &Connection,
    name: &ReleaseName,
    application: &ApplicationName,
) -> Result<StoredRelease, Error> {
    let stored = find(connection, name)?.ok_or_else(|| Error::unknown("release", name))?;
    if stored.release.application == *application {
        Ok(stored)
    } else {
        let owner = &stored.release.application;
        Err(Error::Refused(format!("release '{name}' is one of '{owner}', not of '{application}'")))
    }
}

/// Remembers a release as rejected.
pub(crate) fn reject(
    transaction: &Transaction<'_>,
    name: &ReleaseName,
    rejected: &Rejected,
) -> Result<(), Error> {
    let sql = "UPDATE releases SET rejection = ?2 WHERE name = ?1";
    transaction.execute(sql, params![name.as_str(), Json(rejected)])?;
    let fact = Fact::Rejected { rollout: rejected.rollout.clone(), because: rejected.because.clone() };
    log::append(transaction, &Stream::Release(name.clone()), &fact, rejected.at)?;
    Ok(())
}

fn unchanged(stored: &Release, given: &Release) -> Result<Change, Error> {
    if stored.digest == given.digest {
        return Ok(Change::Unchanged);
    }
    Err(Error::Immutable {
        name: stored.name.clone(),
        stored: stored.digest.0.clone(),
        given: given.digest.0.clone(),
    })
}

fn release_of(row: &Row<'_>) -> rusqlite::Result<StoredRelease> {
    Ok(StoredRelease {
        release: row.get::<_, Json<Release>>("release")?.0,
        registered_at: Timestamp(row.get("registered_at")?),
        rejected: row.get::<_, Option<Json<Rejected>>>("rejection")?.map(|rejected| rejected.0),
    })
}
