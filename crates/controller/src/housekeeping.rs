//! Keeps the database small, on a thread of its own: nothing here is in a hurry, and whoever has to write down a
//! decision comes first. Entry point: [`Housekeeper::start`].

use crate::error::Error;
use crate::nudge::Clock;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use viridian_core::id::ApplicationName;
use viridian_store::{Folding, Retention, Store};

/// How often it looks for something to do. A day's rows become totals in as many parts as there are rounds in a day.
const INTERVAL: Duration = Duration::from_secs(10 * 60);
/// How long it leaves the database to others between two of its transactions: several times what one of them takes.
const PAUSE: Duration = Duration::from_millis(25);

/// A running housekeeper. Dropping it ends its work after the transaction it is in.
pub struct Housekeeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the housekeeper works with.
struct Household {
    store: Store,
    clock: Clock,
    retention: Retention,
    stop: Receiver<()>,
}

impl Housekeeper {
    /// Starts to keep a database as small as `retention` says.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(store: Store, clock: Clock, retention: Retention) -> Result<Self, Error> {
        let (stop, stopped) = channel();
        let household = Household { store, clock, retention, stop: stopped };
        let thread = std::thread::Builder::new()
            .name("housekeeper".to_owned())
            .spawn(move || household.keep())
            .map_err(Error::Start)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Housekeeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Household {
    fn keep(&self) {
        if let Err(error) = self.store.look_over() {
            tracing::error!(%error, "the database is damaged: nothing goes forward, and the way back is open");
        }
        while self.round().is_continue() && self.waits(INTERVAL).is_continue() {}
    }

    /// Folds what there is to fold of every application.
    fn round(&self) -> ControlFlow<()> {
        let applications = self.store.applications().unwrap_or_default();
        for application in applications {
            self.fold(&application.name)?;
        }
        ControlFlow::Continue(())
    }

    fn fold(&self, application: &ApplicationName) -> ControlFlow<()> {
        let now = (self.clock)();
        loop {
            match self.store.fold(application, &self.retention, now) {
                Ok(Folding::More) => self.waits(PAUSE)?,
                Ok(Folding::Done) => return ControlFlow::Continue(()),
                Err(error) => {
                    tracing::warn!(%application, %error, "measurements were not folded");
                    return ControlFlow::Continue(());
                }
            }
        }
    }

    /// Lets time pass; breaks off when it is told to stop.
    fn waits(&self, duration: Duration) -> ControlFlow<()> {
        match self.stop.recv_timeout(duration) {
            Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
        }
    }
}
