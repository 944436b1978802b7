//! The thread the loop runs on. It is woken by a timer or a nudge and walks over every application; an application
//! whose walk fails is tried again at the next tick and does not keep the others from theirs.

use crate::deliver::Delivery;
use crate::error::Error;
use crate::hub::Hub;
use crate::notifier::{Notices, Notifier, Patience};
use crate::nudge::{Clock, Nudge, Ring};
use crate::probes::Probes;
use crate::reconcile::{self, Progress, reconcile};
use crate::registry::Registry;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use viridian_core::id::ApplicationName;
use viridian_platform::causes::Causes;
use viridian_platform::webhook::Webhook;
use viridian_store::Store;

/// How often the loop looks when nobody nudges it.
const TICK: Duration = Duration::from_millis(250);
/// How many steps one application may take before the others have their turn.
const STEPS_PER_TURN: usize = 8;

/// What a controller works with.
pub struct Config {
    /// Where everything is remembered.
    pub store: Store,
    /// Where gateways are met.
    pub hub: Arc<Hub>,
    /// Who of them outlasts the process.
    pub registry: Arc<Registry>,
    /// What the time is.
    pub clock: Clock,
    /// Where probes run.
    pub runtime: Handle,
    /// By what people are called, and how patiently; without it what is critical stands in the log alone.
    pub webhook: Option<(Webhook, Patience)>,
}

type Room = reconcile::Room<Store, Probes>;

/// A running controller. Dropping it stops the loop after the walk it is in.
pub struct Controller {
    nudge: Nudge,
    thread: Option<JoinHandle<()>>,
    notices: Option<Arc<Notices>>,
}

impl Controller {
    /// Starts the loop on a thread of its own.
    pub fn start(config: Config) -> Result<Self, Error> {
        let (nudge, rings) = Nudge::new();
        let term = config.store.term();
        let notices = config.webhook.is_some().then(Arc::<Notices>::default);
        let notifier = config
            .webhook
            .zip(notices.clone())
            .map(|(webhook, notices)| Notifier::start(webhook, &config.runtime, nudge.clone(), notices));
        let probes = Probes::new(config.runtime, nudge.clone());
        let room = Room::new(config.store, config.hub, probes, term);
        let (clock, registry) = (config.clock, config.registry);
        let thread = std::thread::Builder::new()
            .name("controller".to_owned())
            .spawn(move || run(room, &registry, Delivery::by(notifier), (&rings, &clock)))
            .map_err(Error::Start)?;
        Ok(Self { nudge, thread: Some(thread), notices })
    }

    /// What wakes the loop.
    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    /// What became of notices; nothing where nobody is called.
    pub fn notices(&self) -> Option<Arc<Notices>> {
        self.notices.clone()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.nudge.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    mut room: Room,
    registry: &Registry,
    mut delivery: Delivery,
    (rings, clock): (&Receiver<Ring>, &Clock),
) {
    let mut failing: HashMap<ApplicationName, String> = HashMap::new();
    loop {
        match room.ledger.applications() {
            Ok(applications) => {
                for application in applications {
                    walk(&mut room, &application.name, clock, &mut failing);
                }
            }
            Err(error) => tracing::error!(error = %Causes(&error), "the applications could not be read"),
        }
        room.hub.advance();
        // A write that fails may take seconds to do so, and an order that restores the baseline must not wait for those
        // that only keep the books.
        if failing.is_empty() || room.ledger.trouble().is_none() {
            keep_books(&room, registry, &mut delivery);
        }
        if room.hub.successor().is_some() {
            return;
        }
        match rings.recv_timeout(TICK) {
            Ok(Ring::Look) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Ring::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Tells what is to be told, and writes down what became of gateways.
fn keep_books(room: &Room, registry: &Registry, delivery: &mut Delivery) {
    if let Err(error) = delivery.deliver(&room.ledger) {
        tracing::debug!(error = %Causes(&error), "what was told could not be crossed out");
    }
    if let Err(error) = registry.catch_up().and_then(|()| registry.keep()) {
        tracing::debug!(error = %Causes(&error), "what became of gateways could not be written down");
    }
}

/// Walks one application on until it rests. A failure is logged when it begins and when it changes, not every tick.
fn walk(
    room: &mut Room,
    name: &ApplicationName,
    clock: &Clock,
    failing: &mut HashMap<ApplicationName, String>,
) {
    for _ in 0..STEPS_PER_TURN {
        match reconcile(room, name, clock()) {
            Ok(Progress::Moved) => {
                failing.remove(name);
            }
            Ok(Progress::Rests) => {
                failing.remove(name);
                return;
            }
            Err(error) => {
                let text = Causes(&error).to_string();
                if failing.insert(name.clone(), text.clone()).as_ref() != Some(&text) {
                    tracing::error!(application = %name, error = text, "no decision could be made");
                }
                return;
            }
        }
    }
}
