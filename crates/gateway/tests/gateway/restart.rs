//! A gateway that starts while nobody tells it anything: it serves by what it kept.

use crate::world::config;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use viridian_core::id::{Generation, Term};
use viridian_core::routing::table::RoutingTable;
use viridian_gateway::{Config, Error, Gateway, State, StateKey};
use viridian_testkit::caller::Caller;
use viridian_testkit::table::{comparison, placement, snapshot, table};
use viridian_testkit::upstream::Upstream;
use viridian_wire::snapshot::{Delta, Snapshot, TableAnswer};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";
const KEY: StateKey = StateKey([7; 32]);

fn kept_in(directory: &Path) -> Config {
    let mut config = config();
    config.exposure_lease = Some(Config::EXPOSURE_LEASE);
    config.state = Some(State { directory: directory.to_owned(), key: KEY });
    config
}

fn start(directory: &Path) -> Gateway {
    Gateway::start(kept_in(directory)).unwrap()
}

async fn stop(gateway: Gateway) {
    gateway.drain(Duration::ZERO).await;
}

/// Of this generation, with so many basis points for the candidate.
fn at(upstream: &Upstream, generation: u64, basis_points: Option<u16>) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.generation = Generation(generation);
    let share = |basis_points| comparison(placement("v2", &upstream.url()), basis_points);
    table.comparison = basis_points.map(share);
    table
}

fn delta(tables: impl IntoIterator<Item = RoutingTable>) -> Delta {
    let Snapshot { term, keys, tables } = snapshot(tables);
    Delta { term, number: 1, keys, tables, removed: Vec::new(), complete: true }
}

fn apply(gateway: &Gateway, table: RoutingTable) -> TableAnswer {
    gateway.handle().apply(&delta([table])).answers.remove(0)
}

/// Which arm serves; a number when none does.
async fn arm(gateway: &Gateway) -> String {
    let answer = Caller::connect(gateway.local_addr()).await.post(CHAT, "{}").await;
    if answer.status == 200 { answer.header("x-viridian-arm").to_owned() } else { answer.status.to_string() }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some()).collect();
    files.sort();
    files
}

/// Two starts leave a file each: the first without a candidate, the second with one that has everything.
async fn furnished(upstream: &Upstream) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for table in [at(upstream, 1, None), at(upstream, 2, Some(10_000))] {
        let gateway = start(directory.path());
        assert_eq!(apply(&gateway, table).rejected, None);
        stop(gateway).await;
    }
    directory
}

#[tokio::test]
async fn a_gateway_serves_by_what_it_kept() {
    let upstream = Upstream::start().await;
    let directory = furnished(&upstream).await;
    for file in files(directory.path()) {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "it holds keys");
    }
    let gateway = start(directory.path());
    assert!(gateway.handle().is_ready());
    assert_eq!(arm(&gateway).await, "candidate");
    let stale = apply(&gateway, at(&upstream, 1, None));
    assert!(stale.rejected.is_some_and(|why| why.reason.contains("older")), "generations only rise");
}

#[tokio::test]
async fn without_tables_a_gateway_is_not_ready() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(directory.path());
    assert!(!gateway.handle().is_ready());
    let health = Caller::connect(gateway.local_addr()).await.get("/v2/health/ready").await;
    assert_eq!(health.status, 503);
}

/// Damages the newest file; the next start serves so, and a controller that is heard puts everything right.
async fn check(damage: impl FnOnce(&Path), expected: &str) {
    let upstream = Upstream::start().await;
    let directory = furnished(&upstream).await;
    damage(files(directory.path()).last().unwrap());
    let gateway = start(directory.path());
    assert_eq!(arm(&gateway).await, expected);
    if expected == "baseline" {
        gateway.handle().contact();
        assert_eq!(apply(&gateway, at(&upstream, 2, Some(10_000))).rejected, None);
        assert_eq!(arm(&gateway).await, "candidate");
    }
}

fn cut(file: &Path, length: impl FnOnce(u64) -> u64) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    let whole = file.metadata().unwrap().len();
    file.set_len(length(whole)).unwrap();
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn append(file: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(file).unwrap().write_all(bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_passed_over_and_exposes_nobody() {
    check(|_| {}, "candidate").await;
    check(|file| cut(file, |_| 0), "baseline").await;
    check(|file| cut(file, |whole| whole / 2), "baseline").await;
    check(|file| cut(file, |whole| whole - 1), "baseline").await;
    check(|file| cut(file, |_| (1 << 30) + 1), "baseline").await;
    // Magic, version, time, length, checksum, code, body.
    for place in [0, 8, 12, 20, 28, 60, 200] {
        check(|file| flip(file, place), "baseline").await;
    }
    check(|file| fs::remove_file(file).unwrap(), "baseline").await;
}

#[tokio::test]
async fn a_file_that_goes_on_with_something_else_is_behind() {
    check(|file| append(file, b"VIRIDIAN and then nothing"), "baseline").await;
    let repeated = |file: &Path| append(file, &fs::read(file).unwrap());
    check(repeated, "baseline").await;
}

#[tokio::test]
async fn what_was_not_finished_is_ignored_and_removed() {
    let unfinished = |file: &Path| fs::write(file.with_extension("tables.new"), b"VIRID").unwrap();
    check(unfinished, "candidate").await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("00000000000000000009.tables.new"), b"half").unwrap();
    stop(start(directory.path())).await;
    assert_eq!(files(directory.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_gateway_that_left_exposes_nobody_before_the_controller_was_heard() {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(directory.path());
    apply(&gateway, at(&upstream, 1, Some(10_000)));
    gateway.handle().retire().unwrap();
    assert_eq!(arm(&gateway).await, "candidate", "until it has ended it is as before");
    stop(gateway).await;

    let gateway = start(directory.path());
    assert_eq!(arm(&gateway).await, "baseline", "the controller has not waited for it");
    gateway.handle().contact();
    gateway.handle().apply(&delta([]));
    assert_eq!(arm(&gateway).await, "candidate");
}

#[tokio::test]
async fn files_of_another_key_are_passed_over() {
    let upstream = Upstream::start().await;
    let directory = furnished(&upstream).await;
    let mut config = kept_in(directory.path());
    config.state.as_mut().unwrap().key = StateKey([8; 32]);
    assert!(!Gateway::start(config).unwrap().handle().is_ready());
}

#[tokio::test]
async fn two_gateways_do_not_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let _first = start(directory.path());
    assert!(matches!(Gateway::start(kept_in(directory.path())), Err(Error::State { .. })));
}

/// How long after the tables were kept the next start comes, by its own clock.
async fn check_age(kept_later: Duration, started_later: Duration, expected: &str) {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let shifted = |span: Duration| {
        let config = kept_in(directory.path());
        config.clock.catch_up_with(config.clock.now().plus(span));
        Gateway::start(config).unwrap()
    };
    let gateway = shifted(kept_later);
    apply(&gateway, at(&upstream, 1, Some(10_000)));
    stop(gateway).await;
    assert_eq!(arm(&shifted(started_later)).await, expected);
}

#[tokio::test]
async fn tables_older_than_the_lease_expose_nobody() {
    let hour = Duration::from_secs(3_600);
    check_age(Duration::ZERO, Duration::from_secs(600), "candidate").await;
    check_age(Duration::ZERO, hour, "baseline").await;
    check_age(hour, Duration::ZERO, "baseline").await;
}

#[tokio::test]
async fn changes_are_added_and_five_files_are_kept() {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut generation = 0;
    for _ in 0..8 {
        let gateway = start(directory.path());
        for _ in 0..50 {
            generation += 1;
            let share = u16::try_from(generation % 2 * 5_000).unwrap();
            assert_eq!(apply(&gateway, at(&upstream, generation, Some(share))).rejected, None);
        }
        stop(gateway).await;
    }
    assert_eq!(files(directory.path()).len(), 5);
    let gateway = start(directory.path());
    let removal = Delta { removed: vec![at(&upstream, 1, None).application], ..delta([]) };
    assert_eq!(
        apply(&gateway, at(&upstream, generation, Some(0))).rejected,
        None,
        "the last one is in service"
    );
    gateway.handle().apply(&Delta { term: Term(9), ..removal });
    stop(gateway).await;
    let gateway = start(directory.path());
    assert_eq!(arm(&gateway).await, "404");
    let refused = apply(&gateway, at(&upstream, generation + 1, None)).rejected;
    assert!(refused.is_some_and(|why| why.reason.contains("term 1 is over")), "terms are kept as well");
}

/// A small file system in memory, which only root can mount.
struct Disk(TempDir);

impl Disk {
    fn mount() -> Option<Self> {
        let mount = tempfile::tempdir().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(mount.path()).stderr(Stdio::null());
        if command.status().is_ok_and(|status| status.success()) {
            return Some(Self(mount));
        }
        // Past the capture of the test runner, which hides what passing tests print.
        let _ = writeln!(std::io::stderr(), "SKIPPED: a full disk, because no tmpfs can be mounted here");
        None
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    fn fill(&self) {
        let mut filler = File::create(self.0.path().join("filler")).unwrap();
        for size in [1 << 12, 1] {
            while filler.write_all(&vec![0xff; size]).is_ok() {}
        }
    }

    fn free(&self) {
        File::create(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A gateway that has the candidate at half, and then a full disk.
fn full(disk: &Disk, upstream: &Upstream) -> Gateway {
    let gateway = start(&disk.state());
    assert_eq!(apply(&gateway, at(upstream, 1, Some(5_000))).rejected, None);
    disk.fill();
    // What is left of the last page of the file takes a few changes yet.
    for generation in 2..20 {
        let mut refresh = at(upstream, generation, Some(5_000));
        refresh.epoch = viridian_core::id::EpochId(u32::try_from(generation).unwrap());
        assert_eq!(apply(&gateway, refresh).rejected, None);
    }
    gateway
}

#[tokio::test]
async fn on_a_full_disk_no_step_forward_is_taken() {
    let upstream = Upstream::start().await;
    let Some(disk) = Disk::mount() else { return };
    let gateway = full(&disk, &upstream);
    let answer = apply(&gateway, at(&upstream, 30, Some(10_000)));
    assert_eq!(answer.serving, Generation(19));
    let reason = answer.rejected.unwrap().reason;
    assert!(reason.contains("cannot be kept on the gateway's disk"), "{reason}");
    disk.free();
    assert_eq!(apply(&gateway, at(&upstream, 31, Some(10_000))).rejected, None);
    stop(gateway).await;
    assert_eq!(arm(&start(&disk.state())).await, "candidate");
}

#[tokio::test]
async fn on_a_full_disk_a_rollback_serves_and_no_start_undoes_it() {
    let upstream = Upstream::start().await;
    let Some(disk) = Disk::mount() else { return };
    let gateway = full(&disk, &upstream);
    let answer = apply(&gateway, at(&upstream, 30, None));
    assert_eq!((answer.serving, answer.rejected), (Generation(30), None));
    assert_eq!(arm(&gateway).await, "baseline");
    stop(gateway).await;
    let gateway = start(&disk.state());
    assert!(gateway.handle().is_lease_over(), "the disk has the candidate at half");
    for _ in 0..20 {
        assert_eq!(arm(&gateway).await, "baseline");
    }
}
