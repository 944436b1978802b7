//! Feedback, one record per request: who says something twice about the same answer is counted once.
//!
//! Of several records on one request the last that came before the guard's maturity stands; when none came before,
//! the first that came after. The order in which they reach the database does not matter.

use crate::column::ArmWord;
use crate::transaction::{Direction, unpoisoned};
use crate::{Error, Store, fold};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Standing};
use viridian_core::id::ApplicationName;
use viridian_core::time::Timestamp;

/// What became of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedbackReceipt {
    /// Requests nothing had been said about before.
    pub accepted: u64,
    /// Requests about which another opinion stands now.
    pub changed: u64,
    /// Records that changed nothing: repeated, overtaken or too late.
    pub ignored: u64,
}

/// What stands about a request.
#[derive(Clone, Copy)]
struct Stand {
    issued_at: Timestamp,
    received_at: Timestamp,
    bad: bool,
}

impl Store {
    /// Takes records of feedback, in one transaction. `maturity` is that of each application's feedback guard; with
    /// none the last word always stands.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_feedback(
        &self,
        records: &[FeedbackRecord],
        maturity: &BTreeMap<ApplicationName, Duration>,
    ) -> Result<FeedbackReceipt, Error> {
        let outcome = self.write(Direction::Forward, |transaction| {
            let mut receipt = FeedbackReceipt::default();
            for record in records {
                let maturity = maturity.get(&record.application).copied().unwrap_or_default();
                match take(transaction, record, maturity)? {
                    Taken::New => receipt.accepted += 1,
                    Taken::Changed => receipt.changed += 1,
                    Taken::Ignored => receipt.ignored += 1,
                }
            }
            Ok(receipt)
        });
        let mut cache = unpoisoned(&self.inner.cache);
        records.iter().for_each(|record| cache.forget(&record.application, record.epoch));
        outcome
    }
}

enum Taken {
    New,
    Changed,
    Ignored,
}

fn take(transaction: &Transaction<'_>, record: &FeedbackRecord, maturity: Duration) -> Result<Taken, Error> {
    let horizon = fold::horizon(transaction, &record.application)?;
    if !horizon.is_some_and(|horizon| horizon.takes_of(record.epoch, record.issued_at)) {
        return Ok(Taken::Ignored);
    }
    let given = Stand {
        issued_at: record.issued_at,
        received_at: record.received_at,
        bad: record.opinion == Opinion::Bad,
    };
    match find(transaction, &record.request)? {
        None => {
            insert(transaction, record)?;
            Ok(Taken::New)
        }
        Some(stored) if given.overrides(stored, maturity) => {
            let sql = "UPDATE feedback SET received_at = ?2, bad = ?3 WHERE request = ?1";
            transaction.prepare_cached(sql)?.execute(params![
                record.request,
                given.received_at.0,
                given.bad
            ])?;
            Ok(if given.bad == stored.bad { Taken::Ignored } else { Taken::Changed })
        }
        Some(_) => Ok(Taken::Ignored),
    }
}

impl Stand {
    /// Whether this one stands against another on the same request.
    fn overrides(self, stored: Self, maturity: Duration) -> bool {
        let in_time =
            |stand: Self| maturity.is_zero() || stand.received_at <= stored.issued_at.plus(maturity);
        match (in_time(self), in_time(stored)) {
            (true, false) => true,
            (false, true) => false,
            // Two at the same moment: the complaint stands, whichever came first.
            _ if self.received_at == stored.received_at => self.bad && !stored.bad,
            (true, true) => self.received_at > stored.received_at,
            (false, false) => self.received_at < stored.received_at,
        }
    }
}

fn find(transaction: &Transaction<'_>, request: &str) -> Result<Option<Stand>, Error> {
    let sql = "SELECT issued_at, received_at, bad FROM feedback WHERE request = ?1";
    let found = transaction
        .prepare_cached(sql)?
        .query_row([request], |row| {
            Ok(Stand {
                issued_at: Timestamp(row.get(0)?),
                received_at: Timestamp(row.get(1)?),
                bad: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn insert(transaction: &Transaction<'_>, record: &FeedbackRecord) -> Result<(), Error> {
    let sql = "INSERT INTO feedback
            (request, application, epoch, arm, unit_group, measured, issued_at, received_at, bad)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    transaction.prepare_cached(sql)?.execute(params![
        record.request,
        record.application.as_str(),
        record.epoch.0,
        ArmWord(record.arm),
        record.group.0,
        record.evidence == Standing::Measured,
        record.issued_at.0,
        record.received_at.0,
        record.opinion == Opinion::Bad,
    ])?;
    Ok(())
}
