//! What is measured: servers that run for as long as their [`Target`] does. Entry point: [`Target::start_all`].

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::project;

/// The core that the proxy under test has to itself.
const PROXY_CORE: &str = "0";
/// The core of everything else.
pub(super) const OTHER_CORE: &str = "1";

/// Ports of the configuration under `bench/gateway`.
const UPSTREAM_PORT: u16 = 9_101;
const NGINX_PORT: u16 = 9_120;
const VIRIDIAN_PORT: u16 = 9_110;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Something that answers requests and whose cost is accounted.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) port: u16,
    pub(super) pid: u32,
    _server: Server,
}

/// A server that is stopped when it is dropped.
struct Server {
    child: Child,
}

impl Target {
    /// The upstream alone, NGINX before it, and Viridian before it.
    pub(super) fn start_all(configuration: &Path, directory: &Path) -> Result<Vec<Self>> {
        let upstream = Server::start(OTHER_CORE, &mut nginx("upstream.conf", configuration, directory))?;
        let nginx = Server::start(PROXY_CORE, &mut nginx("proxy.conf", configuration, directory))?;
        let mut viridian = Command::new(project::target_directory()?.join("release/examples/fixed_table"));
        viridian
            .arg(configuration.join("snapshot.json"))
            .args([format!("127.0.0.1:{VIRIDIAN_PORT}"), "1".to_owned()]);
        let viridian = Server::start(PROXY_CORE, &mut viridian)?;
        let targets = [
            ("direct", UPSTREAM_PORT, upstream),
            ("nginx", NGINX_PORT, nginx),
            ("viridian", VIRIDIAN_PORT, viridian),
        ];
        targets.into_iter().map(|(name, port, server)| Self::listening(name, port, server)).collect()
    }

    fn listening(name: &'static str, port: u16, mut server: Server) -> Result<Self> {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait().context("ask for a server")? {
                bail!("{name} ended with {status} instead of listening on port {port}; is the port taken?");
            }
            if begun.elapsed() > PATIENCE {
                bail!("{name} does not listen on port {port}");
            }
            sleep(PAUSE);
        }
        Ok(Self { name, port, pid: server.child.id(), _server: server })
    }
}

fn nginx(file: &str, configuration: &Path, directory: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(directory).arg("-c").arg(configuration.join(file));
    command
}

impl Server {
    /// Starts a program on one core. Its number is that of the program: `taskset` turns into it.
    fn start(core: &str, program: &mut Command) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", core]).arg(program.get_program()).args(program.get_args());
        let child = command.stdin(Stdio::null()).spawn().context("start a server")?;
        Ok(Self { child })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, NGINX ends its workers too; killed, it would leave them.
        let pid = self.child.id().to_string();
        let _asked = Command::new("kill").arg(pid).status();
        let _ended = self.child.wait();
    }
}
