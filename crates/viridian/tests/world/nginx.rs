//! NGINX before the gateway and behind it, with the connections, bodies and streams that real installations have.

use crate::chat_model::{ChatModel, Failing};
use crate::load::{Load, STEADY};
use crate::manifests::application;
use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use viridian_testkit::caller::{self, Caller};
use viridian_testkit::upstream::{Reply, Upstream};

const CHAT: &str = "/v1/chat/completions";
/// How many requests go one after the other over one connection.
const REQUESTS: usize = 200;
/// How often connections lie idle for about as long as the NGINX behind keeps them, so that some are closed just as
/// they are used again.
const IDLE_SPELLS: u64 = 12;
const RELOADS: usize = 5;
/// Longer than what the NGINX behind takes.
const TOO_LONG: usize = 8 * 1024;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs NGINX: `cargo xtask interop nginx` installs it"]
async fn before_and_behind_the_gateway() {
    let world = World::start().await;
    let connections = world.connections_are_kept_and_renewed().await;
    world.idle_connections_are_closed_without_harm().await;
    let streams = world.streams_are_whole().await;
    world.nothing_is_held_back().await;
    world.chunked_bodies_arrive().await;
    world.errors_of_nginx_pass().await;
    let reloaded = world.reloads_lose_nothing().await;
    result::tell(&format!(
        "{REQUESTS} requests over {connections} connections to NGINX, {streams} streams whole over HTTP/1.1 and 1.0, \
         first words before the last, {reloaded} requests during {RELOADS} reloads: none lost"
    ));
}

/// Callers, NGINX, Viridian, NGINX, a model server.
struct World {
    nginx: Nginx,
    viridian: Viridian,
    script: Upstream,
    _model: ChatModel,
    _home: TempDir,
}

impl World {
    async fn start() -> Self {
        let home = TempDir::new().unwrap();
        let model = ChatModel::start(Failing::Never).await;
        let script = Upstream::start().await;
        let [tuned, plain, behind, live] = free_ports();
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let applications = [application("support", &url(behind)), application("live", &url(live))];
        let viridian = Viridian::start(home.path(), &applications.join("---"), ANY_PORT);
        let ports = [
            ("GATEWAY_PORT", viridian.gateway().port()),
            ("TUNED_PORT", tuned),
            ("PLAIN_PORT", plain),
            ("BEHIND_PORT", behind),
            ("LIVE_PORT", live),
            ("MODEL_PORT", port_of(&model.url())),
            ("SCRIPT_PORT", port_of(&script.url())),
        ];
        let nginx = Nginx::start(home.path(), &ports).await;
        Self { nginx, viridian, script, _model: model, _home: home }
    }

    /// Returns over how many connections to the NGINX behind the requests went.
    async fn connections_are_kept_and_renewed(&self) -> usize {
        let mut caller = Caller::connect(self.nginx.tuned).await;
        let mut connections = HashSet::new();
        for _ in 0..REQUESTS {
            let answer = caller.post(CHAT, chat("support", false)).await;
            assert_eq!((answer.status, answer.complete), (200, true), "{}", answer.text());
            connections.insert(answer.header("x-connection").to_owned());
        }
        assert!(connections.len() < REQUESTS, "no connection to the NGINX behind was used twice");
        assert!(connections.len() > 1, "the NGINX behind closes connections, and new ones are opened");
        connections.len()
    }

    async fn idle_connections_are_closed_without_harm(&self) {
        let mut caller = Caller::connect(self.viridian.gateway()).await;
        for spell in 0..IDLE_SPELLS {
            tokio::time::sleep(Duration::from_millis(970 + 5 * spell)).await;
            let answer = caller.post(CHAT, chat("support", false)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }

    async fn streams_are_whole(&self) -> usize {
        let mut whole = 0;
        for front in [self.nginx.tuned, self.nginx.plain] {
            for _ in 0..REQUESTS / 4 {
                // NGINX says when a connection is not kept.
                let mut caller = Caller::connect(front).await;
                let answer = caller.post(CHAT, chat("support", true)).await;
                assert!(answer.complete && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
                whole += 1;
            }
        }
        whole
    }

    async fn nothing_is_held_back(&self) {
        let (act, live) = Reply::live();
        self.script.next(act);
        let mut caller = Caller::connect(self.nginx.tuned).await;
        live.send("data: {\"first\":1}\n\n");
        let mut body = caller.open(caller::post(CHAT, chat("live", true))).await.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "data: {\"first\":1}\n\n", "the first event comes before the second is sent");
        live.send("data: [DONE]\n\n");
        drop(live);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "data: [DONE]\n\n");
    }

    /// A body without a length reaches the gateway in chunks and the upstream whole.
    async fn chunked_bodies_arrive(&self) {
        self.script.always(Reply::json("{\"choices\":[]}"));
        let body = chat("live", false);
        let (begin, end) = body.split_at(body.len() / 2);
        let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\
             connection: close\r\n\r\n"
        );
        let mut connection = TcpStream::connect(self.nginx.tuned).await.unwrap();
        connection
            .write_all(format!("{head}{}{}0\r\n\r\n", chunk(begin), chunk(end)).as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(self.script.last().body, Bytes::from(body));
    }

    /// What NGINX itself refuses, in its own words, reaches the caller as it is.
    async fn errors_of_nginx_pass(&self) {
        let mut body: Value = serde_json::from_str(&chat("support", false)).unwrap();
        body["messages"][0]["content"] = json!("x".repeat(TOO_LONG));
        let answer = Caller::connect(self.viridian.gateway()).await.post(CHAT, body.to_string()).await;
        assert_eq!(answer.status, 413, "{}", answer.text());
        assert!(answer.text().contains("<center>nginx"), "{}", answer.text());
        assert_eq!(answer.header("x-viridian-release"), "v1");
    }

    /// Returns how many requests were answered while the NGINX behind was reloaded.
    async fn reloads_lose_nothing(&self) -> usize {
        let load = Load::start(self.viridian.gateway(), "support", STEADY);
        for _ in 0..RELOADS {
            load.until_more("baseline", REQUESTS).await;
            self.nginx.signal("reload");
        }
        load.until_more("baseline", REQUESTS).await;
        let served = load.served();
        let failed = served.iter().filter(|served| served.status != 200).count();
        assert_eq!((failed, load.lost()), (0, 0), "of {}", served.len());
        served.len()
    }
}

/// A running NGINX.
struct Nginx {
    directory: PathBuf,
    tuned: SocketAddr,
    plain: SocketAddr,
    _process: Process,
}

impl Nginx {
    async fn start(home: &Path, ports: &[(&str, u16)]) -> Self {
        let directory = home.join("nginx");
        std::fs::create_dir(&directory).unwrap();
        let template = include_str!("nginx.conf").replace("DIRECTORY", directory.to_str().unwrap());
        let replace = |text: String, (word, port): &(&str, u16)| text.replace(word, &port.to_string());
        std::fs::write(directory.join("nginx.conf"), ports.iter().fold(template, replace)).unwrap();
        let mut process = Process::start(&mut command(&directory));
        let address = |word| {
            let (_, port) = ports.iter().find(|(present, _)| *present == word).unwrap();
            SocketAddr::from(([127, 0, 0, 1], *port))
        };
        let (tuned, plain) = (address("TUNED_PORT"), address("PLAIN_PORT"));
        let begun = Instant::now();
        while Caller::try_connect(plain).await.is_none() {
            process.expect_running("it listened");
            assert!(begun.elapsed() < PATIENCE, "NGINX never listened");
            tokio::time::sleep(PAUSE).await;
        }
        Self { directory, tuned, plain, _process: process }
    }

    fn signal(&self, signal: &str) {
        let status = command(&self.directory).args(["-s", signal]).status().unwrap();
        assert!(status.success(), "nginx -s {signal}: {status}");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers are processes of their own, which only it can end.
        let _ = command(&self.directory).args(["-s", "stop"]).status();
    }
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf"));
    command
}

fn port_of(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

fn chat(application: &str, stream: bool) -> String {
    let messages = json!([{"role": "user", "content": "Where is my parcel?"}]);
    json!({"model": application, "messages": messages, "stream": stream}).to_string()
}
