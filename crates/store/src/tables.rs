//! Routing tables and their numbers. Numbers are reserved in blocks before any of them is used, so that a table that
//! was published and never written down still has a number that nobody uses again.

use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::log;
use crate::transaction::Direction;
use crate::{Error, Store, baselines, epochs};
use rusqlite::{OptionalExtension, Transaction, params};
use std::ops::Range;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, Generation};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;

/// A routing table that no transition asked for: the application changed, the baseline was set, an epoch is renewed.
#[derive(Debug, Clone, Copy)]
pub struct TableChange<'a> {
    /// The table, under a reserved generation.
    pub table: &'a RoutingTable,
    /// The span that begins with it; absent when the present one goes on.
    pub epoch: Option<&'a Epoch>,
    /// Why, for people.
    pub because: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Reserves the next `count` numbers for tables of an application. They are never given out again, whatever
    /// happens to them.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such an application, [`Error::Unwritable`].
    pub fn reserve_generations(
        &self,
        application: &ApplicationName,
        count: u64,
    ) -> Result<Range<u64>, Error> {
        let sql = "UPDATE applications SET next_generation = next_generation + ?2 WHERE name = ?1
            RETURNING next_generation";
        // The way back needs a number, too.
        self.write(Direction::Back, |transaction| {
            let end: u64 = transaction
                .prepare_cached(sql)?
                .query_row(params![application.as_str(), count], |row| row.get(0))
                .optional()?
                .ok_or_else(|| Error::unknown("application", application))?;
            Ok(end - count..end)
        })
    }

    /// Publishes a table outside of any transition.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the generation does not rise, [`Error::Refused`] when it was not reserved or the
    /// application has no baseline, [`Error::Unwritable`].
    pub fn commit_table(&self, change: &TableChange<'_>) -> Result<(), Error> {
        let application = &change.table.application;
        let fact = Fact::TablePublished {
            generation: change.table.generation,
            epoch: change.table.epoch,
            because: change.because.to_owned(),
        };
        let stream = Stream::Application(application.clone());
        self.write(Direction::Forward, |transaction| {
            if log::latest_if_same(transaction, &stream, &fact)?.is_some() {
                return Ok(());
            }
            publish(transaction, application, Some(change.table), change.epoch, change.at)?;
            log::append(transaction, &stream, &fact, change.at)?;
            Ok(())
        })
    }

    /// The latest table of an application.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn table(&self, application: &ApplicationName) -> Result<Option<RoutingTable>, Error> {
        self.read(|connection| {
            let found = connection
                .prepare_cached("SELECT routing FROM routing_tables WHERE application = ?1")?
                .query_row([application.as_str()], |row| Ok(row.get::<_, Json<RoutingTable>>(0)?.0))
                .optional()?;
            Ok(found)
        })
    }

    /// The latest table of every application that has one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn tables(&self) -> Result<Vec<RoutingTable>, Error> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT routing FROM routing_tables ORDER BY application")?;
            let tables = statement.query_map([], |row| Ok(row.get::<_, Json<RoutingTable>>(0)?.0))?;
            Ok(tables.collect::<Result<_, _>>()?)
        })
    }

    /// Tables that every gateway has, of applications whose latest has not reached all of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settled_tables(&self) -> Result<Vec<RoutingTable>, Error> {
        let sql = "SELECT settled FROM routing_tables WHERE settled IS NOT NULL ORDER BY application";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let tables = statement.query_map([], |row| Ok(row.get::<_, Json<RoutingTable>>(0)?.0))?;
            Ok(tables.collect::<Result<_, _>>()?)
        })
    }

    /// Writes down that these generations have reached every gateway; those that are no longer the latest are passed
    /// over.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Fenced`].
    pub fn settle(&self, reached: &[(ApplicationName, Generation)]) -> Result<(), Error> {
        let sql = "UPDATE routing_tables SET settled = NULL
            WHERE application = ?1 AND generation = ?2 AND settled IS NOT NULL";
        self.write(Direction::Back, |transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            for (application, generation) in reached {
                statement.execute(params![application.as_str(), generation.0])?;
            }
            Ok(())
        })
    }
}

/// Writes the span that begins and the table that goes with it.
pub(crate) fn publish(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    table: Option<&RoutingTable>,
    epoch: Option<&Epoch>,
    at: Timestamp,
) -> Result<(), Error> {
    if let Some(epoch) = epoch {
        let baseline = baselines::name_of(transaction, application)?
            .ok_or_else(|| Error::Refused(format!("application '{application}' has no baseline yet")))?;
        epochs::insert(transaction, application, &baseline, epoch)?;
    }
    if let Some(table) = table {
        check_generation(transaction, table)?;
        replace(transaction, table, at)?;
    }
    Ok(())
}

fn check_generation(transaction: &Transaction<'_>, table: &RoutingTable) -> Result<(), Error> {
    let Generation(given) = table.generation;
    let application = &table.application;
    let next: u64 = transaction
        .prepare_cached("SELECT next_generation FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Error::unknown("application", application))?;
    if given >= next {
        return Err(Error::Refused(format!("generation {given} of '{application}' was not reserved")));
    }
    let found: u64 = transaction
        .prepare_cached("SELECT generation FROM routing_tables WHERE application = ?1")?
        .query_row([application.as_str()], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    if given <= found {
        let what = format!("the routing table of '{application}'");
        return Err(Error::Conflict { what, expected: given, found });
    }
    Ok(())
}

fn replace(transaction: &Transaction<'_>, table: &RoutingTable, at: Timestamp) -> Result<(), Error> {
    // A table that moves traffic reaches gateways one after the other; until it has reached all of them, what they have
    // is what the next one is compared with, also after a restart.
    let settled = settled(transaction, &table.application)?.filter(|settled| settled.moves_traffic(table));
    let sql = "INSERT INTO routing_tables (application, generation, routing, published_at, settled)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (application) DO UPDATE SET generation = excluded.generation, routing = excluded.routing,
            published_at = excluded.published_at, settled = excluded.settled";
    transaction.prepare_cached(sql)?.execute(params![
        table.application.as_str(),
        table.generation.0,
        Json(table),
        at.0,
        settled.as_ref().map(Json)
    ])?;
    Ok(())
}

/// The table of an application that every gateway has.
fn settled(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
) -> Result<Option<RoutingTable>, Error> {
    let sql = "SELECT coalesce(settled, routing) FROM routing_tables WHERE application = ?1";
    let found = transaction
        .prepare_cached(sql)?
        .query_row([application.as_str()], |row| Ok(row.get::<_, Json<RoutingTable>>(0)?.0))
        .optional()?;
    Ok(found)
}
