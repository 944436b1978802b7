//! Callers that go on whatever happens to the gateway, and remember who served them. Entry point: [`Load::start`].

use crate::process::{PATIENCE, PAUSE};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use viridian_testkit::caller::{self, Caller};

/// How many callers there are, each with a connection of its own.
const CALLERS: usize = 8;
/// How long a caller waits between two requests so that together they send a few hundred in a second.
pub(crate) const STEADY: Duration = Duration::from_millis(20);
/// The same for about a thousand in a second.
pub(crate) const BRISK: Duration = Duration::from_millis(5);
const PATH: &str = "/v1/chat/completions";

/// Callers at work, until this is dropped.
pub(crate) struct Load {
    ledger: Arc<Ledger>,
    _callers: JoinSet<()>,
}

/// What callers write down.
#[derive(Default)]
struct Ledger {
    served: Mutex<Vec<Served>>,
    lost: AtomicUsize,
}

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// When it was sent.
    pub(crate) sent_at: Instant,
    /// The status of its answer.
    pub(crate) status: u16,
    /// The arm that served it.
    pub(crate) arm: String,
    /// The version of the release that served it.
    pub(crate) release: String,
}

impl Load {
    /// Sends chat requests for an application to a gateway; each caller waits so long after each answer.
    pub(crate) fn start(gateway: SocketAddr, application: &str, pace: Duration) -> Self {
        let ledger = Arc::<Ledger>::default();
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn(call(gateway, chat(application), pace, Arc::clone(&ledger)));
        }
        Self { ledger, _callers: callers }
    }

    /// The requests that were answered, in the order of the answers.
    pub(crate) fn served(&self) -> Vec<Served> {
        self.ledger.served.lock().unwrap().clone()
    }

    /// How many requests got no answer, or not all of one.
    pub(crate) fn lost(&self) -> usize {
        self.ledger.lost.load(Ordering::Relaxed)
    }

    /// How many requests an arm has served.
    pub(crate) fn count(&self, arm: &str) -> usize {
        self.ledger.served.lock().unwrap().iter().filter(|served| served.arm == arm).count()
    }

    /// Waits until an arm has served so many more requests.
    pub(crate) async fn until_more(&self, arm: &str, more: usize) {
        let begun = Instant::now();
        let before = self.count(arm);
        while self.count(arm) < before + more {
            assert!(begun.elapsed() < PATIENCE, "the {arm} never served {more} requests more");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Sends one request after the other, and connects anew when the connection is lost.
async fn call(gateway: SocketAddr, body: String, pace: Duration, ledger: Arc<Ledger>) {
    loop {
        let Some(mut caller) = Caller::try_connect(gateway).await else {
            tokio::time::sleep(pace).await;
            continue;
        };
        while let Some(seen) = send(&mut caller, &body).await {
            ledger.served.lock().unwrap().push(seen);
            tokio::time::sleep(pace).await;
        }
        ledger.lost.fetch_add(1, Ordering::Relaxed);
    }
}

async fn send(caller: &mut Caller, body: &str) -> Option<Served> {
    let sent_at = Instant::now();
    let response = caller.try_open(caller::post(PATH, body.to_owned())).await?;
    let answer = caller::read(response).await;
    let header = |name| answer.header(name).to_owned();
    answer.complete.then(|| Served {
        sent_at,
        status: answer.status,
        arm: header("x-viridian-arm"),
        release: header("x-viridian-release"),
    })
}

fn chat(application: &str) -> String {
    serde_json::json!({
        "model": application,
        "messages": [{"role": "user", "content": "Where is my parcel?"}],
    })
    .to_string()
}
