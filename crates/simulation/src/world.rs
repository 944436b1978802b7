//! Everything there is in a run, and what happens in it, event by event. Entry point: [`World::run`].
//!
//! The world only carries messages, moves clocks and lets things go wrong; what gateways and controllers make of it is
//! decided by the code that runs in production.

mod acts;
mod callers;
mod controllers;
mod disks;
mod ending;
mod gateways;
mod network;
mod orders;
mod written;

use crate::chance::Chance;
use crate::controller::{Condition, Controller, Sight};
use crate::furniture::{self, Broken};
use crate::gateway::Gateway;
use crate::model::Database;
use crate::queue::{Event, Moment, Queue};
use crate::script::{Script, Weather};
use crate::story::Story;
use crate::truth::{Rule, Truth, Violation};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;
use viridian_core::id::{ApplicationName, NodeName, Term};
use viridian_core::rollout::input::Readiness;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The rule that was broken, if one was.
    pub violation: Option<Violation>,
    /// How many events there were.
    pub events: u64,
    /// How long it took in the time of the run.
    pub lasted: Duration,
    /// Stands for everything that happened: the same script always has the same.
    pub digest: u64,
    /// What happened, when it was to be told.
    pub story: Vec<String>,
}

/// Everything there is.
pub(crate) struct World {
    now: Moment,
    queue: Queue,
    chance: Chance,
    script: Script,
    weather: Weather,
    /// By gateway: whether nothing passes up, and down. Counted, because acts overlap.
    cuts: Vec<[u32; 2]>,
    database: Database,
    sight: Sight,
    /// Every controller that ever ran, the latest last.
    controllers: Vec<Controller>,
    /// What the controllers' wall clock shows beyond the truth, in milliseconds.
    controllers_ahead: i64,
    gateways: Vec<Gateway>,
    applications: Vec<ApplicationName>,
    /// Whether the candidate of each application fails.
    bad: Vec<bool>,
    wishes: Vec<acts::Wish>,
    truth: Truth,
    story: Story,
    /// When each controller is to look because something changed.
    nudged: BTreeMap<usize, Moment>,
    /// How much of the log was looked at, and the term of the last event.
    log_checked: usize,
    log_term: Term,
    /// When it was last looked whether everything has come to rest.
    rest_checked: Moment,
    /// Since when everything is at rest and nobody calls any more.
    quiet_since: Option<Moment>,
    /// When somebody last ordered rollouts past what they wait for.
    ordered_on: Moment,
    /// For streams and questions.
    next_number: u64,
    events: u64,
    digest: DefaultHasher,
    is_over: bool,
    _disks: tempfile::TempDir,
}

impl World {
    /// Plays a script to its end or to the first rule that is broken.
    pub(crate) fn run(script: Script, story: Story) -> Outcome {
        let digest = DefaultHasher::new();
        match Self::furnish(script, story) {
            Ok(mut world) => world.play(),
            Err(error) => Outcome {
                violation: Some(Violation { rule: Rule::Soundness, what: error.to_string() }),
                events: 0,
                lasted: Duration::ZERO,
                digest: digest.finish(),
                story: Vec::new(),
            },
        }
    }

    fn furnish(script: Script, story: Story) -> anyhow::Result<Self> {
        let disks = disks()?;
        let node = |place: usize| NodeName::parse(&format!("gateway-{place}"));
        let mut gateways = Vec::new();
        for place in 0..script.gateways {
            let drift = script.drift.get(place).copied().unwrap_or(0);
            let node = node(place).map_err(Broken::from)?;
            gateways.push(Gateway::new(node, disks.path().join(place.to_string()), drift));
        }
        let database = Database::default();
        let applications = furnish(&database, script.applications)?;
        let mut world = Self {
            now: 0,
            queue: Queue::default(),
            chance: Chance::seeded(script.seed ^ 0x5eed),
            weather: script.weather,
            cuts: vec![[0; 2]; script.gateways],
            database,
            sight: Sight { baseline: Rc::new(Cell::new(Readiness::Ready)) },
            controllers: Vec::new(),
            controllers_ahead: 0,
            gateways,
            bad: vec![false; applications.len()],
            applications,
            wishes: Vec::new(),
            truth: Truth::default(),
            story,
            nudged: BTreeMap::new(),
            log_checked: 0,
            log_term: Term::default(),
            rest_checked: 0,
            quiet_since: None,
            ordered_on: 0,
            next_number: 0,
            events: 0,
            digest: DefaultHasher::new(),
            is_over: false,
            _disks: disks,
            script,
        };
        world.begin();
        Ok(world)
    }

    fn begin(&mut self) {
        self.start_controller();
        for gateway in 0..self.gateways.len() {
            self.start_gateway(gateway);
            let pace = self.pace();
            let first = self.chance.below(pace);
            self.queue.put(first, Event::Call(gateway));
            self.queue.put(first + pace / 2, Event::Report(gateway));
        }
        for (place, act) in self.script.acts.clone().iter().enumerate() {
            self.queue.put(millis(act.at), Event::Begin(place));
        }
    }

    fn play(&mut self) -> Outcome {
        while let Some((at, event)) = self.queue.next() {
            self.now = self.now.max(at);
            if !self.is_over && self.now >= millis(self.script.length) {
                self.calm_down();
            }
            self.events += 1;
            (self.now, std::mem::discriminant(&event)).hash(&mut self.digest);
            self.happen(event);
            self.check_log();
            if self.truth.broken().is_some() || (self.is_over && self.has_come_to_rest()) {
                break;
            }
        }
        self.finish()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin(act) => self.begin_act(act),
            Event::End(act) => self.end_act(act),
            Event::Call(gateway) => self.call(gateway),
            Event::Report(gateway) => self.report(gateway),
            Event::Connect(gateway) => self.connect(gateway),
            Event::Listen(gateway, stream) => self.listen(gateway, stream),
            Event::GiveUp(gateway, question) => self.give_up(gateway, question),
            Event::Reset(gateway, stream) => self.reset(gateway, stream),
            Event::Look(controller) => self.look(controller),
            Event::Nudge(controller) => self.decide(controller),
            Event::Beat(controller, stream) => self.beat(controller, stream),
            Event::Arrive(message) => self.arrive(*message),
            Event::Ask(wish) => self.ask(wish),
        }
    }

    fn finish(&mut self) -> Outcome {
        if self.truth.broken().is_none() {
            self.check_ending();
        }
        if let Some(violation) = self.truth.broken() {
            let line = violation.to_string();
            self.story.tell(self.now, || line);
        }
        Outcome {
            violation: self.truth.broken().cloned(),
            events: self.events,
            lasted: Duration::from_millis(self.now),
            digest: self.digest.finish(),
            story: self.story.take(),
        }
    }

    /// The pace of this run, in milliseconds.
    fn pace(&self) -> Moment {
        millis(self.script.pace)
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// The controller that was started last, if it has not ended.
    fn acting(&self) -> Option<usize> {
        let latest = self.controllers.len().checked_sub(1)?;
        (self.controllers.get(latest)?.condition != Condition::Gone).then_some(latest)
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        self.story.tell(self.now, line);
    }
}

/// A directory for the disks of gateways: in memory where the machine has such a place, because runs are many.
fn disks() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// Writes down the applications with their releases; the first one serves.
fn furnish(database: &Database, applications: usize) -> anyhow::Result<Vec<ApplicationName>> {
    let model = database.open()?;
    let at = viridian_core::time::Timestamp(crate::controller::BEGINNING);
    let mut names = Vec::new();
    for place in 0..applications {
        let application = furniture::application(place)?;
        model.apply_application(&application, at)?;
        for version in 1..=furniture::RELEASES {
            model.register_release(&furniture::release(place, version)?, at)?;
        }
        model.set_first_baseline(&application.name, &furniture::release(place, 1)?.name, at)?;
        names.push(application.name);
    }
    Ok(names)
}

/// A span in milliseconds.
fn millis(span: Duration) -> Moment {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
