//! What callers are served by from their first request on. Entry points: [`hub`] and [`wait`].
//!
//! A gateway without a table says that there is no such application, which client libraries take for the last word. So
//! the gateway is not started before there are tables: those that were served last, and those of new applications.

use anyhow::Context;
use std::sync::Arc;
use std::time::{Duration, Instant};
use viridian_controller::{Clock, Hub, Registry};
use viridian_core::id::ApplicationName;
use viridian_store::Store;
use viridian_wire::snapshot::SigningKey;

/// How long the tables of new applications are waited for. The controller takes milliseconds; an application that cannot
/// be served keeps the others from their callers no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether they are there.
const LOOK: Duration = Duration::from_millis(2);

/// A hub at which everything that was served last is served, until the controller publishes what follows from it, and
/// the gateways that were there. A table that had not reached all of them goes on from where it was: those that did not
/// have it are sent the one before.
pub(super) fn hub(store: &Store, clock: &Clock) -> anyhow::Result<(Arc<Hub>, Arc<Registry>)> {
    let keys = store.signing_keys().context("the signing keys cannot be read")?;
    let keys = keys.into_iter().map(|key| SigningKey { id: key.id, secret: key.secret }).collect();
    let hub = Arc::new(Hub::new(store.term(), keys, Arc::clone(clock)));
    let registry = Registry::resume(store.clone(), Arc::clone(&hub), Arc::clone(clock));
    let registry = registry.context("the gateways that were there cannot be read")?;
    for table in store.settled_tables().context("the routing tables cannot be read")? {
        hub.publish(table);
    }
    for table in store.tables().context("the routing tables cannot be read")? {
        hub.publish(table);
    }
    Ok((hub, Arc::new(registry)))
}

/// Waits until every application that has a release has a table.
pub(super) fn wait(store: &Store, hub: &Hub) -> anyhow::Result<()> {
    let mut missing = servable(store).context("the applications cannot be read")?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        missing.retain(|name| hub.table(name).is_none());
        if missing.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            tracing::warn!("not every application can be served yet");
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}

fn servable(store: &Store) -> Result<Vec<ApplicationName>, viridian_store::Error> {
    let mut names = Vec::new();
    for application in store.applications()? {
        if store.baseline(&application.name)?.is_some() {
            names.push(application.name);
        }
    }
    Ok(names)
}
