//! The verbs, one file each. Entry point: [`run`].

mod apply;
mod backup;
mod check;
mod describe;
mod experiment;
mod explain;
mod files;
mod gateway;
mod get;
mod init;
mod plan;
mod proposed;
mod rollout;
mod simulate;
mod wait;

use crate::args::{Arguments, Verb};
use crate::exit::Exit;
use crate::settings::Settings;
use anyhow::{Context, Result};
use std::future::Future;

/// Carries out a verb.
///
/// # Errors
/// Whatever kept it from being done, for people.
pub(crate) fn run(arguments: Arguments) -> Result<Exit> {
    let settings = Settings::new(arguments.shared);
    match arguments.verb {
        Verb::Demo(args) => crate::demo::run(&args),
        Verb::Serve(args) => crate::serve::run(&args),
        Verb::Init(args) => init::run(&args),
        Verb::Check(args) => check::run(&args, &settings),
        Verb::Apply(args) => wait_for(apply::run(&args, &settings)),
        Verb::Get(args) => wait_for(get::run(&args, &settings)),
        Verb::Describe(args) => wait_for(describe::run(&args, &settings)),
        Verb::Explain(args) => wait_for(explain::run(&args, &settings)),
        Verb::Rollout(verb) => wait_for(rollout::run(&verb, &settings)),
        Verb::Experiment(verb) => wait_for(experiment::run(&verb, &settings)),
        Verb::Gateway(verb) => wait_for(gateway::run(&verb, &settings)),
        Verb::Plan(args) => wait_for(plan::run(&args, &settings)),
        Verb::Simulate(args) => simulate::run(&args, &settings),
        Verb::Backup(args) => backup::backup(&args),
        Verb::Restore(args) => backup::restore(&args),
        Verb::Schema => {
            let schema = serde_json::to_string_pretty(&viridian_wire::manifest::schema())?;
            settings.output.text(&schema)?;
            Ok(Exit::Ok)
        }
        Verb::Openapi => {
            settings.output.text(&viridian_api::openapi())?;
            Ok(Exit::Ok)
        }
    }
}

/// Runs a verb that talks to a control plane, until it is done or a person presses Ctrl-C.
fn wait_for(verb: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime for network calls")?;
    runtime.block_on(async {
        tokio::select! {
            done = verb => done,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
        }
    })
}
