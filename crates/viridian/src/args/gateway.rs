//! The arguments of `gateway` and its verbs.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is to be done with the gateway on this machine, whether or not a control plane is there.
#[derive(Debug, Subcommand)]
pub enum GatewayVerb {
    /// Send every request of an application to its baseline on this gateway, until it is unpinned.
    PinBaseline(PinArgs),
    /// Take such a pin back.
    Unpin(PinArgs),
    /// List the applications that are pinned on this gateway.
    Pins(SocketArgs),
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
