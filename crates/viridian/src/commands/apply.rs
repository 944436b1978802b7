//! `viridian apply`: sends manifests to the control plane, which applies all of them or none.

use super::files::{Manifests, show, show_nothing};
use crate::args::ApplyArgs;
use crate::exit::Exit;
use crate::output::note;
use crate::settings::Settings;
use anyhow::Result;
use std::fmt::Write;
use viridian_wire::api::{ApplyRequest, ApplyResult, Change, TakeoverBody};

pub(super) async fn run(args: &ApplyArgs, settings: &Settings) -> Result<Exit> {
    let Manifests { texts, reading } = Manifests::load(&args.files)?;
    let is_all_read = reading.open().is_empty();
    match reading.finish() {
        Ok(documents) if documents.is_empty() && is_all_read => {
            show_nothing(&texts);
            return Ok(Exit::Invalid);
        }
        Ok(_) => {}
        Err(faults) => {
            show(&faults, &texts);
            return Ok(Exit::Invalid);
        }
    }
    let takeover = if args.supersede { TakeoverBody::Supersede } else { TakeoverBody::Refuse };
    let request = ApplyRequest { manifests: texts, takeover, retry_rejected: args.retry_rejected };
    let path = format!("/api/v1/apply?dryRun={}", args.dry_run);
    let result: ApplyResult = settings.client()?.post(&path, &request).await?;
    for (change, warning) in warnings(&result) {
        note(format_args!("warning: {} {}: {warning}", change.kind, change.name));
    }
    settings.output.one(&result, draw)?;
    Ok(Exit::Ok)
}

fn warnings(result: &ApplyResult) -> impl Iterator<Item = (&Change, &String)> {
    result.changes.iter().flat_map(|change| change.warnings.iter().map(move |warning| (change, warning)))
}

fn draw(result: &ApplyResult) -> String {
    let mut text = String::new();
    for change in &result.changes {
        let not_done = if result.dry_run { " (dry run)" } else { "" };
        let kind = change.kind.to_lowercase();
        let _ = writeln!(text, "{kind}/{} {}{not_done}", change.name, change.action);
    }
    text
}
