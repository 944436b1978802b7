//! Runs the product against one real peer and writes what came of it into `docs/interop.md`.
//!
//! Entry point: [`interop`]. A peer is put in place by its own module; the run itself is a test of the product, in
//! `crates/viridian/tests/world`, so that whatever a peer taught once is asked for on every machine that has it.

mod former;
mod mlserver;
mod moto;
mod nginx;
mod openai_node;
mod openai_python;
mod page;
mod postgres;
mod prometheus;
mod python;

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::run;
use page::Row;

/// A real server or client. The name typed for it is also the name of its row.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Peer {
    /// The version of Viridian before this one, in the other half of the processes.
    Former,
    /// MLServer with scikit-learn models, as upstream over the Open Inference Protocol.
    Mlserver,
    /// Moto, which answers as CloudWatch does.
    Moto,
    /// NGINX, before the gateway and behind it.
    Nginx,
    /// The official OpenAI client for Node.js.
    OpenaiNode,
    /// The official OpenAI client for Python.
    OpenaiPython,
    /// PostgreSQL, asked by queries and during rollouts.
    Postgres,
    /// Prometheus, asked during rollouts and reading from Viridian.
    Prometheus,
}

/// What a run against a peer came to.
struct Outcome {
    /// The peer's version and those it depends on.
    versions: String,
    /// What the run did.
    what: &'static str,
    /// What it showed, in the words of the test.
    result: String,
}

/// Runs against a peer, prints the result and writes its row.
pub(crate) fn interop(peer: Peer) -> Result<()> {
    let (name, outcome) = match peer {
        Peer::Former => ("former", former::run()),
        Peer::Mlserver => ("mlserver", mlserver::run()),
        Peer::Moto => ("moto", moto::run()),
        Peer::Nginx => ("nginx", nginx::run()),
        Peer::OpenaiNode => ("openai-node", openai_node::run()),
        Peer::OpenaiPython => ("openai-python", openai_python::run()),
        Peer::Postgres => ("postgres", postgres::run()),
        Peer::Prometheus => ("prometheus", prometheus::run()),
    };
    let Outcome { versions, what, result } = outcome?;
    let versions = format!("{versions}; Viridian {}", env!("CARGO_PKG_VERSION"));
    let row = Row { peer: name, versions, date: today()?, what, result };
    println!("{row}");
    page::write(&row)
}

fn today() -> Result<String> {
    let date = run::output(Command::new("date").args(["--utc", "+%F"]))?;
    Ok(date.trim().to_owned())
}
