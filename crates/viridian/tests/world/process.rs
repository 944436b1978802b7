//! A process that ends, by its own id, when its handle is dropped. Entry point: [`Process::start`].

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::ops::Range;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a test waits for anything before it gives up: far beyond what it takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
/// How long it sleeps between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// Ports below those that the system gives to outgoing connections, so that none of these takes one between the moment
/// a test chooses it and the moment a server listens on it.
const FREE_PORTS: Range<u16> = 15_000..30_000;
/// How many ports one process may choose before it comes to those of the next.
const STRIDE: usize = 64;

/// A running process.
pub(crate) struct Process {
    name: String,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// What a process has cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu_seconds: f64,
    pub(crate) resident_megabytes: f64,
    /// The most it ever held.
    pub(crate) most_megabytes: f64,
}

impl Process {
    /// Starts it. What it says is kept, and shown when the test fails.
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("start {name}: {error}"));
        let said = Arc::<Mutex<Vec<String>>>::default();
        let readers = vec![
            keep(child.stdout.take().unwrap(), Arc::clone(&said)),
            keep(child.stderr.take().unwrap(), Arc::clone(&said)),
        ];
        Self { name, child, said, readers }
    }

    /// Waits until it says a line in which this finds something.
    pub(crate) fn until_it_says<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = self.said.lock().unwrap().iter().find_map(|line| find(line)) {
                return found;
            }
            self.expect_running(what);
            assert!(begun.elapsed() < PATIENCE, "{} never said {what}", self.name);
            std::thread::sleep(PAUSE);
        }
    }

    /// Panics when it has ended.
    pub(crate) fn expect_running(&mut self, what_for: &str) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended with {status} before {what_for}", self.name);
        }
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &process]).status().unwrap();
        assert!(sent.success(), "send {signal} to {}", self.name);
    }

    /// Tells it to end and waits until it has.
    pub(crate) fn end(&mut self) {
        self.signal("TERM");
        self.until_it_ends();
    }

    /// Waits until it ends by itself.
    pub(crate) fn until_it_ends(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "{} never ended", self.name);
            std::thread::sleep(PAUSE);
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has said a line with these words, which may be its last.
    pub(crate) fn until_it_has_said(&self, words: &str) {
        let begun = Instant::now();
        while !self.has_said(words) {
            assert!(begun.elapsed() < PATIENCE, "{} never said '{words}'", self.name);
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether it said a line with these words.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(words))
    }

    /// Ends it without a warning, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it has cost so far, as the kernel counts.
    pub(crate) fn cost(&self) -> Cost {
        let read = |name| std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap();
        let stat = read("stat");
        // Behind the name, which may hold spaces, the twelfth and thirteenth field are ticks of a hundredth of a second.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        let status = read("status");
        let megabytes = |name: &str| -> f64 {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        Cost {
            cpu_seconds: ticks / 100.0,
            resident_megabytes: megabytes("VmRSS:"),
            most_megabytes: megabytes("VmHWM:"),
        }
    }

    /// Ends its standard input, waits until it has ended well, and returns the last line it said.
    pub(crate) fn finish(mut self) -> String {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        assert!(status.success(), "{} ended with {status}", self.name);
        self.said.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            eprintln!("--- {} said:\n{}\n---", self.name, said.join("\n"));
        }
    }
}

/// Different ports that nobody listens on.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // Tests that run at the same time in several processes begin at different places, and those of one process go on
    // where the last one stopped.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let start = std::process::id() as usize * STRIDE;
    let next = || {
        let offset = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % FREE_PORTS.len();
        FREE_PORTS.start + u16::try_from(offset).unwrap()
    };
    std::array::from_fn(|_| {
        loop {
            let port = next();
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                break port;
            }
        }
    })
}

fn keep(stream: impl Read + Send + 'static, said: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.lock().unwrap().push(line);
        }
    })
}
