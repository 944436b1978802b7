//! `viridian serve`: store, controller, gateway and API in one process, or a part of them in each of several.
//!
//! Nothing is decided here; the parts are built, wired to each other and stopped in order: first the gateway drains,
//! then its last counters are taken in, then the controller and the database close.

mod admin;
mod control_plane;
mod data_plane;
mod first_tables;
mod health;
mod link;
mod process;
mod role;

pub use control_plane::{Control, Internal};
pub use data_plane::{Callers, Evidence, Remote};
pub use process::{Addresses, Process, Role};

use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::output;
use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves until the process is told to end, then drains.
///
/// # Errors
/// Something could not be started, or a manifest given at the start is wrong.
pub fn run(arguments: &ServeArgs) -> anyhow::Result<Exit> {
    start_log(&arguments.log)?;
    let role = role::of(arguments)?;
    let process = Process::start(&role)?;
    let Addresses { gateway, admin, internal, health } = process.addresses();
    let between = if arguments.internal_certificate.is_some() { "https" } else { "http" };
    for (what, scheme, address) in [
        ("gateway listens", "http", gateway),
        ("control plane listens", "http", admin),
        ("gateways elsewhere come in", between, internal),
        ("health is told", "http", health),
    ] {
        if let Some(address) = address {
            output::note(format_args!("{what} on {scheme}://{address}"));
        }
    }
    if let Some(socket) = role.socket() {
        output::note(format_args!("an operator here reaches the gateway by --socket {}", socket.display()));
    }
    let ending = process.wait_for(async {
        tokio::select! {
            told = told_to_end() => told.map(|()| Exit::Ok),
            successor = process.replaced() => {
                output::note(format_args!("a controller of term {successor} acts on this database: this one ends"));
                Ok(Exit::Error)
            }
        }
    })?;
    output::note("draining: requests under way may end");
    let cut = process.stop();
    if cut > 0 {
        output::note(format_args!("{cut} requests took longer than the drain and were cut"));
    }
    Ok(ending)
}

fn start_log(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("'{filter}' is no log filter"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A test may have started one already.
    let _ = log.try_init();
    Ok(())
}

async fn told_to_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be waited for")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
