//! Plays many scripts and says what came of it. `cargo xtask simulate` runs it.

#![expect(clippy::print_stdout, reason = "it talks to the person who started it")]

use clap::Parser;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use viridian_simulation::{Script, run, shrink, tell};

/// Plays fleets in which everything goes wrong that can.
#[derive(Parser)]
struct Args {
    /// How many seeds are played.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Play one seed alone and tell what happens in it.
    #[arg(long, value_name = "SEED")]
    tell: Option<u64>,
    /// Leave failing scripts as long as they are.
    #[arg(long)]
    whole: bool,
}

/// What came of all of them.
#[derive(Default)]
struct Total {
    events: u64,
    lasted: Duration,
    failed: Vec<u64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(seed) = args.tell {
        return tell_one(seed);
    }
    let began = Instant::now();
    let total = play(&args);
    let Total { events, lasted, mut failed } = total;
    failed.sort_unstable();
    println!(
        "{} seeds from {}: {} failed, {events} events, {} hours of their time in {:.1} s",
        args.seeds,
        args.first,
        failed.len(),
        lasted.as_secs() / 3_600,
        began.elapsed().as_secs_f64()
    );
    let Some(first) = failed.first() else { return ExitCode::SUCCESS };
    println!("failed: {failed:?}");
    if !args.whole
        && let Some(shrunk) = shrink(&Script::of(*first))
    {
        println!("\nseed {first} in its shortest form:\n{shrunk}");
    }
    ExitCode::FAILURE
}

/// Plays every seed, on every processor.
fn play(args: &Args) -> Total {
    let next = AtomicU64::new(args.first);
    let end = args.first + args.seeds;
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = run(&Script::of(seed));
                    let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    total.events += outcome.events;
                    total.lasted += outcome.lasted;
                    if let Some(violation) = outcome.violation {
                        println!("seed {seed}: {violation}");
                        total.failed.push(seed);
                    }
                }
            });
        }
    });
    total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn tell_one(seed: u64) -> ExitCode {
    let script = Script::of(seed);
    println!("{script}");
    let outcome = tell(&script);
    for line in &outcome.story {
        println!("{line}");
    }
    println!("{} events in {} s", outcome.events, outcome.lasted.as_secs());
    if outcome.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
