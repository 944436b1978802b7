//! `viridian demo`: the main job, live. Two model servers, a few thousand users, and two releases in turn, one of them
//! bad. Nobody tells Viridian which.
//!
//! The demo uses the product as anyone would: it applies manifests through the API, calls the gateway over HTTP, and
//! reads what it shows from the API. What it reports at the end is what the callers saw.

mod act;
mod callers;
mod chance;
mod ledger;
mod manifests;
mod model;
mod report;

use crate::args::{DemoArgs, Format};
use crate::client::Client;
use crate::exit::Exit;
use crate::output;
use crate::serve::{self, Addresses, Control, Evidence, Process, Role};
use act::{Act, Ending};
use anyhow::Context;
use callers::Callers;
use chance::Chance;
use ledger::Ledger;
use model::Quality;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use viridian_store::Retention;
use viridian_wire::api::{ApplyRequest, ApplyResult, ManifestText, PhaseBody, TakeoverBody};

/// Requests per second: enough for verdicts within seconds, little enough for two processors.
const PER_SECOND: u32 = 800;
/// A model server as it should be.
const FIT: Quality = Quality { errors: 0.005, extra: Duration::from_millis(8) };
/// A model server that fails 6 % of its requests and is slower.
const UNFIT: Quality = Quality { errors: 0.06, extra: Duration::from_millis(24) };
/// Any free port of the loopback interface.
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What the acts of the demo are played on.
struct Stage {
    client: Client,
    ledger: Arc<Ledger>,
    /// Whether the screen is redrawn; by default, when there is one.
    redraws: Option<bool>,
    deadline: Instant,
}

/// Plays the demo. The exit says whether both releases came to the end they deserve.
///
/// # Errors
/// Something could not be started.
pub(crate) fn run(arguments: &DemoArgs) -> anyhow::Result<Exit> {
    let directory = tempfile::tempdir().context("no place for a database")?;
    let control = Control {
        data_directory: directory.path().to_owned(),
        admin: LOOPBACK,
        token: None,
        internal: None,
        manifests: Vec::new(),
        webhook: None,
        retention: Retention::default(),
    };
    let evidence = if arguments.cut_evidence { Evidence::Cut } else { Evidence::Flows };
    let role = Role::All(control, serve::Callers { listen: LOOPBACK, workers: None, socket: None }, evidence);
    let runtime = Runtime::new().context("no threads for callers and model servers")?;
    let process = Process::start(&role)?;
    let Addresses { gateway: Some(gateway), admin: Some(admin), .. } = process.addresses() else {
        anyhow::bail!("the process serves nobody");
    };
    let exit = runtime.block_on(play(arguments, gateway, admin))?;
    if arguments.keep {
        keep(gateway, admin, &runtime)?;
    }
    drop(runtime);
    process.stop_at_once();
    Ok(exit)
}

async fn play(arguments: &DemoArgs, gateway: SocketAddr, admin: SocketAddr) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let good = model::start(FIT, arguments.seed).await?;
    let bad = model::start(UNFIT, arguments.seed + 1).await?;
    let ledger = Arc::new(Ledger::default());
    let stage = Stage {
        client: Client::new(&format!("http://{admin}"), None)?,
        ledger: Arc::clone(&ledger),
        redraws: arguments.plain.then_some(false),
        deadline: began + Duration::from_secs(arguments.limit),
    };
    stage.apply(manifests::application(good, bad)).await?;
    let callers = Callers {
        gateway,
        users: arguments.users,
        per_second: PER_SECOND,
        ledger,
        chance: Arc::new(Chance::new(arguments.seed + 2)),
    };
    output::note(report::opening(arguments.users, PER_SECOND));
    tokio::spawn(callers.call());

    let bad = stage.play(&Act { release: manifests::BAD, deserves: PhaseBody::RolledBack }).await?;
    let mut endings = vec![bad];
    if endings.iter().all(Ending::came_as_deserved) {
        endings.push(stage.play(&Act { release: manifests::GOOD, deserves: PhaseBody::Promoted }).await?);
    }
    output::Output::new(Format::Table).text(&report::closing(
        &endings,
        stage.ledger.totals(),
        began.elapsed(),
    ))?;
    let fulfilled = endings.len() == 2 && endings.iter().all(Ending::came_as_deserved);
    Ok(if fulfilled { Exit::Ok } else { Exit::Inconclusive })
}

/// Leaves everything running until a person presses Ctrl-C.
fn keep(gateway: SocketAddr, admin: SocketAddr, runtime: &Runtime) -> anyhow::Result<()> {
    output::note(format_args!(
        "still running: gateway on http://{gateway}, control plane on http://{admin}; Ctrl-C ends it"
    ));
    runtime.block_on(tokio::signal::ctrl_c()).context("Ctrl-C cannot be waited for")
}

impl Stage {
    async fn apply(&self, manifest: String) -> anyhow::Result<()> {
        let request = ApplyRequest {
            manifests: vec![ManifestText { file: "demo".to_owned(), text: manifest }],
            takeover: TakeoverBody::Refuse,
            retry_rejected: false,
        };
        let _: ApplyResult = self.client.post("/api/v1/apply", &request).await?;
        Ok(())
    }
}
