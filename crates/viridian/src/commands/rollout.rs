//! `viridian rollout`: starts, watches and orders rollouts.

mod history;
mod order;
mod start;
mod status;
mod watch;

use crate::args::RolloutVerb;
use crate::exit::Exit;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::{OrderRequest, ReachBody};

pub(super) async fn run(verb: &RolloutVerb, settings: &Settings) -> Result<Exit> {
    let plain = OrderRequest::default();
    match verb {
        RolloutVerb::Start(args) => start::run(args, settings).await,
        RolloutVerb::Status(args) => status::run(args, settings).await,
        RolloutVerb::Watch(args) => watch::run(args, settings).await,
        RolloutVerb::History(args) => history::run(args, settings).await,
        RolloutVerb::Pause(args) => order::give("pause", &args.rollout, plain, settings).await,
        RolloutVerb::Resume(args) => order::give("resume", &args.rollout, plain, settings).await,
        RolloutVerb::Promote(args) => {
            let reach = if args.full { ReachBody::Full } else { ReachBody::Step };
            let order = OrderRequest { reach: Some(reach), ..plain };
            order::give("promote", &args.rollout, order, settings).await
        }
        RolloutVerb::Abort(args) => {
            let order = OrderRequest { reason: args.reason.clone(), ..plain };
            order::give("abort", &args.rollout, order, settings).await
        }
        RolloutVerb::Rollback(args) => {
            let order = OrderRequest { reason: args.reason.clone(), ..plain };
            order::give("rollback", &args.rollout, order, settings).await
        }
    }
}
