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
