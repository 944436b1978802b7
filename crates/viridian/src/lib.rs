//! The parts of the `viridian` binary, as a library so that tests can start them in a process of their own.
//!
//! [`run`] is the program: it reads the command line ([`args`]), carries out one verb ([`commands`]) and says by its
//! exit how that went ([`exit`]). Verbs talk to a control plane through [`client`] and print through [`output`].

pub mod args;
mod client;
mod commands;
mod demo;
mod exit;
pub mod output;
pub mod serve;
mod settings;

pub use exit::Exit;
pub use settings::read_token;

use args::Arguments;
use clap::Parser;
use std::io;
use std::process::ExitCode;

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    // A wrong command line ends here, with the exit code 2.
    let arguments = Arguments::parse();
    let exit = commands::run(arguments).unwrap_or_else(|error| report(&error));
    exit.into()
}

/// Says what went wrong. A reader that went away, as `head` does, is none of it.
fn report(error: &anyhow::Error) -> Exit {
    if let Some(error) = error.downcast_ref::<io::Error>()
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        return Exit::Ok;
    }
    output::error(error);
    if error.is::<exit::Usage>() {
        return Exit::Invalid;
    }
    let refused = error.downcast_ref::<client::Error>().and_then(client::Error::problem);
    let unfit = error.downcast_ref::<viridian_api::Error>().map(viridian_api::Error::problem);
    let Some(problem) = refused.cloned().or(unfit) else { return Exit::Error };
    for fault in &problem.errors {
        output::note(format_args!("  {fault}"));
    }
    if problem.code == "rejected" {
        output::note("  to try it again all the same, add --retry-rejected");
    }
    if matches!(problem.status, 400 | 415 | 422) { Exit::Invalid } else { Exit::Error }
}
