//! Orders: `pause`, `resume`, `promote`, `abort`, `rollback`.

use crate::client::escaped;
use crate::exit::Exit;
use crate::output::note;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::{OrderReceipt, OrderRequest};

/// Gives a rollout an order, in the name of whoever is logged in.
pub(super) async fn give(
    word: &str,
    rollout: &str,
    order: OrderRequest,
    settings: &Settings,
) -> Result<Exit> {
    let by = std::env::var("USER").ok().filter(|user| !user.is_empty());
    let order = OrderRequest { by: by.or_else(|| Some("cli".to_owned())), ..order };
    let path = format!("/api/v1/rollouts/{}/{word}", escaped(rollout));
    let receipt: OrderReceipt = settings.client()?.post(&path, &order).await?;
    settings.output.one(&receipt, |receipt| format!("rollout/{}: {}", receipt.rollout, receipt.order))?;
    if !receipt.durable {
        note("warning: the disk is full, so the order would be lost if the server stopped now");
    }
    Ok(Exit::Ok)
}
