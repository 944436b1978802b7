//! What the API works with, as whoever composes the process gives it. The API knows neither gateways nor controller:
//! what it needs of them are a few functions.

use std::sync::Arc;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, Generation, NodeName};
use viridian_core::outcome::Class;
use viridian_core::time::Timestamp;
use viridian_platform::token::Token;
use viridian_store::Store;

/// What the API works with. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// Where everything is remembered.
    pub store: Store,
    /// Wakes the controller after something was written down.
    pub nudge: Arc<dyn Fn() + Send + Sync>,
    /// What is known of the gateways.
    pub gateways: Arc<dyn Fn() -> Vec<GatewayStatus> + Send + Sync>,
    /// What the gateways in this process have served.
    pub traffic: Arc<dyn Fn() -> Traffic + Send + Sync>,
    /// What is known of the listener for gateways elsewhere; nothing where there is none.
    pub internal: Arc<dyn Fn() -> Option<Internal> + Send + Sync>,
    /// What became of notices that people are called with; nothing where nobody is called.
    pub notices: Arc<dyn Fn() -> Option<Notices> + Send + Sync>,
    /// What the time is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What clients have to know; without one only this machine is served.
    pub token: Option<Token>,
}

/// What is known of one gateway.
#[derive(Debug, Clone)]
pub struct GatewayStatus {
    /// The gateway.
    pub node: NodeName,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// Whether that was lately enough to count on it.
    pub live: bool,
    /// The table it serves each application by.
    pub serving: Vec<(ApplicationName, Generation)>,
    /// Tables it refused, and why.
    pub rejected: Vec<(ApplicationName, String)>,
    /// By how many milliseconds its clock is ahead of the controller's, as far as it tells.
    pub clock_ahead: Option<i64>,
    /// What it gave up because it could not keep it until the controller took it.
    pub lost: u64,
    /// Applications that an operator there sends to their baselines.
    pub pinned: Vec<ApplicationName>,
}

/// What is known of the listener for gateways elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Internal {
    /// How many were not let in.
    pub turned_away: u64,
    /// What it shows whoever comes; absent without TLS.
    pub certificate: Option<Certificate>,
}

/// Notices that people are called with, since the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Notices {
    /// How many were taken.
    pub posted: u64,
    /// How many were given up.
    pub lost: u64,
    /// How many have not been taken yet.
    pub waiting: u64,
}

/// A certificate that is in use.
#[derive(Debug, Clone, Copy)]
pub struct Certificate {
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often its files held something that cannot be used.
    pub failures: u64,
    /// Whether they hold something that cannot be used now.
    pub is_stale: bool,
}

/// What gateways have served since they started.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// Requests that have ended.
    pub requests: Vec<RequestCount>,
    /// Requests that are being served now.
    pub in_flight: u64,
    /// Requests that gateways answered with an error of their own, by the word for who is to blame.
    pub refusals: Vec<(&'static str, u64)>,
}

/// Requests of one kind.
#[derive(Debug, Clone)]
pub struct RequestCount {
    /// Whose requests.
    pub application: String,
    /// Who was to serve them.
    pub arm: Arm,
    /// How they ended.
    pub class: Class,
    /// How many.
    pub count: u64,
}
