//! Takes tables, all there are or what changed among them: validates, prepares, swaps all accepted ones at once, and
//! answers table by table. Entry points: [`Tables::offer`] and [`Tables::apply`]; requests read [`Tables::serving`].
//!
//! With an archive, tables that give a candidate more are durable before they serve, and refused when that fails. Tables
//! on the way to the baseline serve first and need no disk.
//!
//! A table that is refused leaves the one before it in service. Terms and generations never fall, and one generation is
//! always one table: a controller that lost its place can neither bring back an old table nor change one in silence.

use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::Config;
use crate::pinned::Pins;
use crate::prepared::table::Table;
use crate::request_id::{ApplicationHash, Signer};
use crate::tally::Books;
use arc_swap::{ArcSwap, Guard};
use rustls::ClientConfig;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use viridian_core::application::Protocol;
use viridian_core::id::{ApplicationName, Generation, Term};
use viridian_core::opinion::Opinions;
use viridian_core::routing::table::RoutingTable;
use viridian_core::score;
use viridian_crash as crash;
use viridian_platform::causes::Causes;
use viridian_wire::snapshot::{Delta, LONGEST_TABLE, Rejection, SigningKey, Snapshot, TableAnswer, length};

/// More applications than one gateway serves; a longer snapshot is a mistake.
const MOST_TABLES: usize = 100_000;

/// The tables in service.
pub(crate) struct Tables {
    serving: ArcSwap<Serving>,
    /// Held while a snapshot is taken, so that two of them do not overtake each other.
    archive: Mutex<Option<Archive>>,
    clock: Arc<Clock>,
    pins: Arc<Pins>,
    trust: Option<Arc<ClientConfig>>,
    workers: usize,
}

/// What requests read: never changed, only replaced.
pub(crate) struct Serving {
    term: Term,
    keys: Vec<SigningKey>,
    pub(crate) signer: Signer,
    pub(crate) tables: HashMap<String, Arc<Table>>,
    /// Applications by what ids carry of their names.
    names: HashMap<ApplicationHash, ApplicationName>,
}

/// What became of an offer.
pub(crate) struct Taken {
    /// Table by table.
    pub(crate) answers: Vec<TableAnswer>,
    pub(crate) standing: Standing,
}

/// How what is served stands to what was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No candidate has a share that the offer did not give it.
    Abreast,
    /// One may have.
    Behind,
}

/// Tables a controller offers.
struct Offer<'a> {
    term: Term,
    keys: &'a [SigningKey],
    tables: &'a [RoutingTable],
    /// What goes on serving beside them.
    kept: HashMap<String, Arc<Table>>,
    /// How long one of them may be, in bytes as it is sent.
    longest: usize,
}

impl Tables {
    /// No tables yet. The signer signs nothing before the first snapshot brings its keys.
    pub(crate) fn new(signer: Signer, config: &Config, pins: Arc<Pins>) -> Self {
        let serving = Serving::new((Term::default(), Vec::new()), signer, HashMap::new());
        Self {
            serving: ArcSwap::from_pointee(serving),
            archive: Mutex::new(None),
            pins,
            clock: Arc::clone(&config.clock),
            trust: config.trust.clone(),
            workers: config.workers.get(),
        }
    }

    /// Serves by what was kept before the start, and keeps what comes from now on.
    pub(crate) fn resume(
        &self,
        archive: Archive,
        kept: Option<&Snapshot>,
        books: &Books,
    ) -> Vec<TableAnswer> {
        // What was kept was taken once.
        let answers = kept.map(|kept| self.offer_within(kept, usize::MAX, books).answers).unwrap_or_default();
        *self.archive.lock().unwrap_or_else(PoisonError::into_inner) = Some(archive);
        answers
    }

    /// Sees to it that the next start sends no candidate anything before the controller was heard.
    pub(crate) fn retire(&self) -> io::Result<()> {
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        archive.as_mut().map_or(Ok(()), Archive::retreat)
    }

    /// What is served by now. To be held for a moment, never while waiting.
    pub(crate) fn serving(&self) -> Guard<Arc<Serving>> {
        self.serving.load()
    }

    /// Takes all tables there are, as far as they can be served by; answers for each. Blocks on files with secrets.
    pub(crate) fn offer(&self, snapshot: &Snapshot, books: &Books) -> Taken {
        self.offer_within(snapshot, LONGEST_TABLE, books)
    }

    fn offer_within(&self, snapshot: &Snapshot, longest: usize, books: &Books) -> Taken {
        let Snapshot { term, keys, tables } = snapshot;
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        let serving = self.serving.load_full();
        let named: HashSet<&str> = tables.iter().map(|table| table.application.as_str()).collect();
        let mut kept = serving.tables.clone();
        kept.retain(|name, _| named.contains(name.as_str()));
        self.take(&Offer { term: *term, keys, tables, kept, longest }, &serving, archive.as_mut(), books)
    }

    /// Takes what changed, the same way; every other table stays in service.
    pub(crate) fn apply(&self, delta: &Delta, books: &Books) -> Taken {
        let Delta { term, keys, tables, removed, .. } = delta;
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        let serving = self.serving.load_full();
        let mut kept = serving.tables.clone();
        for name in removed {
            kept.remove(name.as_str());
        }
        let longest = LONGEST_TABLE;
        self.take(&Offer { term: *term, keys, tables, kept, longest }, &serving, archive.as_mut(), books)
    }

    /// Serves by an offer beside what is kept, as far as it can be served by.
    fn take(
        &self,
        offer: &Offer<'_>,
        current: &Serving,
        archive: Option<&mut Archive>,
        books: &Books,
    ) -> Taken {
        let signer = match current.accept(offer) {
            Ok(signer) => signer,
            Err(reason) => return current.refuse_all(offer, &reason),
        };
        let mut next = offer.kept.clone();
        let mut outward = Vec::new();
        let mut rejected: HashMap<&str, String> = HashMap::new();
        for offered in offer.tables {
            let name = offered.application.as_str();
            let previous = current.tables.get(name);
            let prepared =
                check_length(offered, offer.longest).and_then(|()| self.prepare(offered, previous, books));
            match prepared {
                Err(reason) => drop(rejected.insert(name, reason)),
                Ok(table) if leads_outward(previous, offered) => outward.push(table),
                Ok(table) => drop(next.insert(name.to_owned(), table)),
            }
        }
        let serve = |tables| {
            let serving = Serving::new((offer.term, offer.keys.to_vec()), signer.clone(), tables);
            self.serving.store(Arc::new(serving));
        };
        let mut with_outward = next.clone();
        with_outward.extend(outward.iter().map(|table| (name_of(table), Arc::clone(table))));
        let kept = archive.map_or(Ok(()), |archive| {
            // What is on the way to the baseline does not wait for the disk.
            serve(next.clone());
            self.keep(archive, current, offer, &with_outward)
        });
        match kept {
            Ok(()) => next = with_outward,
            Err(reason) => {
                rejected
                    .extend(outward.iter().map(|table| (table.routing.application.as_str(), reason.clone())));
            }
        }
        let answers = offer
            .tables
            .iter()
            .map(|offered| answer(offered, &next, rejected.get(offered.application.as_str()).cloned()));
        let answers: Vec<TableAnswer> = answers.collect();
        let standing = if leaves_a_candidate(&answers, &next) { Standing::Behind } else { Standing::Abreast };
        serve(next);
        Taken { answers, standing }
    }

    /// Makes what changes durable, or tells why nothing of it is; then a start brings back no candidate.
    fn keep(
        &self,
        archive: &mut Archive,
        current: &Serving,
        offer: &Offer<'_>,
        next: &HashMap<String, Arc<Table>>,
    ) -> Result<(), String> {
        let is_new = |table: &&Arc<Table>| {
            !current.tables.get(table.routing.application.as_str()).is_some_and(|old| Arc::ptr_eq(old, table))
        };
        let gone =
            current.tables.values().filter(|table| !next.contains_key(table.routing.application.as_str()));
        let change = Delta {
            term: offer.term,
            number: 0,
            keys: offer.keys.to_vec(),
            tables: next.values().filter(is_new).map(|table| table.routing.clone()).collect(),
            removed: gone.map(|table| table.routing.application.clone()).collect(),
            complete: true,
        };
        let is_same = change.tables.is_empty() && change.removed.is_empty();
        if is_same && current.term == change.term && current.keys == change.keys {
            return Ok(());
        }
        let all = || Snapshot {
            term: change.term,
            keys: change.keys.clone(),
            tables: next.values().map(|table| table.routing.clone()).collect(),
        };
        crash::at(crash::Place::Unkept);
        let kept = archive.keep(&change, all, self.clock.now());
        crash::at(crash::Place::Unserved);
        let Err(error) = kept else { return Ok(()) };
        tracing::error!(%error, "tables cannot be kept on disk");
        if let Err(error) = archive.retreat() {
            tracing::error!(%error, "the tables on disk cannot be marked as behind: a start may bring them back");
        }
        Err(format!("it cannot be kept on the gateway's disk: {error}"))
    }

    fn prepare(
        &self,
        offered: &RoutingTable,
        previous: Option<&Arc<Table>>,
        books: &Books,
    ) -> Result<Arc<Table>, String> {
        if let Some(table) = previous {
            check_succession(&table.routing, offered)?;
            if table.routing == *offered {
                return Ok(Arc::clone(table));
            }
        }
        let book = books.open(&offered.application, offered.epoch, self.workers);
        let table = Table::prepare(
            offered,
            previous.map(AsRef::as_ref),
            self.trust.as_ref(),
            (book, self.pins.flag(&offered.application)),
        );
        table.map(Arc::new).map_err(|error| Causes(&error).to_string())
    }
}

impl Serving {
    fn new(
        (term, keys): (Term, Vec<SigningKey>),
        signer: Signer,
        tables: HashMap<String, Arc<Table>>,
    ) -> Self {
        let name = |table: &Arc<Table>| (table.hash, table.routing.application.clone());
        let names = tables.values().map(name).collect();
        Self { term, keys, signer, tables, names }
    }

    /// The term of the controller these tables are from.
    pub(crate) const fn term(&self) -> Term {
        self.term
    }

    /// The application that an id speaks of.
    pub(crate) fn application(&self, hash: ApplicationHash) -> Option<&ApplicationName> {
        self.names.get(&hash)
    }

    /// What may be said of an application's answers, and the scores they may be given.
    pub(crate) fn feedback(
        &self,
        application: &ApplicationName,
    ) -> Option<(&Opinions, &[score::Definition])> {
        let table = self.tables.get(application.as_str())?;
        Some((&table.routing.feedback, &table.routing.scores))
    }

    /// The applications whose callers speak this protocol, in no order.
    pub(crate) fn applications_speaking(&self, protocol: Protocol) -> impl Iterator<Item = &str> {
        let speaking = self.tables.values().filter(move |table| table.routing.protocol == protocol);
        speaking.map(|table| table.routing.application.as_str())
    }

    /// The signer of an offer that may be served by; else the reason why no part of it may.
    fn accept(&self, offer: &Offer<'_>) -> Result<Signer, String> {
        if offer.term < self.term {
            return Err(format!("term {} is over, term {} has begun", offer.term, self.term));
        }
        if offer.tables.len() > MOST_TABLES {
            return Err(format!("{} tables are more than {MOST_TABLES}", offer.tables.len()));
        }
        let mut names: Vec<&str> = offer.tables.iter().map(|table| table.application.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("application {} has two tables", pair[0]));
        }
        Signer::new(offer.keys).map_err(|error| error.to_string())
    }

    fn refuse_all(&self, offer: &Offer<'_>, reason: &str) -> Taken {
        let refuse = |offered| answer(offered, &self.tables, Some(reason.to_owned()));
        Taken { answers: offer.tables.iter().map(refuse).collect(), standing: Standing::Behind }
    }
}

/// Whether a table gives a candidate more than the one before, or puts something new in the baseline's place. The first
/// table of an application, without a candidate, does neither: nobody was served before.
fn leads_outward(previous: Option<&Arc<Table>>, offered: &RoutingTable) -> bool {
    match previous {
        Some(table) => table.routing.moves_traffic(offered),
        None => offered.comparison.is_some() || offered.experiment.is_some(),
    }
}

fn name_of(table: &Table) -> String {
    table.routing.application.as_str().to_owned()
}

/// Whether a table that was refused, perhaps one that takes a candidate away, leaves one with a share.
fn leaves_a_candidate(answers: &[TableAnswer], tables: &HashMap<String, Arc<Table>>) -> bool {
    let refused = answers.iter().filter(|answer| answer.rejected.is_some());
    let mut left = refused.filter_map(|answer| tables.get(answer.application.as_str()));
    left.any(|table| table.routing.comparison.is_some() || table.routing.experiment.is_some())
}

/// Whether a table is short enough to be taken.
fn check_length(offered: &RoutingTable, longest: usize) -> Result<(), String> {
    let length = length(offered);
    if length > longest {
        return Err(format!("it is {length} bytes long, and more than {longest} are not taken"));
    }
    Ok(())
}

/// Whether a table may follow the one in service.
fn check_succession(serving: &RoutingTable, offered: &RoutingTable) -> Result<(), String> {
    if offered.term < serving.term {
        return Err(format!(
            "term {} is over, the table in service is of term {}",
            offered.term, serving.term
        ));
    }
    if offered.generation < serving.generation {
        return Err(format!(
            "generation {} is older than {}, which is in service",
            offered.generation, serving.generation
        ));
    }
    if offered.generation == serving.generation && offered != serving {
        return Err(format!("generation {} is in service with other content", offered.generation));
    }
    Ok(())
}

fn answer(
    offered: &RoutingTable,
    tables: &HashMap<String, Arc<Table>>,
    rejected: Option<String>,
) -> TableAnswer {
    let serving = tables.get(offered.application.as_str()).map(|table| table.routing.generation);
    TableAnswer {
        application: offered.application.clone(),
        // Generations begin at 1: zero says that nothing is in service.
        serving: serving.unwrap_or(Generation(0)),
        rejected: rejected.map(|reason| Rejection { generation: offered.generation, reason }),
    }
}
