//! Feedback, one opinion and one of each score per request: who says something twice about the same answer is counted once.
//!
//! Of several records on one request the last that came before the guard's maturity stands; when none came before,
//! the first that came after. The order in which they reach the database does not matter.

use crate::column::ArmWord;
use crate::transaction::{Direction, unpoisoned};
use crate::{Error, Store, fold};
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Standing};
use viridian_core::id::ApplicationName;
use viridian_core::score::Score;
use viridian_core::time::Timestamp;

/// What became of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedbackReceipt {
    /// Requests nothing had been said about before.
    pub accepted: u64,
    /// Requests about which another opinion or score stands now.
    pub changed: u64,
    /// Records that changed nothing: repeated, overtaken or too late.
    pub ignored: u64,
}

/// What stands about a request.
#[derive(Clone, Copy)]
struct Stand {
    issued_at: Timestamp,
    received_at: Timestamp,
    /// How bad it is: of an opinion none or one, of a score how far it lies below the top.
    bad: u8,
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

/// The better known of these is told: a new one before a change, a change before nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    Ignored,
    Changed,
    New,
}

fn take(transaction: &Transaction<'_>, record: &FeedbackRecord, maturity: Duration) -> Result<Taken, Error> {
    let horizon = fold::horizon(transaction, &record.application)?;
    if !horizon.is_some_and(|horizon| horizon.takes_of(record.epoch, record.issued_at)) {
        return Ok(Taken::Ignored);
    }
    let opinion = record.opinion.map(|opinion| Said::Opinion(u8::from(opinion == Opinion::Bad)));
    let scores = record.scores.iter().map(|given| Said::Score(given.score, given.level.hundredths()));
    let mut taken = Taken::Ignored;
    for said in opinion.into_iter().chain(scores) {
        taken = taken.max(take_one(transaction, record, said, maturity)?);
    }
    Ok(taken)
}

/// One of the things that a record says, and how bad that is.
#[derive(Clone, Copy)]
enum Said {
    Opinion(u8),
    Score(Score, u8),
}

fn take_one(
    transaction: &Transaction<'_>,
    record: &FeedbackRecord,
    said: Said,
    maturity: Duration,
) -> Result<Taken, Error> {
    let given = Stand { issued_at: record.issued_at, received_at: record.received_at, bad: said.bad() };
    match said.find(transaction, record)? {
        None => {
            said.insert(transaction, record)?;
            Ok(Taken::New)
        }
        Some(stored) if given.overrides(stored, maturity) => {
            said.update(transaction, record)?;
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
            // Two at the same moment: the complaint stands, or the lower score, whichever came first.
            _ if self.received_at == stored.received_at => self.bad > stored.bad,
            (true, true) => self.received_at > stored.received_at,
            (false, false) => self.received_at < stored.received_at,
        }
    }
}

impl Said {
    const fn bad(self) -> u8 {
        match self {
            Self::Opinion(bad) | Self::Score(_, bad) => bad,
        }
    }

    fn find(self, transaction: &Transaction<'_>, record: &FeedbackRecord) -> Result<Option<Stand>, Error> {
        let read = |row: &Row<'_>| {
            Ok(Stand {
                issued_at: Timestamp(row.get(0)?),
                received_at: Timestamp(row.get(1)?),
                bad: row.get(2)?,
            })
        };
        let found = match self {
            Self::Opinion(_) => transaction
                .prepare_cached("SELECT issued_at, received_at, bad FROM feedback WHERE request = ?1")?
                .query_row([&record.request], read),
            Self::Score(score, _) => transaction
                .prepare_cached(
                    "SELECT issued_at, received_at, level FROM scores WHERE request = ?1 AND score = ?2",
                )?
                .query_row(params![record.request, score.to_string()], read),
        };
        Ok(found.optional()?)
    }

    fn update(self, transaction: &Transaction<'_>, record: &FeedbackRecord) -> Result<(), Error> {
        match self {
            Self::Opinion(bad) => transaction
                .prepare_cached("UPDATE feedback SET received_at = ?2, bad = ?3 WHERE request = ?1")?
                .execute(params![record.request, record.received_at.0, bad])?,
            Self::Score(score, level) => transaction
                .prepare_cached(
                    "UPDATE scores SET received_at = ?3, level = ?4 WHERE request = ?1 AND score = ?2",
                )?
                .execute(params![record.request, score.to_string(), record.received_at.0, level])?,
        };
        Ok(())
    }

    fn insert(self, transaction: &Transaction<'_>, record: &FeedbackRecord) -> Result<(), Error> {
        let (arm, is_measured) = (ArmWord(record.arm), record.evidence == Standing::Measured);
        let (application, bad, elsewhere) =
            (record.application.as_str(), self.bad(), record.elsewhere.bits());
        let mut values: Vec<&dyn ToSql> = vec![
            &record.request,
            &application,
            &record.epoch.0,
            &arm,
            &record.group.0,
            &is_measured,
            &record.issued_at.0,
            &record.received_at.0,
            &bad,
            &elsewhere,
        ];
        let score;
        let sql = match self {
            Self::Opinion(_) => {
                "INSERT INTO feedback
                    (request, application, epoch, arm, unit_group, measured, issued_at, received_at, bad, elsewhere)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            }
            Self::Score(given, _) => {
                score = given.to_string();
                values.push(&score);
                "INSERT INTO scores
                    (request, application, epoch, arm, unit_group, measured, issued_at, received_at, level, elsewhere, score)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            }
        };
        transaction.prepare_cached(sql)?.execute(values.as_slice())?;
        Ok(())
    }
}
