//! `viridian serve`: store, controller, gateway and API in one process.
//!
//! Nothing is decided here; the parts are built, wired to each other and stopped in order: first the gateway drains,
//! then its last counters are taken in, then the controller and the database close.

mod control_plane;
mod first_tables;
mod link;
mod process;

pub use process::{Evidence, Process, Settings};

use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::output;
use anyhow::Context;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use viridian_wire::api::ManifestText;

/// Serves until the process is told to end, then drains.
///
/// # Errors
/// Something could not be started, or a manifest given at the start is wrong.
pub fn run(arguments: &ServeArgs) -> anyhow::Result<Exit> {
    start_log(&arguments.log)?;
    let process = Process::start(&settings(arguments)?)?;
    output::note(format_args!("gateway listens on http://{}", process.gateway()));
    output::note(format_args!("control plane listens on http://{}", process.admin()));
    process.wait_for(told_to_end())?;
    output::note("draining: requests under way may end");
    let cut = process.stop();
    if cut > 0 {
        output::note(format_args!("{cut} requests took longer than the drain and were cut"));
    }
    Ok(Exit::Ok)
}

fn settings(arguments: &ServeArgs) -> anyhow::Result<Settings> {
    let token = match &arguments.admin_token_file {
        Some(path) => Some(crate::read_token(path)?),
        None => arguments.admin_token.clone(),
    };
    Ok(Settings {
        data_directory: arguments.data_dir.clone(),
        listen: arguments.listen,
        admin: arguments.admin,
        token,
        workers: arguments.workers.and_then(NonZeroUsize::new),
        evidence: Evidence::Flows,
        manifests: read(&arguments.files)?,
    })
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<ManifestText>> {
    let text = |path: &PathBuf| {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(ManifestText { file: path.display().to_string(), text })
    };
    files.iter().map(text).collect()
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
