//! What is measured: servers that run for as long as their [`Target`] does. Entry point: [`Target::start_all`].

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::scenario::Scenario;
use crate::project;

/// The core that the proxy under test has to itself.
const PROXY_CORE: &str = "0";
/// The core of everything else.
pub(super) const OTHER_CORE: &str = "1";

/// Ports of the configuration under `bench/gateway`.
const UPSTREAM_PORT: u16 = 9_101;
const STREAM_PORTS: [u16; 2] = [9_103, 9_104];
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
    /// What can be asked of it.
    pub(super) scenarios: &'static [Scenario],
    _server: Server,
}

/// A server that is stopped when it is dropped.
struct Server {
    child: Child,
}

impl Target {
    /// The upstreams alone, NGINX before them, and Viridian before them.
    pub(super) fn start_all(configuration: &Path, directory: &Path) -> Result<Vec<Self>> {
        let chat = Server::start(OTHER_CORE, &mut nginx("upstream.conf", configuration, directory))?;
        let [port, other_port] = STREAM_PORTS;
        let mut stream = example("chunk_upstream")?;
        stream.args([format!("127.0.0.1:{port}"), format!("127.0.0.1:{other_port}")]);
        let stream = Server::start(OTHER_CORE, &mut stream)?;
        let nginx = Server::start(PROXY_CORE, &mut nginx("proxy.conf", configuration, directory))?;
        let mut viridian = example("fixed_table")?;
        viridian
            .arg(configuration.join("snapshot.json"))
            .args([format!("127.0.0.1:{VIRIDIAN_PORT}"), "1".to_owned()]);
        let viridian = Server::start(PROXY_CORE, &mut viridian)?;
        Ok(vec![
            Self::listening("direct", UPSTREAM_PORT, &[Scenario::Chat], chat)?,
            Self::listening("direct", port, &[Scenario::Stream], stream)?,
            Self::listening("nginx", NGINX_PORT, &Scenario::ALL, nginx)?,
            Self::listening("viridian", VIRIDIAN_PORT, &Scenario::ALL, viridian)?,
        ])
    }

    fn listening(
        name: &'static str,
        port: u16,
        scenarios: &'static [Scenario],
        mut server: Server,
    ) -> Result<Self> {
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
        Ok(Self { name, port, pid: server.child.id(), scenarios, _server: server })
    }
}

fn example(name: &str) -> Result<Command> {
    Ok(Command::new(project::target_directory()?.join("release/examples").join(name)))
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
