//! The arguments of `gateway` and its verbs.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is to be done with gateways: with all of them through the control plane, or with the one on this machine whether
/// or not a control plane is there.
#[derive(Debug, Subcommand)]
pub enum GatewayVerb {
    /// List the gateways the controller knows, as `get gateways` does.
    List(ListArgs),
    /// Show what the controller knows of a gateway, as `describe gateway` does.
    Describe(GatewayArgs),
    /// Show what the gateway on this machine serves by, and when it heard the controller last.
    Tables(SocketArgs),
    /// Send every request of an application to its baseline on this gateway, until it is unpinned.
    PinBaseline(PinArgs),
    /// Take such a pin back.
    Unpin(PinArgs),
    /// List the applications that are pinned on this gateway.
    Pins(SocketArgs),
}

/// Arguments of `gateway list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Go on printing when something changes.
    #[arg(long, short)]
    pub watch: bool,
}

/// Arguments of `gateway describe`.
#[derive(Debug, Args)]
pub struct GatewayArgs {
    /// The gateway.
    pub name: String,
}

/// Arguments of `gateway pin-baseline` and `gateway unpin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The application.
    pub application: String,
    /// Where the gateway is reached.
    #[command(flatten)]
    pub socket: SocketArgs,
}

/// Where the gateway is reached.
#[derive(Debug, Args)]
pub struct SocketArgs {
    /// The gateway's socket.
    #[arg(long, env = "VIRIDIAN_GATEWAY_SOCKET", value_name = "PATH")]
    pub socket: PathBuf,
}
