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
/// Where they send them.
pub(crate) const PATH: &str = "/v1/chat/completions";

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    /// Nobody who says so.
    Nobody,
    /// So many users, one after the other, each always by the same caller.
    Users(usize),
}

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
    /// The user it was sent for, if it was for one.
    pub(crate) user: Option<usize>,
}

impl Load {
    /// Sends chat requests for an application to a gateway; each caller waits so long after each answer.
    pub(crate) fn start(gateway: SocketAddr, application: &str, pace: Duration) -> Self {
        Self::start_for(Who::Nobody, gateway, application, pace)
    }

    /// The same, and says who calls.
    pub(crate) fn start_for(who: Who, gateway: SocketAddr, application: &str, pace: Duration) -> Self {
        let ledger = Arc::<Ledger>::default();
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let caller = Client { gateway, body: chat(application), users: who.served_by(number) };
            callers.spawn(caller.call(pace, Arc::clone(&ledger)));
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

impl Who {
    /// The users of one caller; one that is nobody when users do not say who they are.
    fn served_by(self, caller: usize) -> Vec<Option<usize>> {
        match self {
            Self::Nobody => vec![None],
            Self::Users(count) => (caller..count).step_by(CALLERS).map(Some).collect(),
        }
    }
}

/// One caller.
struct Client {
    gateway: SocketAddr,
    body: String,
    /// Whom it calls for, in turn; at least one.
    users: Vec<Option<usize>>,
}

impl Client {
    /// Sends one request after the other, and connects anew when the connection is lost.
    async fn call(self, pace: Duration, ledger: Arc<Ledger>) {
        let mut users = self.users.iter().copied().cycle();
        loop {
            let Some(mut caller) = Caller::try_connect(self.gateway).await else {
                tokio::time::sleep(pace).await;
                continue;
            };
            while let Some(seen) = self.send(&mut caller, users.next().flatten()).await {
                ledger.served.lock().unwrap().push(seen);
                tokio::time::sleep(pace).await;
            }
            ledger.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn send(&self, caller: &mut Caller, user: Option<usize>) -> Option<Served> {
        let mut request = caller::post(PATH, self.body.clone());
        if let Some(user) = user {
            request.headers_mut().insert("x-viridian-user", format!("user-{user}").parse().unwrap());
        }
        let sent_at = Instant::now();
        let response = caller.try_open(request).await?;
        let answer = caller::read(response).await;
        let header = |name| answer.header(name).to_owned();
        answer.complete.then(|| Served {
            sent_at,
            status: answer.status,
            arm: header("x-viridian-arm"),
            release: header("x-viridian-release"),
            user,
        })
    }
}

fn chat(application: &str) -> String {
    serde_json::json!({
        "model": application,
        "messages": [{"role": "user", "content": "Where is my parcel?"}],
    })
    .to_string()
}
