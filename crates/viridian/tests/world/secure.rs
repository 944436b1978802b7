//! Controller and gateways that show each other certificates, in processes of their own.

use crate::apart::APPLICATION;
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::process::{Process, free_ports};
use crate::viridian::{address, command, serve};
use bytes::Bytes;
use http::Request;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use viridian_testkit::authority::{Authority, Files};
use viridian_testkit::caller::{Answer, Caller};
use viridian_testkit::upstream::{Reply, Upstream};

/// A controller that shows a certificate and asks gateways for theirs.
struct World {
    home: TempDir,
    controller: Process,
    servers: Authority,
    clients: Authority,
    internal: u16,
    _upstream: Upstream,
}

impl World {
    async fn start() -> Self {
        let (home, servers, clients) = (TempDir::new().unwrap(), Authority::new(), Authority::new());
        let upstream = Upstream::start().await;
        upstream.always(Reply::json("{}"));
        let manifest = manifests::two_releases(APPLICATION, "request", [&upstream.url(), &upstream.url()]);
        std::fs::write(home.path().join("viridian.yaml"), manifest).unwrap();
        let shown = servers.issue("localhost").write(home.path(), "controller");
        let asked = clients.write(home.path(), "gateways.crt");
        let [internal] = free_ports();
        let mut controller = serve("controller");
        controller.arg("--data-dir").arg(home.path().join("data"));
        controller.arg("--file").arg(home.path().join("viridian.yaml"));
        controller.args(["--admin", "127.0.0.1:0", "--internal", &format!("0.0.0.0:{internal}")]);
        controller.arg("--internal-certificate").arg(shown.certificate);
        controller.arg("--internal-key").arg(shown.key);
        controller.arg("--internal-client-ca").arg(asked);
        let mut controller = Process::start(&mut controller);
        controller.until_it_says("where gateways come in", |line| line.contains("on https://").then_some(()));
        Self { home, controller, servers, clients, internal, _upstream: upstream }
    }

    /// What starts a gateway that trusts an authority and shows a certificate.
    fn gateway(&self, host: &str, trusts: &Authority, shows: Option<&Files>) -> Command {
        self.gateway_named("gw-1", host, trusts, shows)
    }

    /// The same of a gateway of this name.
    fn gateway_named(&self, node: &str, host: &str, trusts: &Authority, shows: Option<&Files>) -> Command {
        let mut gateway = serve("gateway");
        gateway.arg("--data-dir").arg(self.home.path().join("gateways"));
        gateway.args(["--node", node, "--listen", "127.0.0.1:0", "--workers", "1"]);
        gateway.args(["--controller", &format!("https://{host}:{}", self.internal)]);
        let file = if std::ptr::eq(trusts, &self.servers) { "servers.crt" } else { "others.crt" };
        gateway.arg("--controller-ca").arg(trusts.write(self.home.path(), file));
        if let Some(Files { certificate, key }) = shows {
            gateway.arg("--controller-certificate").arg(certificate).arg("--controller-key").arg(key);
        }
        gateway
    }

    fn own(&self) -> Files {
        self.clients.issue("gw-1").write(self.home.path(), "gw-1")
    }
}

fn until_it_says(process: &mut Process, words: &str) {
    process.until_it_says(words, |line| line.contains(words).then_some(()));
}

async fn ask(health: SocketAddr, path: &str) -> Answer {
    let request = Request::get(path).header("host", health.to_string()).body(Bytes::new()).unwrap();
    Caller::connect(health).await.send(request).await
}

/// A running gateway, where it serves callers and where it tells of its health.
fn start(gateway: &mut Command) -> (Process, SocketAddr, SocketAddr) {
    let mut process = Process::start(gateway);
    let listens = process.until_it_says("where it listens", |line| address(line, "gateway"));
    let health = process.until_it_says("where it tells of its health", |line| {
        line.split_once("health is told on http://")?.1.trim().parse().ok()
    });
    (process, listens, health)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_serves_over_certificates_and_a_new_one_is_taken_without_a_restart() {
    let mut world = World::start().await;
    let shows = world.own();
    let (mut gateway, listens, health) = start(&mut world.gateway("localhost", &world.servers, Some(&shows)));
    let load = Load::start(listens, APPLICATION, STEADY);
    while ask(health, "/readyz").await.status != 200 {
        tokio::time::sleep(crate::process::PAUSE).await;
    }
    load.until_more("baseline", 20).await;

    // Half of the next certificate, then all of it; the last one is of an authority the gateway does not trust.
    let others = Authority::new();
    let next = others.issue("localhost");
    std::fs::write(world.home.path().join("controller.crt"), &next.certificate).unwrap();
    until_it_says(&mut world.controller, "cannot be used, the one before stays");
    next.write(world.home.path(), "controller");
    until_it_says(&mut world.controller, "changed and is in use");
    gateway.kill();
    let (mut again, _, health) = start(&mut world.gateway("localhost", &world.servers, Some(&shows)));
    until_it_says(&mut again, "its certificate was signed by no authority that is trusted here");
    assert_eq!(ask(health, "/readyz").await.status, 200, "it serves by the tables on its disk");
    // The gateway's own files change, and it comes again by itself.
    others.write(world.home.path(), "servers.crt");
    until_it_says(&mut world.controller, "does not trust the authority");
    until_it_says(&mut again, "certificate for the controller changed and is in use");
    let metrics = loop {
        let metrics = ask(health, "/metrics").await.text().to_owned();
        if metrics.contains("viridian_controller_silence_seconds") {
            break metrics;
        }
        tokio::time::sleep(crate::process::PAUSE).await;
    };
    for name in ["viridian_tables 1", "viridian_internal_certificate_expires_in_seconds", "viridian_requests"]
    {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_trusted_is_told_why_and_so_is_the_controller() {
    let mut world = World::start().await;
    let own = world.own();
    let strange = Authority::new().issue("gw-1").write(world.home.path(), "strange");
    let nobody = Authority::new();
    for (mut gateway, told, said) in [
        (
            world.gateway("localhost", &nobody, Some(&own)),
            "signed by no authority that is trusted here",
            "does not trust the authority that signed our certificate",
        ),
        (world.gateway("127.0.0.1", &world.servers, Some(&own)), "is not for", "by a name that is not in it"),
        (
            world.gateway("localhost", &world.servers, None),
            "lets nobody in without a certificate",
            "it showed no certificate",
        ),
        (
            world.gateway("localhost", &world.servers, Some(&strange)),
            "does not trust the authority that signed our certificate",
            "its certificate was signed by no authority that is trusted here",
        ),
    ] {
        let (mut gateway, listens, health) = start(&mut gateway);
        until_it_says(&mut gateway, told);
        until_it_says(&mut world.controller, said);
        assert_eq!(ask(health, "/healthz").await.status, 200);
        let answer = ask(health, "/readyz").await;
        assert_eq!((answer.status, answer.text()), (503, "there is no table to serve by yet\n"));
        assert_eq!(ask(listens, &format!("/apps/{APPLICATION}/v1/models")).await.status, 404);
    }
}

/// A gateway whose certificate is sound and another's: it serves nobody, and nothing is known of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_its_certificate_does_not_name_is_told_so_at_both_ends() {
    let mut world = World::start().await;
    for (names, told) in [
        (vec!["gw-2", "10.0.0.1"], "its certificate names gw-2, and it speaks for 'gw-1'"),
        (vec![], "its certificate names no host, and it speaks for 'gw-1'"),
        (vec!["*.gateways.test"], "its certificate names *.gateways.test, and it speaks for 'gw-1'"),
    ] {
        let another = world.clients.issue_for(&names).write(world.home.path(), "another");
        let (mut gateway, _, health) = start(&mut world.gateway("localhost", &world.servers, Some(&another)));
        until_it_says(&mut gateway, &format!("refused with 403 Forbidden: {told}"));
        until_it_says(&mut world.controller, told);
        assert_eq!(ask(health, "/readyz").await.status, 503);
    }
}

/// The same name as a wildcard stands for.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_a_wildcard_stands_for_is_served() {
    let world = World::start().await;
    let shared = world.clients.issue_for(&["*.gateways.test"]).write(world.home.path(), "shared");
    let mut gateway = world.gateway_named("gw-1.gateways.test", "localhost", &world.servers, Some(&shared));
    let (_gateway, _, health) = start(&mut gateway);
    while ask(health, "/readyz").await.status != 200 {
        tokio::time::sleep(crate::process::PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_at_both_ends() {
    let mut world = World::start().await;
    let own = world.own();
    let mut gateway = world.gateway("localhost", &world.servers, Some(&own));
    gateway.env("VIRIDIAN_INTERNAL_TOKEN", "something else");
    let mut gateway = Process::start(&mut gateway);
    until_it_says(&mut gateway, "the internal token is missing or wrong");
    until_it_says(&mut world.controller, "the internal token is missing or wrong");
}

#[test]
fn what_would_cross_a_network_in_the_clear_is_refused() {
    let home = TempDir::new().unwrap();
    let refused = |arguments: &[&str], home: &Path| {
        let home = home.to_str().unwrap();
        let shared = ["serve", "--data-dir", home, "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
        let said = command(&[&shared, arguments].concat());
        assert_eq!(said.code, Some(1), "{}", said.stderr);
        said.stderr
    };
    let token = home.path().join("token");
    std::fs::write(&token, "between us").unwrap();
    let token = ["--internal-token-file", token.to_str().unwrap()];
    let listens = [&["--role", "controller", "--internal", "0.0.0.0:0"], &token[..]].concat();
    let said = refused(&listens, home.path());
    assert!(said.contains("in the clear: give --internal-certificate and --internal-key"), "{said}");
    let comes = ["--role", "gateway", "--node", "gw-1", "--health", "127.0.0.1:0", "--controller"];
    let comes = [&comes[..], &["http://controller.test:8082"], &token[..]].concat();
    let said = refused(&comes, home.path());
    assert!(said.contains("in the clear: give an https:// address"), "{said}");
}
