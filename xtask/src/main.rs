//! The task runner of the project: `cargo xtask <verb>` is the only command that people and CI need.
//!
//! Entry point: `main` reads the verb and hands over to the module of the same name. What a verb does, and how, is
//! written there; this file only knows their names.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the person who started it"
)]

mod bench;
mod check;
mod demo;
mod dependencies;
mod fault;
mod faults;
mod fix;
mod generated;
mod install;
mod interop;
mod mutants;
mod policy;
mod project;
mod properties;
mod rates;
mod run;
mod simulate;
mod test;
mod tidy;
mod world;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The task runner of Viridian.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build the release binary and run `viridian demo` with these arguments.
    Demo {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Install what the tests need, then run everything that CI runs; the tests come last.
    Test,
    /// Formatting, lints, docs, dependencies, tidiness and generated files; changes no source file.
    Check,
    /// Format, apply the lints' suggestions and write the generated files anew.
    Fix,
    /// The rules of the house that the compiler does not know.
    Tidy,
    /// Measure the product, on the release build.
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// The tests of faults that take longer or measure, on the release build.
    Faults,
    /// Run against one real peer and write what came of it into `docs/interop.md`.
    Interop {
        /// The peer.
        #[arg(value_enum)]
        peer: interop::Peer,
    },
    /// Play fleets in which something goes wrong, with these arguments for the simulation.
    Simulate {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Seed the defects of `xtask/mutants.toml`, or those named, and fail when the tests do not find one.
    Mutants {
        /// Defects by name; all of them when absent.
        names: Vec<String>,
    },
    /// How often the judge and its estimators are wrong, by simulation, at the size that a night has time for.
    Rates {
        /// Simulated rollouts of each case.
        #[arg(long, default_value_t = 2_000)]
        runs: u64,
    },
    /// The tests with many more cases of each property than CI draws, and every time others.
    Properties {
        /// Cases of each property.
        #[arg(long, default_value_t = 20_000)]
        cases: u32,
    },
    /// Licences, bans, version floors and the defence of every dependency.
    Dependencies,
}

fn main() -> ExitCode {
    let outcome = match Args::parse().verb {
        Verb::Demo { args } => demo::demo(&args),
        Verb::Test => test::test().map(|()| ExitCode::SUCCESS),
        Verb::Check => check::check().map(|()| ExitCode::SUCCESS),
        Verb::Fix => fix::fix().map(|()| ExitCode::SUCCESS),
        Verb::Tidy => tidy::tidy().map(|()| ExitCode::SUCCESS),
        Verb::Bench { bench } => bench::bench(bench).map(|()| ExitCode::SUCCESS),
        Verb::Faults => faults::faults().map(|()| ExitCode::SUCCESS),
        Verb::Interop { peer } => interop::interop(peer).map(|()| ExitCode::SUCCESS),
        Verb::Simulate { args } => simulate::simulate(&args),
        Verb::Mutants { names } => mutants::mutants(&names).map(|()| ExitCode::SUCCESS),
        Verb::Rates { runs } => rates::rates(runs).map(|()| ExitCode::SUCCESS),
        Verb::Properties { cases } => properties::properties(cases).map(|()| ExitCode::SUCCESS),
        Verb::Dependencies => dependencies::check().map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_stands_behind_demo_belongs_to_the_demo() {
        let args = Args::parse_from(["xtask", "demo", "--keep", "--seed", "7"]);
        let Verb::Demo { args } = args.verb else { panic!("another verb") };
        assert_eq!(args, ["--keep", "--seed", "7"]);
    }
}
