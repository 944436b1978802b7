//! What callers write down of every request they send, and the audit at the end. Entry point: [`audit`].
//!
//! A request has an id of its own that the model server answers with, so that an answer to another request, or a second
//! one to the same, is seen for what it is.

use crate::chat_model::{ChatModel, answer_to};
use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use viridian_testkit::caller::Answer;

/// So many requests have to be answered before a fault and after it for a test of the fault to mean anything.
pub(crate) const FLOOR: usize = 100;

/// What callers write down.
#[derive(Default)]
pub(crate) struct Ledger {
    sent: AtomicUsize,
    served: Mutex<Vec<Served>>,
    lost: Mutex<Vec<Lost>>,
}

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// What its caller calls it.
    pub(crate) id: String,
    /// What the gateway calls it.
    request_id: String,
    /// When it was sent.
    pub(crate) sent_at: Instant,
    /// When the last byte of its answer was there.
    pub(crate) answered_at: Instant,
    /// The status of its answer.
    pub(crate) status: u16,
    /// The arm that served it.
    pub(crate) arm: String,
    /// The version of the release that served it.
    pub(crate) release: String,
    /// The user it was sent for, if it was for one.
    pub(crate) user: Option<usize>,
    /// Whether the body is an answer to exactly this request.
    is_its_own: bool,
}

/// A request that got no answer, or not all of one.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) id: String,
    pub(crate) sent_at: Instant,
    /// When its caller knew.
    pub(crate) lost_at: Instant,
}

/// A request on its way.
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) application: String,
    pub(crate) user: Option<usize>,
    pub(crate) sent_at: Instant,
}

/// What an audit came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) sent: usize,
    /// Answered by a release, by its version.
    pub(crate) by_release: BTreeMap<String, usize>,
    /// Answered by a release, by its arm.
    pub(crate) by_arm: BTreeMap<String, usize>,
    /// Answered by the gateway itself, by status.
    pub(crate) refused: BTreeMap<u16, usize>,
    pub(crate) lost: usize,
}

impl Ledger {
    pub(crate) fn sends(&self) {
        self.sent.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn came_back(&self, sent: Sent, answer: Option<Answer>) {
        let Sent { id, application, user, sent_at } = sent;
        let Some(answer) = answer.filter(|answer| answer.complete) else {
            self.lost.lock().unwrap().push(Lost { id, sent_at, lost_at: Instant::now() });
            return;
        };
        let header = |name| answer.header(name).to_owned();
        let is_its_own = answer.status != 200 || answer.body == answer_to(&application, &id);
        self.served.lock().unwrap().push(Served {
            request_id: header("x-request-id"),
            sent_at,
            answered_at: Instant::now(),
            status: answer.status,
            arm: header("x-viridian-arm"),
            release: header("x-viridian-release"),
            user,
            is_its_own,
            id,
        });
    }

    /// The requests that were answered, in the order of the answers.
    pub(crate) fn served(&self) -> Vec<Served> {
        self.served.lock().unwrap().clone()
    }

    /// The requests that were lost.
    pub(crate) fn lost(&self) -> Vec<Lost> {
        self.lost.lock().unwrap().clone()
    }

    /// How many requests were answered.
    pub(crate) fn answered(&self) -> usize {
        self.served.lock().unwrap().len()
    }

    /// How many requests an arm has served.
    pub(crate) fn count(&self, arm: &str) -> usize {
        self.served.lock().unwrap().iter().filter(|served| served.arm == arm).count()
    }
}

/// Holds what callers wrote down against what the model servers did, each named by the version of its release. The
/// callers have to have finished. Panics unless
///
/// - every request that was sent was answered or lost,
/// - every answer is one to its request, under an id the gateway gave nothing else,
/// - every request reached at most one model server, once, and that of the release that answered it.
pub(crate) fn audit(ledgers: &[&Ledger], models: [(&str, &ChatModel); 2]) -> Totals {
    let mut totals = Totals::default();
    let mut request_ids = HashSet::new();
    let received = models.map(|(version, model)| (version, model.received_ids()));
    for ledger in ledgers {
        let (served, lost) = (ledger.served(), ledger.lost());
        let sent = ledger.sent.load(Ordering::SeqCst);
        assert_eq!(sent, served.len() + lost.len(), "sent; answered and lost");
        totals.sent += sent;
        totals.lost += lost.len();
        for served in &served {
            assert!(served.is_its_own, "an answer to another request: {served:?}");
            assert!(!served.request_id.is_empty(), "an answer without an id: {served:?}");
            assert!(request_ids.insert(served.request_id.clone()), "two answers of one id: {served:?}");
            if served.release.is_empty() {
                *totals.refused.entry(served.status).or_default() += 1;
            } else {
                *totals.by_release.entry(served.release.clone()).or_default() += 1;
                *totals.by_arm.entry(served.arm.clone()).or_default() += 1;
            }
            for (version, ids) in &received {
                let expected = u32::from(served.release == *version);
                let times = ids.get(&served.id).copied().unwrap_or_default();
                assert_eq!(times, expected, "{version} received it so often: {served:?}");
            }
        }
        for lost in &lost {
            let times: u32 = received.iter().filter_map(|(_, ids)| ids.get(&lost.id)).sum();
            assert!(times <= 1, "sent {times} times to model servers: {lost:?}");
        }
    }
    totals
}

/// A fault that callers did not live through was not tested: panics unless enough of them were answered before it began
/// and after it ended.
pub(crate) fn expect_load_around(ledgers: &[&Ledger], began: Instant, ended: Instant) {
    let served: Vec<Served> = ledgers.iter().flat_map(|ledger| ledger.served()).collect();
    let before = served.iter().filter(|served| served.answered_at < began).count();
    let after = served.iter().filter(|served| served.sent_at > ended).count();
    assert!(
        before >= FLOOR && after >= FLOOR,
        "INVALID: {before} requests before the fault and {after} after it are below the floor of {FLOOR}"
    );
}

/// Panics when a request was lost that was not under way during a fault.
pub(crate) fn expect_losses_between(ledgers: &[&Ledger], began: Instant, ended: Instant) {
    for lost in ledgers.iter().flat_map(|ledger| ledger.lost()) {
        assert!(lost.lost_at >= began && lost.sent_at <= ended, "lost without a fault: {lost:?}");
    }
}

/// Panics when a release served a request that was sent after it was rolled back and every gateway had said so.
pub(crate) fn expect_none_by(ledgers: &[&Ledger], release: &str, since: Instant) {
    for ledger in ledgers {
        let late =
            ledger.served().into_iter().find(|served| served.release == release && served.sent_at > since);
        assert!(late.is_none(), "served by {release} after it was withdrawn everywhere: {late:?}");
    }
}
