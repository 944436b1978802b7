//! Applying several things at once: all of them or none.

use crate::change::Change;
use crate::start::{Start, begin_once};
use crate::transaction::Direction;
use crate::{Error, ExperimentStart, Store, applications, baselines, experiments, releases};
use rusqlite::Transaction;
use viridian_core::application::Application;
use viridian_core::id::ReleaseName;
use viridian_core::release::Release;
use viridian_core::time::Timestamp;

/// One thing to apply.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// An application, and the release that serves first when it has no baseline yet.
    Application {
        /// The application.
        application: &'a Application,
        /// The release.
        baseline: Option<&'a ReleaseName>,
    },
    /// A release to register.
    Release(&'a Release),
    /// A rollout to begin, unless just this one was begun before.
    Rollout(Start<'a>),
    /// An experiment to begin, unless just this one was begun before.
    Experiment(ExperimentStart<'a>),
}

impl Store {
    /// Applies everything or nothing. The order of the items does not matter: an application may come after its
    /// releases. Says for each item, in their order, whether it changed anything.
    ///
    /// # Errors
    /// What [`Store::apply_application`], [`Store::register_release`] and [`Store::start_rollout`] fail with;
    /// [`Error::Exists`] for a rollout of the same name that was asked for differently.
    pub fn apply(&self, items: &[Item<'_>], at: Timestamp) -> Result<Vec<Change>, Error> {
        self.write(Direction::Forward, |transaction| apply(transaction, items, at))
    }

    /// Says what [`Store::apply`] would do, and does nothing.
    ///
    /// # Errors
    /// Those of [`Store::apply`].
    pub fn rehearse_apply(&self, items: &[Item<'_>], at: Timestamp) -> Result<Vec<Change>, Error> {
        self.rehearse(|transaction| apply(transaction, items, at))
    }
}

/// What has to be there before something else refers to it comes first.
fn apply(transaction: &Transaction<'_>, items: &[Item<'_>], at: Timestamp) -> Result<Vec<Change>, Error> {
    let mut changes = vec![Change::Unchanged; items.len()];
    for (item, change) in items.iter().zip(&mut changes) {
        if let Item::Application { application, .. } = item {
            *change = applications::put(transaction, application, at)?;
        }
    }
    for (item, change) in items.iter().zip(&mut changes) {
        if let Item::Release(release) = item {
            *change = releases::register(transaction, release, at)?;
        }
    }
    for item in items {
        if let Item::Application { application, baseline: Some(baseline) } = item {
            baselines::set_if_first(transaction, &application.name, baseline, at)?;
        }
    }
    for (item, change) in items.iter().zip(&mut changes) {
        match item {
            Item::Rollout(start) => *change = begin_once(transaction, start)?,
            Item::Experiment(start) => *change = experiments::begin_once(transaction, start)?,
            Item::Application { .. } | Item::Release(_) => {}
        }
    }
    Ok(changes)
}
