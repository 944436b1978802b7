//! Folds outcomes into additive counters, one book per application and epoch, one page of it per worker, so that
//! requests never wait for each other. Entry points: [`Books::open`], [`Book::draw`] and [`Book::record`]; [`Books::rows`] sums the
//! pages, [`Books::forget`] drops what is durable elsewhere and can no longer change.
//!
//! A row that was dropped must never appear again under its key, because it would start from zero and replace the
//! durable one. So a slot is dropped only when it is over, and nothing is counted in an earlier slot from then on; a book
//! is dropped only when no table and no request holds it any more, and its epoch never opens again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use viridian_core::analysis::row::{GroupRow, TallyRow};
use viridian_core::analysis::slices::Values;
use viridian_core::analysis::tally::{GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::declared::{Declared, Found};
use viridian_core::epoch::Thresholds;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::slice::Slicing;
use viridian_core::time::Timestamp;

/// How many slots a page keeps apart: a day. When nobody takes reports for longer, outcomes go on being counted in the
/// last slot, so memory is bounded and nothing is lost but the time of day.
const MOST_SLOTS: usize = 288;

/// What outcomes are scored by.
pub(crate) struct Measure<'a> {
    pub(crate) thresholds: &'a Thresholds,
    /// What is counted by slice, and the values of the request; absent where nothing is.
    pub(crate) slices: Option<(&'a Slicing, &'a [Box<str>])>,
    /// What is counted by cell, and the arms that the unit has elsewhere; absent where no experiment runs beside another.
    pub(crate) cells: Option<(&'a [Metric], Elsewhere)>,
    /// What the outcome is by the metrics that its application declares.
    pub(crate) found: &'a [(Declared, Found)],
}

/// Something for each arm up to the last that was counted, in the order of the counters.
pub(crate) type ByArm<T> = Vec<T>;

/// Requests by class, for one arm.
pub(crate) type Served = [u64; Class::ALL.len()];

/// Every book that is still needed.
#[derive(Default)]
pub(crate) struct Books {
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    books: Vec<Arc<Book>>,
    /// What books that were dropped had served.
    dropped: BTreeMap<ApplicationName, ByArm<Served>>,
}

/// The counters of one application in one epoch.
pub(crate) struct Book {
    application: ApplicationName,
    epoch: EpochId,
    pages: Box<[Mutex<Page>]>,
}

/// The counters of one worker. On its own cache lines, so that workers do not slow each other down.
#[derive(Default)]
#[repr(align(128))]
struct Page {
    /// In the order of time.
    slots: Vec<Slot>,
    /// Earlier slots may have been dropped.
    floor: Timestamp,
    groups: ByArm<Option<Box<GroupTally>>>,
    /// The values that slices are counted under, the same for both arms.
    values: Values,
    served: ByArm<Served>,
}

struct Slot {
    start: Timestamp,
    arms: ByArm<Tally>,
}

impl Books {
    /// The book of an epoch; a new one at its first mention.
    pub(crate) fn open(&self, application: &ApplicationName, epoch: EpochId, workers: usize) -> Arc<Book> {
        let mut shelf = lock(&self.shelf);
        let known = shelf.books.iter().find(|book| book.application == *application && book.epoch == epoch);
        if let Some(book) = known {
            return Arc::clone(book);
        }
        let pages = (0..workers).map(|_| Mutex::default()).collect();
        let book = Arc::new(Book { application: application.clone(), epoch, pages });
        shelf.books.push(Arc::clone(&book));
        book
    }

    /// Every counter as it stands.
    pub(crate) fn rows(&self) -> (Vec<TallyRow>, Vec<GroupRow>) {
        let shelf = lock(&self.shelf);
        let tallies = shelf.books.iter().flat_map(|book| book.tally_rows()).collect();
        let groups = shelf.books.iter().flat_map(|book| book.group_rows()).collect();
        (tallies, groups)
    }

    /// Drops the rows among `durable` that can no longer change: of slots that are over, and of books nobody holds.
    pub(crate) fn forget(&self, durable: (&[TallyRow], &[GroupRow]), current_slot: Timestamp) {
        let mut shelf = lock(&self.shelf);
        for book in &shelf.books {
            book.forget_slots(durable.0, current_slot);
        }
        let Shelf { books, dropped } = &mut *shelf;
        books.retain(|book| {
            // The shelf's own reference is the last one: no table serves by the book and no request is under way in it.
            let needed = Arc::strong_count(book) > 1 || !book.is_durable(durable.1);
            if !needed {
                add_served(dropped.entry(book.application.clone()).or_default(), &book.served());
            }
            needed
        });
    }

    /// Requests by application, arm and class since the start, dropped books included.
    pub(crate) fn served(&self) -> BTreeMap<ApplicationName, ByArm<Served>> {
        let shelf = lock(&self.shelf);
        let mut served = shelf.dropped.clone();
        for book in &shelf.books {
            add_served(served.entry(book.application.clone()).or_default(), &book.served());
        }
        served
    }
}

impl Book {
    /// Counts a request that a worker decided in the slot that begins at `slot`, if the draw did. Its outcome will be counted in the
    /// same book, perhaps in a later slot.
    pub(crate) fn draw(&self, worker: usize, decision: &Decision, slot: Timestamp) {
        let (Standing::Drawn(_), Some(page)) = (decision.standing, self.pages.get(worker)) else { return };
        let mut page = lock(page);
        of(&mut page.slot(slot).arms, decision.arm).record_draw(decision);
        if decision.unit.is_some() {
            of(&mut page.groups, decision.arm).get_or_insert_default().record_draw(decision);
        }
    }

    /// Counts an outcome of a worker in the slot that begins at `slot`.
    pub(crate) fn record(&self, worker: usize, outcome: &Outcome, measure: &Measure<'_>, slot: Timestamp) {
        let thresholds = measure.thresholds;
        let Some(page) = self.pages.get(worker) else { return };
        let arm = outcome.decision.arm;
        let mut page = lock(page);
        of(&mut page.served, arm)[outcome.class as usize] += 1;
        let tally = of(&mut page.slot(slot).arms, arm);
        tally.record(outcome, thresholds);
        tally.record_declared(outcome.decision.standing, measure.found);
        if matches!(outcome.decision.standing, Standing::Drawn(_)) && outcome.decision.unit.is_some() {
            let groups = of(&mut page.groups, arm).get_or_insert_default();
            groups.record(outcome, thresholds);
            groups.record_declared(&outcome.decision, measure.found);
            if let (Some((metrics, elsewhere)), Some(unit)) = (measure.cells, outcome.decision.unit) {
                let cell = (metrics, elsewhere, unit.group());
                groups.cells.record(cell, outcome, (thresholds, measure.found));
            }
        }
        if let Some((slicing, values)) = measure.slices {
            page.count_slices(arm, (slicing, values), outcome, (thresholds, measure.found));
        }
    }

    fn tally_rows(&self) -> Vec<TallyRow> {
        self.sum(&self.open_pages())
    }

    /// Every page at once: while they are held, no counter changes.
    fn open_pages(&self) -> Vec<MutexGuard<'_, Page>> {
        self.pages.iter().map(lock).collect()
    }

    fn sum(&self, pages: &[MutexGuard<'_, Page>]) -> Vec<TallyRow> {
        let mut sums: BTreeMap<(Timestamp, Arm), Tally> = BTreeMap::new();
        for slot in pages.iter().flat_map(|page| &page.slots) {
            for (arm, tally) in Arm::all().zip(&slot.arms) {
                if *tally != Tally::default() {
                    sums.entry((slot.start, arm)).or_default().add(tally);
                }
            }
        }
        let row = |((slot, arm), tally)| TallyRow {
            application: self.application.clone(),
            epoch: self.epoch,
            slot,
            arm,
            tally,
        };
        sums.into_iter().map(row).collect()
    }

    fn group_rows(&self) -> Vec<GroupRow> {
        Arm::all().filter_map(|arm| self.group_row(arm)).collect()
    }

    fn group_row(&self, arm: Arm) -> Option<GroupRow> {
        let mut sum: Option<GroupTally> = None;
        for page in &self.pages {
            if let Some(Some(groups)) = lock(page).groups.get(arm.index()) {
                sum.get_or_insert_default().add(groups);
            }
        }
        let groups = sum?;
        Some(GroupRow { application: self.application.clone(), epoch: self.epoch, arm, groups })
    }

    fn forget_slots(&self, durable: &[TallyRow], current_slot: Timestamp) {
        let mut pages = self.open_pages();
        let standing = self.sum(&pages);
        let is_settled = |start: Timestamp| {
            let mut rows = standing.iter().filter(|row| row.slot == start);
            start < current_slot && rows.all(|row| durable.contains(row))
        };
        for page in &mut pages {
            page.slots.retain(|slot| !is_settled(slot.start));
            page.floor = page.floor.max(current_slot);
        }
    }

    /// Whether everything counted here is among the durable rows.
    fn is_durable(&self, durable: &[GroupRow]) -> bool {
        let slots_are_gone = self.pages.iter().all(|page| lock(page).slots.is_empty());
        slots_are_gone && self.group_rows().iter().all(|row| durable.contains(row))
    }

    fn served(&self) -> ByArm<Served> {
        let mut served = ByArm::default();
        for page in &self.pages {
            add_served(&mut served, &lock(page).served);
        }
        served
    }
}

impl Page {
    /// Counts an outcome of an arm in its slices.
    fn count_slices(
        &mut self,
        arm: Arm,
        (slicing, values): (&Slicing, &[Box<str>]),
        outcome: &Outcome,
        measured: (&Thresholds, &[(Declared, Found)]),
    ) {
        let Self { groups, values: known, .. } = self;
        let under =
            slicing.by.iter().zip(values).map(|(attribute, value)| known.admit(attribute.as_str(), value));
        of(groups, arm).get_or_insert_default().slices.record((slicing, under), outcome, measured);
    }

    /// The slot that begins at `start`, or the latest one when that is later: earlier ones may be gone.
    fn slot(&mut self, start: Timestamp) -> &mut Slot {
        let start = start.max(self.floor);
        let is_later = self.slots.last().is_none_or(|last| last.start < start);
        if is_later && self.slots.len() < MOST_SLOTS {
            self.slots.push(Slot { start, arms: ByArm::default() });
        }
        let last = self.slots.len() - 1;
        &mut self.slots[last]
    }
}

/// The place of an arm, a new one at its first mention.
fn of<T: Default>(by_arm: &mut ByArm<T>, arm: Arm) -> &mut T {
    if by_arm.len() <= arm.index() {
        by_arm.resize_with(arm.index() + 1, T::default);
    }
    &mut by_arm[arm.index()]
}

fn add_served(mine: &mut ByArm<Served>, theirs: &[Served]) {
    for (arm, theirs) in Arm::all().zip(theirs) {
        for (mine, theirs) in of(mine, arm).iter_mut().zip(theirs) {
            *mine += theirs;
        }
    }
}

/// Counters stay whole when a thread panics: every change of them is an addition that has happened or not.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
