//! `viridian serve` in a process of its own, and the command line that talks to it. Entry point: [`Viridian::start`].

use crate::process::{Cost, PATIENCE, PAUSE, Process};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Names a binary to run instead of the one that was built with the tests.
const BINARY: &str = "VIRIDIAN_BINARY";
/// What controller and gateways know each other by.
pub(crate) const TOKEN: &str = "between us";
/// Any free port of the loopback interface.
pub(crate) const ANY_PORT: Listeners = Listeners { gateway: 0, admin: 0 };

/// A running Viridian.
pub(crate) struct Viridian {
    process: Process,
    gateway: SocketAddr,
    admin: SocketAddr,
}

/// The ports it listens on.
#[derive(Clone, Copy)]
pub(crate) struct Listeners {
    pub(crate) gateway: u16,
    pub(crate) admin: u16,
}

/// What the command line said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Viridian {
    /// Starts it on a directory that holds, or will hold, its database and its manifest.
    pub(crate) fn start(home: &Path, manifest: &str, listeners: Listeners) -> Self {
        Self::start_in(home, manifest, listeners, &[])
    }

    /// The same in this environment.
    pub(crate) fn start_in(
        home: &Path,
        manifest: &str,
        listeners: Listeners,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut process = Self::launch_in(home, manifest, listeners, environment);
        let gateway = process.until_it_says("where the gateway listens", |line| address(line, "gateway"));
        let admin =
            process.until_it_says("where the control plane listens", |line| address(line, "control plane"));
        Self { process, gateway, admin }
    }

    /// Starts it without waiting until it listens.
    pub(crate) fn launch(home: &Path, manifest: &str, listeners: Listeners) -> Process {
        Self::launch_in(home, manifest, listeners, &[])
    }

    fn launch_in(home: &Path, manifest: &str, listeners: Listeners, environment: &[(&str, &str)]) -> Process {
        let file = home.join("viridian.yaml");
        std::fs::write(&file, manifest).unwrap();
        let mut command = Command::new(binary());
        command.arg("serve").arg("--data-dir").arg(home.join("data")).arg("--file").arg(file);
        command.arg("--listen").arg(format!("127.0.0.1:{}", listeners.gateway));
        command
            .arg("--admin")
            .arg(format!("127.0.0.1:{}", listeners.admin))
            .envs(environment.iter().copied());
        Process::start(&mut command)
    }

    /// Where callers are served.
    pub(crate) const fn gateway(&self) -> SocketAddr {
        self.gateway
    }

    /// Where the control plane answers.
    pub(crate) const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Ends it without a warning, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts a controller without a gateway, which lets gateways in on a port.
    pub(crate) fn control(home: &Path, manifest: &str, internal: u16) -> Self {
        Self::controlled_by(Self::launch_control(home, manifest, [internal, 0], &[]))
    }

    /// Starts one on its ports, internal and admin, in this environment, without waiting until it listens.
    pub(crate) fn launch_control(
        home: &Path,
        manifest: &str,
        ports: [u16; 2],
        environment: &[(&str, &str)],
    ) -> Process {
        Self::launch_control_of(&binary(), (home, manifest), ports, environment)
    }

    /// The same of another version.
    pub(crate) fn launch_control_of(
        binary: &Path,
        (home, manifest): (&Path, &str),
        [internal, admin]: [u16; 2],
        environment: &[(&str, &str)],
    ) -> Process {
        let file = home.join("viridian.yaml");
        std::fs::write(&file, manifest).unwrap();
        let mut command = serve_of(binary, "controller");
        command.arg("--data-dir").arg(home.join("data")).arg("--file").arg(file);
        command.args(["--admin", &format!("127.0.0.1:{admin}")]);
        command.args(["--internal", &format!("127.0.0.1:{internal}")]).envs(environment.iter().copied());
        Process::start(&mut command)
    }

    /// A controller that was started, once it listens.
    pub(crate) fn controlled_by(mut process: Process) -> Self {
        let admin =
            process.until_it_says("where the control plane listens", |line| address(line, "control plane"));
        // It serves no callers.
        Self { process, gateway: SocketAddr::from(([127, 0, 0, 1], 0)), admin }
    }

    /// The same, unless it ends before it listens.
    pub(crate) fn if_it_listens(mut process: Process) -> Option<Self> {
        let begun = Instant::now();
        while !process.has_said("control plane listens") {
            if process.has_ended() {
                return None;
            }
            assert!(begun.elapsed() < PATIENCE, "a controller neither listens nor ends");
            std::thread::sleep(PAUSE);
        }
        Some(Self::controlled_by(process))
    }

    /// The process itself.
    pub(crate) const fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// What it has cost so far.
    pub(crate) fn cost(&self) -> Cost {
        self.process.cost()
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let server = format!("http://{}", self.admin);
        command(&[arguments, &["--server", &server]].concat())
    }

    /// Runs a command against it and reads its answer, whatever its exit code means.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--output", "json"]].concat());
        serde_json::from_str(&said.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", said.stdout, said.stderr))
    }

    /// Applies a manifest.
    pub(crate) fn apply(&self, home: &Path, manifest: &str) {
        let file = home.join("applied.yaml");
        std::fs::write(&file, manifest).unwrap();
        let said = self.run(&["apply", "--file", file.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    }

    /// Starts a rollout from a manifest.
    pub(crate) fn start_rollout(&self, home: &Path, manifest: &str) {
        let file = home.join("rollout.yaml");
        std::fs::write(&file, manifest).unwrap();
        let said = self.run(&["rollout", "start", "--file", file.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    }

    /// Where a rollout stands.
    pub(crate) fn status(&self, rollout: &str) -> Value {
        self.ask(&["rollout", "status", rollout])
    }

    /// The same, unless there is no answer or no such rollout.
    pub(crate) fn try_status(&self, rollout: &str) -> Option<Value> {
        let said = self.run(&["rollout", "status", rollout, "--output", "json"]);
        let status: Option<Value> = serde_json::from_str(&said.stdout).ok();
        status.filter(|status| status["phase"].is_string())
    }

    /// Waits until a rollout is in one of these phases and returns it.
    pub(crate) fn until_phase(&mut self, rollout: &str, phases: &[&str]) -> Value {
        self.until(rollout, |status| phases.contains(&status["phase"].as_str().unwrap()))
    }

    /// Waits until a rollout stands so and returns it.
    pub(crate) fn until(&mut self, rollout: &str, stands_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.status(rollout);
            if stands_so(&status) {
                return status;
            }
            self.process.expect_running("the rollout came so far");
            assert!(begun.elapsed() < PATIENCE, "{rollout} never came so far: {status:#}");
            std::thread::sleep(PAUSE * 5);
        }
    }

    /// The generation of the table an application is served by.
    pub(crate) fn generation(&self, application: &str) -> u64 {
        self.ask(&["describe", "application", application])["table"]["generation"].as_u64().unwrap()
    }
}

/// Runs a command to its end.
pub(crate) fn command(arguments: &[&str]) -> Said {
    let output = Command::new(binary()).args(arguments).output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The command that serves in a role.
pub(crate) fn serve(role: &str) -> Command {
    serve_of(&binary(), role)
}

/// The same of another version.
pub(crate) fn serve_of(binary: &Path, role: &str) -> Command {
    let mut command = Command::new(binary);
    command.args(["serve", "--role", role]).env("VIRIDIAN_INTERNAL_TOKEN", TOKEN);
    // Several gateways share this machine.
    command.env("VIRIDIAN_HEALTH", "127.0.0.1:0");
    command
}

/// What is tested.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os(BINARY).map_or_else(|| env!("CARGO_BIN_EXE_viridian").into(), PathBuf::from)
}

/// Reads `<who> listens on http://<address>`, with whatever a log puts before it.
pub(crate) fn address(line: &str, who: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once(&format!("{who} listens on http://"))?;
    url.trim().parse().ok()
}
