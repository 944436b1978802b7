//! Gateways that are gone: an application at rest stays in one epoch for months, and every start of every gateway
//! leaves a row with 64 groups in it. Those that have not reported within what is kept become part of the total, and
//! should one of them come back it is not counted twice: its groups are not taken any more in that epoch.

use super::totals::Sums;
use super::{BATCH, Folding, GROUPS, batch, horizon};
use crate::column::ArmWord;
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, Transaction, params};
use std::collections::HashSet;
use viridian_core::id::{ApplicationName, EpochId};

/// A row of groups, as it was seen.
struct Seen {
    rowid: i64,
    progress: i64,
}

impl Store {
    /// Folds some groups of gateways that have no rows left in the epoch at the horizon. To be called when all that is
    /// before it was folded.
    pub(super) fn fold_silent(&self, application: &ApplicationName) -> Result<Folding, Error> {
        // Who still reports is looked up beside the writers: that takes as long as there are rows.
        let silent = self.read(|connection| silent(connection, application))?;
        if silent.is_empty() {
            return Ok(Folding::Done);
        }
        self.write(Direction::Forward, |transaction| {
            let mut sums = Sums::default();
            for seen in &silent {
                take(transaction, seen, &mut sums)?;
            }
            sums.keep(transaction, application)
        })?;
        Ok(Folding::More)
    }
}

fn silent(connection: &Connection, application: &ApplicationName) -> Result<Vec<Seen>, Error> {
    let Some(horizon) = horizon(connection, application)? else { return Ok(Vec::new()) };
    let EpochId(epoch) = horizon.epoch;
    let who = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, String, i64)> {
        Ok((row.get("arm")?, row.get("node")?, row.get("boot")?))
    };
    let given = params![application.as_str(), epoch];
    let sql = "SELECT DISTINCT arm, node, boot FROM tallies WHERE application = ?1 AND epoch = ?2";
    let heard: HashSet<_> =
        connection.prepare_cached(sql)?.query_map(given, who)?.collect::<Result<_, _>>()?;
    let sql =
        "SELECT rowid, progress, arm, node, boot FROM group_tallies WHERE application = ?1 AND epoch = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(given)?;
    let mut silent = Vec::new();
    while let Some(row) = rows.next()? {
        if !heard.contains(&who(row)?) {
            silent.push(Seen { rowid: row.get("rowid")?, progress: row.get("progress")? });
        }
        if silent.len() == BATCH / GROUPS {
            break;
        }
    }
    Ok(silent)
}

/// Takes a row that has not changed since it was seen, and remembers that it was taken.
fn take(transaction: &Transaction<'_>, seen: &Seen, sums: &mut Sums) -> Result<(), Error> {
    let sql = "DELETE FROM group_tallies WHERE rowid = ?1 AND progress = ?2
        RETURNING epoch, arm, groups, application, node, boot";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(params![seen.rowid, seen.progress])?;
    let remember =
        "INSERT INTO folded_groups (application, epoch, arm, node, boot) VALUES (?1, ?2, ?3, ?4, ?5)";
    while let Some(row) = rows.next()? {
        batch::add_groups(sums, row)?;
        transaction.prepare_cached(remember)?.execute(params![
            row.get::<_, String>("application")?,
            row.get::<_, i64>("epoch")?,
            ArmWord(row.get::<_, ArmWord>("arm")?.0),
            row.get::<_, String>("node")?,
            row.get::<_, i64>("boot")?,
        ])?;
    }
    Ok(())
}
