//! A real PostgreSQL that is asked during rollouts: what a table says of a candidate decides over the candidate, over TLS and
//! with a password, and whatever else a query comes to is a reason.

use crate::load::{Load, Who};
use crate::manifests;
use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_core::environment::SecretReference;
use viridian_core::id::SourceName;
use viridian_core::question::Question;
use viridian_core::source::{Source, SourceKind};
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::source::{Measured, read};
use viridian_testkit::authority::Authority;
use viridian_testkit::upstream::Upstream;

const APPLICATION: &str = "parcels";
const ILL: &str = "parcels-ill";
const WELL: &str = "parcels-well";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] = ["weight: 50%", "analysis: {minSamples: 100}", "bake: {for: 1s, minSamples: 100}"];
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(8);
/// As many outcomes of the baseline as a comparison asks for before it begins.
const CALIBRATED: usize = 550;
const PASSWORD: &str = "correct horse";
/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// How long a query may take in the tests of what takes longer.
const LIMIT: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: `cargo xtask interop postgres` installs it"]
async fn asked_during_rollouts() {
    let home = TempDir::new().unwrap();
    let postgres = Postgres::start(home.path()).await;
    let answers = what_a_query_comes_to(home.path(), &postgres).await;
    let mut world = World::start(home.path(), &postgres).await;
    let unknown = world.what_is_unknown_holds_the_rollout_up();
    let rolled_back = world.what_is_ill_is_rolled_back();
    world.what_is_well_is_promoted();
    assert_eq!(world.load.lost(), 0);
    result::tell(&format!(
        "{answers} answers read as they should be; over TLS with a password {unknown} kinds of unknown held the rollout up, 12.5 \
         rolled it back within {:.1} s, and 0 let the next be promoted",
        rolled_back.as_secs_f64()
    ));
}

/// Every answer a query may have, asked directly; returns how many.
async fn what_a_query_comes_to(home: &Path, postgres: &Postgres) -> usize {
    postgres.run("CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 3)");
    let clear = |user: &str, database: &str| {
        let port = postgres.port;
        format!("postgres://{user}:correct%20horse@localhost:{port}/{database}?sslmode=disable")
    };
    let owner = clear("owner", "postgres");
    let expected: Vec<(&str, Result<f64, &str>)> = vec![
        ("SELECT 8.5", Ok(8.5)),
        ("SELECT count(*) FROM kept;", Ok(3.0)),
        ("WITH a AS (SELECT n FROM kept) SELECT avg(n)::numeric(9,4) AS mean FROM a -- a comment", Ok(2.0)),
        ("SELECT 1 AS value, now() AS at, 'ms' AS unit", Ok(1.0)),
        ("SELECT length({{release}})", Ok(10.0)),
        ("SELECT 1 WHERE {{release}} = 'parcels-v2' AND {{rollout}} = 'x''; drop table kept; --'", Ok(1.0)),
        ("SELECT 'NaN'::numeric", Ok(f64::NAN)),
        ("SELECT 'Infinity'::float8", Ok(f64::INFINITY)),
        ("SELECT sum(n) FROM kept WHERE n > 9", Err("null where a number was expected")),
        ("SELECT n FROM kept WHERE n > 9", Err("the query has no row")),
        ("SELECT n FROM kept", Err("several rows where one was expected")),
        ("SELECT 1 AS a, 2 AS b", Err("2 columns where one was expected")),
        ("SELECT 1 AS value, 's' AS unit", Err("it answers in s, and ms was expected")),
        ("SELECT 1 AS value, now()::timestamp AS at", Err("where a moment was expected")),
        ("SELECT repeat('1', 10000000)", Err("its row is larger than")),
        ("SELECT nothing", Err("column \"nothing\" does not exist (code 42703)")),
        ("SELECT pg_sleep(60)::text", Err("no answer within 700 ms")),
        ("DELETE FROM kept RETURNING n", Err("it answers an error")),
        ("WITH gone AS (DELETE FROM kept RETURNING n) SELECT 1", Err("it answers an error")),
        ("SELECT 1) AS a; DELETE FROM kept; SELECT (1", Err("it answers an error")),
        ("SELECT nextval('counted')", Err("read-only transaction (code 25006)")),
    ];
    postgres.run("CREATE SEQUENCE counted");
    for (query, expected) in &expected {
        let found = ask(home, &owner, query).await;
        match (&found, expected) {
            (Ok(found), Ok(value)) => {
                assert!(
                    found.value == *value || found.value.is_nan() && value.is_nan(),
                    "{query}: {found:?}"
                );
            }
            (Err(why), Err(part)) => assert!(why.contains(part), "{query}: {why}"),
            _ => panic!("{query}: {found:?}"),
        }
    }
    assert_eq!(postgres.run("SELECT count(*) FROM kept"), "3");
    // A query that nobody waits for any more does not go on.
    let begun = Instant::now();
    while postgres.run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND application_name = 'viridian'") != "0" {
        assert!(begun.elapsed() < Duration::from_secs(30), "it goes on");
        std::thread::sleep(PAUSE);
    }
    let refused = [
        (owner.replace("horse", "cow"), "it refuses the user or the password (code 28P01)"),
        (clear("owner", "elsewhere"), "it has no such database (code 3D000)"),
        (owner.replace("disable", "require"), "invalid peer certificate"),
    ];
    for (connection, part) in &refused {
        let found = ask(home, connection, "SELECT 1").await;
        assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}");
    }
    expected.len() + refused.len()
}

async fn ask(home: &Path, connection: &str, query: &str) -> Result<Measured, String> {
    let file = home.join("asked");
    std::fs::write(&file, connection).unwrap();
    let source = Source {
        name: SourceName::parse("orders").unwrap(),
        url: None,
        kind: SourceKind::Sql { connection: SecretReference::File(file.display().to_string()) },
        timeout: LIMIT,
        retries: 0,
    };
    let names = ["parcels-v2", "green", "parcels", "x'; drop table kept; --"].map(str::to_owned);
    let question = Question {
        query: query.to_owned(),
        unit: Some("ms".to_owned()),
        names,
        oldest: Duration::from_secs(90),
    };
    read(&Client::new(), &source, &question, Timestamp(0)).await.map_err(|error| error.to_string())
}

/// Two releases that callers cannot tell from each other, and a table that tells them apart.
struct World<'a> {
    home: &'a Path,
    postgres: &'a Postgres,
    viridian: Viridian,
    load: Load,
}

impl<'a> World<'a> {
    async fn start(home: &'a Path, postgres: &'a Postgres) -> Self {
        postgres.run("CREATE TABLE said (release text, value numeric, at timestamptz, unit text)");
        let (first, second) = (Upstream::start().await, Upstream::start().await);
        let asked = "  sources: {orders: {sql: {connection: 'env:ORDERS', timeout: 2s}}}
  gauges:
  - name: refunds
    source: orders
    query: SELECT value, at, unit FROM said WHERE release = {{release}}
    atMost: 5
    unit: 1/h
    every: 1s
    times: 2
  guards:";
        let releases = manifests::two_releases(APPLICATION, "request", [&first.url(), &second.url()]);
        let connection = format!("host=localhost port={} user=owner password='{PASSWORD}'", postgres.port);
        let connection = format!("{connection} dbname=postgres sslmode=require");
        let authority = postgres.authority.display().to_string();
        let environment = [("ORDERS", connection.as_str()), ("SSL_CERT_FILE", &authority)];
        let manifest = releases.replacen("  guards:", asked, 1);
        let viridian = Viridian::start_in(home, &manifest, ANY_PORT, &environment);
        let load = Load::start_for(Who::Nobody, viridian.gateway(), APPLICATION, PACE);
        load.until_more("baseline", CALIBRATED).await;
        Self { home, postgres, viridian, load }
    }

    /// What the table says of the candidate, with these values.
    fn says(&self, rows: &str) {
        let rows = if rows.is_empty() { String::new() } else { format!("INSERT INTO said VALUES {rows};") };
        self.postgres.run(&format!("BEGIN; DELETE FROM said; {rows} COMMIT"));
    }

    fn what_is_unknown_holds_the_rollout_up(&mut self) -> usize {
        self.start_rollout(ILL);
        let kinds = [
            ("", "the query has no row"),
            ("('parcels-v1', 0, now(), '1/h')", "the query has no row"),
            ("('parcels-v2', NULL, now(), '1/h')", "null where a number was expected"),
            ("('parcels-v2', 'NaN', now() + '1 day', '1/h')", "its value is NaN"),
            ("('parcels-v2', 12.5, now() - interval '1 day', '1/h')", "its latest value is 24h"),
            ("('parcels-v2', 12.5, now() + '1 day', '1/s')", "it answers in 1/s, and 1/h was expected"),
            ("('parcels-v2', 0, now(), '1/h'), ('parcels-v2', 0, now(), '1/h')", "several rows"),
        ];
        for (rows, part) in kinds {
            self.says(rows);
            self.viridian.until(ILL, |status| {
                let waits = status["waitsFor"].as_str();
                waits.is_some_and(|waits| waits.contains("refunds is unknown") && waits.contains(part))
            });
        }
        kinds.len()
    }

    fn what_is_ill_is_rolled_back(&mut self) -> Duration {
        let begun = Instant::now();
        self.says("('parcels-v2', 12.5, now() + '1 day', '1/h')");
        let end = self.viridian.until_phase(ILL, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{end:#}");
        assert_eq!(
            end["reason"], "refunds is 12.5 1/h, and should be at most 5, 2 times in a row",
            "{end:#}"
        );
        begun.elapsed()
    }

    fn what_is_well_is_promoted(&mut self) {
        self.says("('parcels-v2', 0, now() + '1 day', '1/h')");
        self.start_rollout(WELL);
        let end = self.viridian.until_phase(WELL, &ENDS);
        assert_eq!(end["phase"], "Promoted", "{end:#}");
        let told = self.viridian.run(&["explain", WELL]).stdout;
        assert!(told.contains("refunds is 0 1/h, at most 5 as it should be"), "{told}");
        assert!(!told.contains(PASSWORD), "{told}");
    }

    fn start_rollout(&self, name: &str) {
        self.viridian.start_rollout(self.home, &manifests::rollout(name, APPLICATION, &STEPS));
    }
}

/// A PostgreSQL with a cluster of its own.
struct Postgres {
    port: u16,
    /// Who signed its certificate.
    authority: PathBuf,
    process: Process,
}

impl Postgres {
    async fn start(home: &Path) -> Self {
        let programs = programs();
        // It refuses to run as root, and so must be let into the directory of the test.
        std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = home.join("cluster");
        std::fs::create_dir(&data).unwrap();
        let (authority, password) = (Authority::new(), home.join("password"));
        let issued = authority.issue("localhost");
        std::fs::write(&password, PASSWORD).unwrap();
        let (certificate, key) = (home.join("server.pem"), home.join("server.key"));
        std::fs::write(&certificate, issued.certificate).unwrap();
        std::fs::write(&key, issued.key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(&data).arg(&key).status().unwrap();
            assert!(given.success(), "give the cluster to postgres");
        }
        let mut made = unprivileged(&programs.join("initdb"));
        made.arg("--pgdata").arg(&data).arg("--pwfile").arg(&password);
        made.args(["--username=owner", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]);
        let made = made.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let [port] = free_ports();
        let mut command = unprivileged(&programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", certificate.display()),
            format!("ssl_key_file={}", key.display()),
        ] {
            command.arg("-c").arg(setting);
        }
        let process = Process::start(&mut command);
        let authority = authority.write(home, "authority.pem");
        let mut postgres = Self { port, authority, process };
        postgres.until_it_answers();
        postgres
    }

    fn until_it_answers(&mut self) {
        let begun = Instant::now();
        while self.psql("SELECT 1").is_err() {
            self.process.expect_running("it answered");
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL never answered");
            std::thread::sleep(PAUSE);
        }
    }

    /// What a statement says, as its owner.
    fn run(&self, statement: &str) -> String {
        self.psql(statement).unwrap_or_else(|why| panic!("{statement}: {why}"))
    }

    fn psql(&self, statement: &str) -> Result<String, String> {
        let mut command = Command::new("psql");
        command.args(["--host=127.0.0.1", "--username=owner", "--dbname=postgres", "--no-psqlrc"]);
        command.args(["--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"]);
        command.arg(format!("--port={}", self.port)).arg("--command").arg(statement);
        let said = command.env("PGPASSWORD", PASSWORD).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if said.status.success() { Ok(text(&said.stdout)) } else { Err(text(&said.stderr)) }
    }
}

/// Where the programs of the newest version are.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).unwrap().map(|entry| entry.unwrap().path());
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    versions.max_by_key(number).unwrap().join("bin")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A program of PostgreSQL, as somebody it is willing to run as.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}
