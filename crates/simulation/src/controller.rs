//! A controller process: the real loop, hub and intake, on the database made up, by a clock that is moved. Entry point:
//! [`Controller::start`].

use crate::model::{Database, Model};
use crate::queue::Moment;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use viridian_controller::reconcile::{Progress, Room, reconcile};
use viridian_controller::{
    Clock, Error, Hub, Intake, Ledger, Nudge, Registry, Senses, Subject, Subscription,
};
use viridian_core::application::Application;
use viridian_core::gauge::Gauged;
use viridian_core::id::{ApplicationName, BootId, Generation, RolloutName};
use viridian_core::rollout::input::{Readiness, SmokeResult};
use viridian_core::routing::table::{Placement, RoutingTable};
use viridian_core::time::Timestamp;
use viridian_store::StoredRollout;
use viridian_wire::snapshot::SigningKey;

use crate::message::Message;

/// The beginning of every run, in milliseconds since the Unix epoch.
pub(crate) const BEGINNING: u64 = 1_790_000_000_000;
/// How often the loop looks at least, in milliseconds: seldom enough to be quick here, and often enough that it is never
/// taken for standing still.
const LOOKS: usize = 2_000;
/// How many steps one application may take at one look, as in the runner.
const STEPS_PER_TURN: usize = 8;

/// A controller process.
pub(crate) struct Controller {
    pub(crate) model: Model,
    pub(crate) hub: Arc<Hub>,
    pub(crate) intake: Intake<Model>,
    pub(crate) registry: Registry<Model>,
    pub(crate) condition: Condition,
    /// What came while it stood still.
    pub(crate) inbox: Vec<Message>,
    pub(crate) streams: BTreeMap<u64, Stream>,
    /// What gateways told it.
    pub(crate) heard: BTreeMap<usize, Heard>,
    /// Why it could not decide last.
    pub(crate) trouble: String,
    room: Room<Model, Sight>,
    clock: Arc<AtomicU64>,
    /// What its clock shows beyond the truth, in milliseconds.
    ahead: i64,
    /// When it was last looked at its clock.
    shown: Cell<Moment>,
}

/// Whether it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Runs,
    /// It stands still and knows nothing of it.
    Stopped,
    Gone,
}

/// Tables on their way to one gateway.
pub(crate) struct Stream {
    pub(crate) gateway: usize,
    pub(crate) boot: BootId,
    pub(crate) tables: Subscription,
    /// When its last frame arrives: frames of one stream do not overtake each other.
    pub(crate) last_arrival: Moment,
    /// A frame was lost, and so is everything after it.
    pub(crate) is_broken: bool,
    /// The tables it was told.
    pub(crate) told: BTreeMap<ApplicationName, Arc<RoutingTable>>,
}

/// What a controller was told by a gateway, kept beside the hub to check it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) boot: BootId,
    pub(crate) at: Moment,
    /// It has drained and said so.
    pub(crate) has_left: bool,
    pub(crate) serving: BTreeMap<ApplicationName, Generation>,
}

/// What the loop finds out by asking.
#[derive(Clone)]
pub(crate) struct Sight {
    pub(crate) baseline: Rc<Cell<Readiness>>,
}

impl Senses for Sight {
    fn smoke(&self, _rollout: &StoredRollout, _candidate: &Placement) -> SmokeResult {
        SmokeResult::Passed
    }

    fn baseline(&self, _application: &Application, _placement: &Placement) -> Readiness {
        self.baseline.get()
    }

    fn candidate(&self, _application: &Application, _placement: &Placement) -> Readiness {
        Readiness::Ready
    }

    fn gauges(&self, _subject: Subject<'_>, _now: Timestamp) -> Vec<Gauged> {
        Vec::new()
    }

    fn forget(&self, _rollout: &RolloutName) {}
}

impl Controller {
    /// Starts one, which takes a new term. Its clock shows so many milliseconds beyond the truth.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn start(
        database: &Database,
        sight: Sight,
        (now, ahead): (Moment, i64),
    ) -> Result<Self, viridian_store::Error> {
        let model = database.open()?;
        let clock = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&clock);
        let key = SigningKey { id: 1, secret: [7; 32] };
        let clock_of_hub: Clock = Arc::new(move || Timestamp(read.load(Ordering::Relaxed)));
        let show = |moment: Moment| {
            clock.store((BEGINNING + moment).saturating_add_signed(ahead), Ordering::Relaxed);
        };
        show(now);
        let hub = Arc::new(Hub::new(model.term(), vec![key], Arc::clone(&clock_of_hub)));
        let registry = Registry::resume(model.clone(), Arc::clone(&hub), clock_of_hub)?;
        let controller = Self {
            registry,
            intake: Intake::new(model.clone(), Arc::clone(&hub), Nudge::unheard()),
            room: Room::new(model.clone(), Arc::clone(&hub), sight, model.term()),
            model,
            hub,
            condition: Condition::Runs,
            inbox: Vec::new(),
            streams: BTreeMap::new(),
            heard: BTreeMap::new(),
            trouble: String::new(),
            clock,
            ahead,
            shown: Cell::new(now),
        };
        controller.show(now);
        for application in controller.model.applications()? {
            if let Some(table) = controller.model.table(&application.name)? {
                controller.hub.publish(table);
            }
        }
        Ok(controller)
    }

    /// Its clock shows what it shows at a moment. Until then its loop has looked all the time, as it does whatever else
    /// happens.
    pub(crate) fn show(&self, now: Moment) {
        for moment in (self.shown.get()..now).step_by(LOOKS).skip(1) {
            self.set(moment);
            self.hub.advance();
        }
        self.shown.set(now);
        self.set(now);
    }

    /// It goes on at a moment, and has not looked since it was stopped.
    pub(crate) fn go_on(&mut self, now: Moment) {
        self.condition = Condition::Runs;
        self.shown.set(now);
    }

    fn set(&self, now: Moment) {
        self.clock.store((BEGINNING + now).saturating_add_signed(self.ahead), Ordering::Relaxed);
    }

    /// What its clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    /// One step of one application, as the runner takes it. Answers whether there may be more.
    ///
    /// # Errors
    /// As [`reconcile`].
    pub(crate) fn step(&mut self, application: &ApplicationName) -> Result<Progress, Error> {
        let now = self.now();
        reconcile(&mut self.room, application, now)
    }

    /// How many steps an application may take at one look.
    pub(crate) const fn steps() -> usize {
        STEPS_PER_TURN
    }
}
