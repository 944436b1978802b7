//! Gateways elsewhere, as far as a controller that starts has to know of them: any of them may still send a candidate
//! requests, whatever it was told before the start.

use crate::column::Name;
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Row, params};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_core::time::Timestamp;

/// A gateway that may hold tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownGateway {
    /// Its name and its latest start.
    pub origin: Origin,
    /// When that came.
    pub came_at: Timestamp,
    /// When it was heard, as far as that was written down.
    pub heard_at: Timestamp,
}

impl Store {
    /// Writes down that a gateway came, before it is sent anything. It may use the space set aside for the way back:
    /// what it is to be sent may be just that.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Fenced`].
    pub fn gateway_came(&self, origin: &Origin, at: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO gateways (node, boot, term, came_at, heard_at) VALUES (?1, ?2, ?3, ?4, ?4)
            ON CONFLICT (node) DO UPDATE SET boot = excluded.boot, term = excluded.term,
                came_at = excluded.came_at, heard_at = excluded.heard_at";
        self.write(Direction::Back, |transaction| {
            transaction.prepare_cached(sql)?.execute(params![
                origin.node.as_str(),
                // A boot is any 64-bit number; the column holds the same bits with a sign.
                origin.boot.0.cast_signed(),
                self.term().0,
                at.0
            ])?;
            Ok(())
        })
    }

    /// Writes down when gateways were heard.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Fenced`].
    pub fn gateways_heard(&self, heard: &[(NodeName, Timestamp)]) -> Result<(), Error> {
        let sql = "UPDATE gateways SET heard_at = max(heard_at, ?2) WHERE node = ?1";
        self.write(Direction::Forward, |transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            for (node, at) in heard {
                statement.execute(params![node.as_str(), at.0])?;
            }
            Ok(())
        })
    }

    /// Forgets a gateway that can send no candidate anything any more. A later start of the same name stays.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Fenced`].
    pub fn gateway_left(&self, origin: &Origin) -> Result<(), Error> {
        self.write(Direction::Back, |transaction| {
            transaction
                .prepare_cached("DELETE FROM gateways WHERE node = ?1 AND boot = ?2")?
                .execute(params![origin.node.as_str(), origin.boot.0.cast_signed()])?;
            Ok(())
        })
    }

    /// Every gateway that may hold tables, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn known_gateways(&self) -> Result<Vec<KnownGateway>, Error> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT node, boot, came_at, heard_at FROM gateways ORDER BY node")?;
            let gateways = statement.query_map([], gateway_of)?;
            Ok(gateways.collect::<Result<_, _>>()?)
        })
    }
}

fn gateway_of(row: &Row<'_>) -> rusqlite::Result<KnownGateway> {
    let node = row.get::<_, Name<NodeName>>("node")?.0;
    let boot = BootId(row.get::<_, i64>("boot")?.cast_unsigned());
    Ok(KnownGateway {
        origin: Origin { node, boot },
        came_at: Timestamp(row.get("came_at")?),
        heard_at: Timestamp(row.get("heard_at")?),
    })
}
