//! Callers that go on whatever happens to the gateway, and remember who served them. Entry point: [`Load::start`].

use crate::ledger::{Ledger, Sent};
use crate::process::{PATIENCE, PAUSE};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use viridian_testkit::caller::{self, Answer, Caller};

pub(crate) use crate::ledger::Served;

/// How many callers there are, each with a connection of its own.
const CALLERS: usize = 8;
/// How long a caller waits between two requests so that together they send a few hundred in a second.
pub(crate) const STEADY: Duration = Duration::from_millis(20);
/// The same for about a thousand in a second.
pub(crate) const BRISK: Duration = Duration::from_millis(5);
/// No wait: one request after the other, as many as the machine can carry.
pub(crate) const RELENTLESS: Duration = Duration::ZERO;
/// So many requests in a row without an arm that has half of them are no coincidence.
const RUN: usize = 60;
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
    stop: watch::Sender<bool>,
    callers: JoinSet<()>,
}

impl Load {
    /// Sends chat requests for an application to a gateway; each caller waits so long after each answer.
    pub(crate) fn start(gateway: SocketAddr, application: &str, pace: Duration) -> Self {
        Self::start_for(Who::Nobody, gateway, application, pace)
    }

    /// The same, and says who calls.
    pub(crate) fn start_for(who: Who, gateway: SocketAddr, application: &str, pace: Duration) -> Self {
        let ledger = Arc::<Ledger>::default();
        let stop = watch::Sender::new(false);
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let caller = Client {
                gateway,
                application: application.to_owned(),
                users: who.served_by(number),
                ledger: Arc::clone(&ledger),
                stop: stop.subscribe(),
            };
            callers.spawn(caller.call(pace));
        }
        Self { ledger, stop, callers }
    }

    /// Lets every caller wait for the answer to its last request.
    pub(crate) async fn finish(&mut self) {
        self.stop.send_replace(true);
        while let Some(caller) = self.callers.join_next().await {
            caller.unwrap();
        }
    }

    /// What was written down.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The requests that were answered, in the order of the answers.
    pub(crate) fn served(&self) -> Vec<Served> {
        self.ledger.served()
    }

    /// How many requests got no answer, or not all of one.
    pub(crate) fn lost(&self) -> usize {
        self.ledger.lost().len()
    }

    /// How many requests an arm has served.
    pub(crate) fn count(&self, arm: &str) -> usize {
        self.ledger.count(arm)
    }

    /// Waits until a run of requests too long for a coincidence was answered without an arm.
    pub(crate) async fn until_none_of(&self, arm: &str) {
        let begun = Instant::now();
        while !self.is_without(arm) {
            assert!(begun.elapsed() < PATIENCE, "the {arm} is still served by");
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn is_without(&self, arm: &str) -> bool {
        let served = self.served();
        served.len() >= RUN && served.iter().rev().take(RUN).all(|served| served.arm != arm)
    }

    /// Panics unless the baseline alone served in the end.
    pub(crate) fn expect_baseline_at_the_end(&self) {
        assert!(self.is_without("candidate"), "the candidate serves again");
    }

    /// Waits until so many more requests were answered, by whomever.
    pub(crate) async fn until_more_of_any(&self, more: usize) {
        let begun = Instant::now();
        let before = self.ledger.answered();
        while self.ledger.answered() < before + more {
            assert!(begun.elapsed() < PATIENCE, "{more} requests more were never answered");
            tokio::time::sleep(PAUSE).await;
        }
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
    application: String,
    /// Whom it calls for, in turn; at least one.
    users: Vec<Option<usize>>,
    ledger: Arc<Ledger>,
    stop: watch::Receiver<bool>,
}

impl Client {
    /// Sends one request after the other, and connects anew when the connection is lost.
    async fn call(self, pace: Duration) {
        let mut users = self.users.iter().copied().cycle();
        while !*self.stop.borrow() {
            let Some(mut caller) = Caller::try_connect(self.gateway).await else {
                tokio::time::sleep(pace).await;
                continue;
            };
            let mut is_open = true;
            while is_open && !*self.stop.borrow() && caller.is_open().await {
                is_open = self.send(&mut caller, users.next().flatten()).await;
                if !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
            }
        }
    }

    /// Sends a request and writes down what became of it; whether another can follow on the same connection.
    async fn send(&self, caller: &mut Caller, user: Option<usize>) -> bool {
        let sent =
            Sent { id: next_id(), application: self.application.clone(), user, sent_at: Instant::now() };
        let mut request = caller::post(PATH, chat(&self.application, &sent.id));
        if let Some(user) = user {
            request.headers_mut().insert("x-viridian-user", format!("user-{user}").parse().unwrap());
        }
        self.ledger.sends();
        let answer: Option<Answer> = match caller.try_open(request).await {
            Some(response) => Some(caller::read(response).await),
            None => None,
        };
        let is_open = answer.as_ref().is_some_and(|answer| answer.complete);
        self.ledger.came_back(sent, answer);
        is_open
    }
}

/// An id that no other request of this process has.
fn next_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("#{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn chat(application: &str, id: &str) -> String {
    serde_json::json!({
        "model": application,
        "messages": [{"role": "user", "content": format!("Where is my parcel {id}")}],
    })
    .to_string()
}
