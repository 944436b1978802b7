//! A gateway that serves by a table from a file, and nothing else: `fixed_table <snapshot.json> <address> [workers]`. It
//! stops by itself on SIGTERM, when the requests under way have ended. For benches and experiments; the product is
//! `viridian serve`.

use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_gateway::{Config, Gateway};
use viridian_wire::snapshot::Snapshot;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long requests under way have when it is told to stop.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().context("usage: fixed_table <snapshot.json> <address> [workers]")?;
    let address: SocketAddr = arguments.next().context("an address to listen on is missing")?.parse()?;
    let snapshot: Snapshot = serde_json::from_slice(&std::fs::read(&file)?)?;

    let origin = Origin { node: NodeName::parse("fixed-table")?, boot: BootId(1) };
    let mut config = Config::new(address, origin);
    if let Some(workers) = arguments.next() {
        config.workers = workers.parse::<NonZeroUsize>()?;
    }
    let mut terminated = signal(SignalKind::terminate())?;
    let gateway = Gateway::start(config)?;
    let acknowledgement = gateway.handle().offer(&snapshot);
    for answer in &acknowledgement.answers {
        ensure!(answer.rejected.is_none(), "{answer:?}");
    }
    terminated.recv().await;
    gateway.drain(GRACE).await;
    Ok(())
}
