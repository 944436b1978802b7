//! Readings of gauges: sources outside are asked beside the loop, each gauge at its own pace, and what they said last is
//! kept. Entry point: [`Readings::standings`].

use crate::nudge::Nudge;
use crate::senses::Subject;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use viridian_core::gauge::{Gauge, Gauged, Reading, Standing, standing};
use viridian_core::id::{GaugeName, RolloutName};
use viridian_core::question::Question;
use viridian_core::source::Source;
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::source::{self, Measured};

/// What every gauge said.
pub(crate) struct Readings {
    runtime: Handle,
    client: Client,
    nudge: Nudge,
    kept: Arc<Mutex<HashMap<Key, Kept>>>,
}

/// How long after a source gave no number it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

type Key = (RolloutName, GaugeName);

/// What one gauge said, and when it was asked last.
#[derive(Default)]
struct Kept {
    asked_at: Option<Instant>,
    /// The last question: a source that takes longer than `every` is asked one at a time.
    asking: Option<AbortHandle>,
    /// Oldest first, and no more than can be a row.
    readings: Vec<Reading>,
}

impl Kept {
    fn is_due(&self, every: Duration) -> bool {
        let is_over = self.asking.as_ref().is_none_or(AbortHandle::is_finished);
        is_over && self.asked_at.is_none_or(|asked| asked.elapsed() >= every)
    }

    fn keep(&mut self, gauge: &Gauge, at: Timestamp, value: Result<f64, String>) {
        // A timeseries without a newer point says the last one again, which is no second number in a row.
        if self.readings.last().is_some_and(|last| last.at == at && last.value.is_ok() && value.is_ok()) {
            self.readings.pop();
        }
        self.readings.push(Reading { at, value });
        let superfluous = self.readings.len().saturating_sub(gauge.times as usize);
        self.readings.drain(..superfluous);
    }
}

impl Readings {
    pub(crate) fn new(runtime: Handle, client: Client, nudge: Nudge) -> Self {
        Self { runtime, client, nudge, kept: Arc::default() }
    }

    /// What the gauges of a rollout say, in their order. A source that is due is asked, and not waited for.
    pub(crate) fn standings(&self, subject: Subject<'_>, now: Timestamp) -> Vec<Gauged> {
        let gauges = subject.rollout.plan.gauges.iter();
        gauges
            .map(|gauge| Gauged { gauge: gauge.clone(), standing: self.standing(gauge, subject, now) })
            .collect()
    }

    fn standing(&self, gauge: &Gauge, subject: Subject<'_>, now: Timestamp) -> Standing {
        let key = (subject.rollout.proposal.name.clone(), gauge.name.clone());
        let mut kept = lock(&self.kept);
        let found = kept.entry(key.clone()).or_default();
        if found.is_due(gauge.every) {
            found.asked_at = Some(Instant::now());
            match subject.application.sources.get(&gauge.source) {
                Some(source) => {
                    self.ask((key, found), (gauge, source), question(gauge, subject), now);
                }
                None => found.keep(gauge, now, Err(format!("there is no source {} any more", gauge.source))),
            }
        }
        standing(gauge, &found.readings, now)
    }

    /// Asks a source, and wakes the loop with the answer.
    fn ask(
        &self,
        (key, found): (Key, &mut Kept),
        (gauge, source): (&Gauge, &Source),
        question: Question,
        now: Timestamp,
    ) {
        let (gauge, source) = (gauge.clone(), source.clone());
        let (client, shared, nudge) = (self.client.clone(), Arc::clone(&self.kept), self.nudge.clone());
        let asking = self.runtime.spawn(async move {
            let (asked_at, answer) = tried(&client, &source, &question, now, PAUSE).await;
            // A source whose clock is ahead has not measured what is to come.
            let said = answer.as_ref().ok().and_then(|measured| measured.at);
            let at = said.map_or(asked_at, |at| at.min(asked_at));
            let value = answer.map(|measured| measured.value).map_err(|error| error.to_string());
            // Whoever forgot the rollout meanwhile does not want to hear of it.
            if let Some(found) = lock(&shared).get_mut(&key) {
                found.keep(&gauge, at, value);
                nudge.wake();
            }
        });
        found.asking = Some(asking.abort_handle());
    }

    /// Forgets what was said of a rollout that is over.
    pub(crate) fn forget(&self, rollout: &RolloutName) {
        lock(&self.kept).retain(|(name, _), kept| {
            if name == rollout {
                kept.asking.iter().for_each(AbortHandle::abort);
            }
            name != rollout
        });
    }
}

/// Asks a source for one reading, and again as often as it says when there was none; and when it was asked last.
async fn tried(
    client: &Client,
    source: &Source,
    question: &Question,
    now: Timestamp,
    pause: Duration,
) -> (Timestamp, Result<Measured, source::Error>) {
    let begun = Instant::now();
    let mut asked_at = now;
    let mut answer = source::read(client, source, question, asked_at).await;
    for _ in 0..source.retries {
        if answer.is_ok() {
            break;
        }
        tokio::time::sleep(pause).await;
        asked_at = now.plus(begun.elapsed());
        answer = source::read(client, source, question, asked_at).await;
    }
    (asked_at, answer)
}

/// What a gauge asks about the candidate.
fn question(gauge: &Gauge, subject: Subject<'_>) -> Question {
    let names = [
        subject.candidate.release.as_str(),
        subject.candidate.environment.as_str(),
        subject.application.name.as_str(),
        subject.rollout.proposal.name.as_str(),
    ];
    Question {
        query: gauge.query.clone(),
        unit: gauge.unit.clone(),
        names: names.map(str::to_owned),
        oldest: gauge.oldest(),
    }
}

fn lock(kept: &Mutex<HashMap<Key, Kept>>) -> MutexGuard<'_, HashMap<Key, Kept>> {
    // Every change is one insertion, so a poisoned map is still sound.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::environment::Endpoint;
    use viridian_core::gauge::Bounds;
    use viridian_core::guard::{Mode, OnFail};
    use viridian_core::id::SourceName;
    use viridian_core::source::{DEFAULT_RETRIES, SourceKind};
    use viridian_testkit::upstream::{Act, Reply, Upstream};

    fn gauge() -> Gauge {
        Gauge {
            name: GaugeName::parse("queue").unwrap(),
            source: SourceName::parse("metrics").unwrap(),
            query: "queue_length".to_owned(),
            bounds: Bounds { at_most: Some(10.0), ..Bounds::default() },
            unit: None,
            every: Duration::from_secs(30),
            times: 3,
            on_fail: OnFail::Rollback,
            mode: Mode::Enforce,
        }
    }

    /// Reads a source that says these moments, in seconds, and numbers; how many of them stand in a row at the end.
    fn check(said: &[(u64, Result<f64, &str>)], in_a_row: usize) {
        let (gauge, mut kept) = (gauge(), Kept::default());
        for (at, value) in said {
            kept.keep(&gauge, Timestamp(at * 1_000), value.map_err(str::to_owned));
        }
        assert_eq!(kept.readings.len(), in_a_row, "{said:?}");
    }

    #[test]
    fn a_point_that_is_said_again_is_no_second_number() {
        check(&[(60, Ok(12.0)), (60, Ok(12.0)), (60, Ok(12.0))], 1);
        check(&[(60, Ok(12.0)), (60, Ok(12.5)), (120, Ok(12.0))], 2);
        check(&[(60, Ok(12.0)), (60, Err("no answer")), (60, Ok(12.0))], 3);
        check(&[(60, Ok(1.0)), (120, Ok(2.0)), (180, Ok(3.0)), (240, Ok(4.0))], 3);
    }

    /// A source that says the length of a queue, and at this pointer when it was that.
    fn source(upstream: &Upstream, at: Option<&str>) -> Source {
        let at = at.map(str::to_owned);
        Source {
            name: SourceName::parse("metrics").unwrap(),
            url: Some(Endpoint(upstream.url())),
            kind: SourceKind::Json { bearer: None, value: "/queue".to_owned(), at, unit: None },
            timeout: Duration::from_secs(5),
            retries: DEFAULT_RETRIES,
        }
    }

    fn asked_for_queue() -> Question {
        let names = ["v2", "green", "parcels", "friday"].map(str::to_owned);
        Question { query: "/queue".to_owned(), unit: None, names, oldest: gauge().oldest() }
    }

    /// Asks a question at [`NOW`].
    fn ask(readings: &Readings, key: &Key, source: &Source) {
        let mut kept = lock(&readings.kept);
        let found = kept.entry(key.clone()).or_default();
        readings.ask((key.clone(), found), (&gauge(), source), asked_for_queue(), NOW);
    }

    /// What comes of one question at [`NOW`], asked every 30 s, to a source that says when it measured, in seconds.
    async fn check_moment(measured_at: u64, expected: Standing) {
        let upstream = Upstream::start().await;
        upstream.always(Reply::json(format!("{{\"queue\": 3, \"at\": {measured_at}}}")));
        let readings = Readings::new(Handle::current(), Client::new(), Nudge::unheard());
        let key = (RolloutName::parse("friday").unwrap(), gauge().name);
        ask(&readings, &key, &source(&upstream, Some("/at")));
        let said = || lock(&readings.kept)[&key].readings.clone();
        while said().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(standing(&gauge(), &said(), NOW), expected, "measured at {measured_at}");
    }

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[tokio::test]
    async fn a_number_is_as_old_as_its_source_says() {
        let within = |at| Standing::Within { value: 3.0, at: Timestamp(at) };
        check_moment(1_790_000_000, within(NOW.0)).await;
        check_moment(1_789_999_990, within(1_789_999_990_000)).await;
        let old = "its latest value is 10m old".to_owned();
        check_moment(1_789_999_400, Standing::Unknown { why: old }).await;
        // Nothing was measured that is to come.
        check_moment(1_790_003_600, within(NOW.0)).await;
    }

    /// Reads a source that does these one after the other, and then answers; what it said, and how often it was asked.
    async fn check_tried(acts: Vec<Act>, retries: u32, expected: Result<f64, &str>, asked: usize) {
        let upstream = Upstream::start().await;
        acts.into_iter().for_each(|act| upstream.next(act));
        upstream.always(Reply::json(r#"{"queue": 12.5}"#));
        let source = Source { retries, ..source(&upstream, None) };
        let pause = Duration::from_millis(20);
        let (asked_at, said) = tried(&Client::new(), &source, &asked_for_queue(), NOW, pause).await;
        // A number that came late is not as old as the first question.
        let pauses = u32::try_from(asked).unwrap() - 1;
        assert!(asked_at >= NOW.plus(pause * pauses) && (pauses > 0 || asked_at == NOW), "{asked_at:?}");
        match (said, expected) {
            (Ok(measured), Ok(value)) => assert_eq!(measured.value, value),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (said, expected) => panic!("{said:?} instead of {expected:?}"),
        }
        assert_eq!(upstream.requests(), asked);
    }

    #[tokio::test]
    async fn a_source_that_gives_no_number_is_asked_again_as_often_as_it_says() {
        let busy = || Act::Reply(Reply::json("{}").status(503));
        check_tried(vec![], 1, Ok(12.5), 1).await;
        check_tried(vec![busy()], 1, Ok(12.5), 2).await;
        check_tried(vec![Act::HangUp], 1, Ok(12.5), 2).await;
        check_tried(vec![Act::Reply(Reply::json("[]"))], 1, Ok(12.5), 2).await;
        check_tried(vec![busy(), busy()], 1, Err("status 503"), 2).await;
        check_tried(vec![busy()], 0, Err("status 503"), 1).await;
        check_tried(vec![busy(), busy()], 2, Ok(12.5), 3).await;
    }

    #[tokio::test]
    async fn a_source_that_does_not_answer_is_asked_nothing_else() {
        let upstream = Upstream::start().await;
        upstream.next(Act::Silence);
        let readings = Readings::new(Handle::current(), Client::new(), Nudge::unheard());
        let key = (RolloutName::parse("friday").unwrap(), gauge().name);
        ask(&readings, &key, &source(&upstream, None));
        let is_due = || lock(&readings.kept)[&key].is_due(Duration::ZERO);
        assert!(!is_due());
        let question = lock(&readings.kept)[&key].asking.clone().unwrap();
        readings.forget(&key.0);
        while !question.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(lock(&readings.kept).is_empty());
    }

    #[tokio::test]
    async fn a_source_is_asked_again_when_its_last_question_is_over_and_it_is_time() {
        let check = |asking: Option<AbortHandle>, asked_at, every, expected| {
            let kept = Kept { asked_at, asking, readings: Vec::new() };
            assert_eq!(kept.is_due(every), expected, "{:?} {every:?}", kept.asking);
        };
        let (always, hourly) = (Duration::ZERO, Duration::from_secs(3_600));
        let waits = tokio::spawn(std::future::pending::<()>()).abort_handle();
        let mut broken = tokio::spawn(async { panic!("nobody answers this question") });
        assert!((&mut broken).await.is_err());
        check(None, None, hourly, true);
        check(Some(broken.abort_handle()), Some(Instant::now()), hourly, false);
        check(Some(broken.abort_handle()), Some(Instant::now()), always, true);
        check(Some(waits), Some(Instant::now()), always, false);
    }
}
