//! Events for those who follow: one task looks at the log and at the reports of rollouts that go on, and wakes
//! everybody who waits; each follower reads from where it is.

mod body;

use crate::error::Error;
use crate::state::State;
use crate::work::off_loop;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use viridian_core::id::RolloutName;
use viridian_core::rollout::report::Report;
use viridian_core::time::Timestamp;
use viridian_platform::causes::Causes;
use viridian_store::{Activity, RolloutFilter, Store};
use viridian_wire::api::EventBody;

/// How often the log is looked at.
const BEAT: Duration = Duration::from_millis(200);
/// How many beats pass between two looks at the reports, so that numbers come at most once in a second.
const BEATS_PER_REPORT: u32 = 5;
/// How many events are read at a time.
const BATCH: usize = 256;

/// Where followers come from.
#[derive(Clone)]
pub(crate) struct Feed {
    pulse: Arc<watch::Sender<Pulse>>,
    stopped: watch::Receiver<bool>,
}

/// What is there to be read.
#[derive(Clone, Default)]
struct Pulse {
    /// The number of the latest event.
    latest: u64,
    /// The latest reports of rollouts that go on.
    reports: Arc<Vec<(RolloutName, Report)>>,
}

/// Somebody who follows.
pub(crate) struct Follower {
    state: State,
    pulse: watch::Receiver<Pulse>,
    stopped: watch::Receiver<bool>,
    /// The number of the last event that was read.
    last: u64,
    /// When the reports that were passed on were made.
    passed_on: HashMap<RolloutName, Timestamp>,
    waiting: VecDeque<Item>,
}

/// Something to pass on. What is not in the log has no number.
pub(crate) struct Item {
    pub(crate) seq: Option<u64>,
    pub(crate) body: EventBody,
}

impl Feed {
    /// Looks for events until `stopped`; then all followers come to their end.
    pub(crate) fn start(state: State, stopped: watch::Receiver<bool>) -> Self {
        let feed = Self { pulse: Arc::new(watch::Sender::new(Pulse::default())), stopped };
        tokio::spawn(feed.clone().run(state));
        feed
    }

    /// Follows from after an event.
    pub(crate) fn follow(&self, state: State, last: u64) -> Follower {
        Follower {
            state,
            pulse: self.pulse.subscribe(),
            stopped: self.stopped.clone(),
            last,
            passed_on: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }

    async fn run(mut self, state: State) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats: u32 = 0;
        loop {
            tokio::select! {
                _ = beat.tick() => self.look(&state, beats.is_multiple_of(BEATS_PER_REPORT)).await,
                () = end(&mut self.stopped) => return,
            }
            beats = beats.wrapping_add(1);
        }
    }

    /// Looks once, and wakes the followers when there is something.
    async fn look(&self, state: &State, with_reports: bool) {
        if self.pulse.receiver_count() == 0 {
            // Whoever comes next is not told what was the case before.
            self.pulse.send_modify(|pulse| pulse.reports = Arc::default());
            return;
        }
        let found = off_loop(state, move |State { store, .. }| {
            let reports = if with_reports { Some(reports(store)?) } else { None };
            Ok((store.latest_event()?, reports))
        });
        match found.await {
            Ok((latest, reports)) => self.tell(latest, reports),
            Err(error) => tracing::warn!(error = %Causes(&error), "the log could not be read"),
        }
    }

    fn tell(&self, latest: u64, reports: Option<Vec<(RolloutName, Report)>>) {
        self.pulse.send_if_modified(|pulse| {
            let mut news = latest != pulse.latest;
            pulse.latest = latest;
            if let Some(reports) = reports.filter(|reports| *reports != *pulse.reports) {
                pulse.reports = Arc::new(reports);
                news = true;
            }
            news
        });
    }
}

/// Waits until everything stops.
async fn end(stopped: &mut watch::Receiver<bool>) {
    // The sender is gone only when everything has stopped.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn reports(store: &Store) -> Result<Vec<(RolloutName, Report)>, Error> {
    let going_on = RolloutFilter { application: None, activity: Activity::NotEnded };
    let names = store.rollouts(&going_on)?.into_iter().map(|rollout| rollout.proposal.name);
    Ok(names.filter_map(|name| store.noted_report(&name).map(|report| (name, report))).collect())
}

impl Follower {
    /// The next event; nothing when there will be none, because the process stops.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Some(item);
            }
            self.read().await?;
            if self.waiting.is_empty() {
                tokio::select! {
                    changed = self.pulse.changed() => changed.ok()?,
                    () = end(&mut self.stopped) => return None,
                }
            }
        }
    }

    /// Reads what is new. A reader of a log that cannot be read comes to its end and may come again.
    async fn read(&mut self) -> Option<()> {
        let last = self.last;
        let read = off_loop(&self.state, move |State { store, .. }| Ok(store.events_after(last, BATCH)?));
        let events = read.await.ok()?;
        self.last = events.last().map_or(last, |event| event.seq);
        self.waiting.extend(events.iter().map(|event| Item { seq: Some(event.seq), body: body::of(event) }));
        let reports = Arc::clone(&self.pulse.borrow_and_update().reports);
        for (rollout, report) in reports.iter() {
            if self.passed_on.insert(rollout.clone(), report.at) != Some(report.at) {
                self.waiting.push_back(Item { seq: None, body: body::of_report(rollout, report) });
            }
        }
        Some(())
    }
}
