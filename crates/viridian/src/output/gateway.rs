//! Gateways for people: in a list, or one with everything that is known of it.

use super::columns::{columns, pairs};
use super::numbers::{ago, percent, span};
use std::time::Duration;
use viridian_wire::api::GatewayBody;
use viridian_wire::operator::{Candidates, Standing};

/// Gateways in a list.
pub fn gateways_table(gateways: &[GatewayBody]) -> String {
    if gateways.is_empty() {
        return "There are no gateways.".to_owned();
    }
    let rows = gateways.iter().map(|gateway| {
        let refused: Vec<&str> = gateway.refused.iter().map(|table| table.application.as_str()).collect();
        let refused = if refused.is_empty() { "-".to_owned() } else { refused.join(", ") };
        [
            gateway.name.clone(),
            if gateway.live { "live" } else { "lost" }.to_owned(),
            format!("{} ago", ago(gateway.heard_at)),
            gateway.serving.len().to_string(),
            refused,
        ]
    });
    columns(["name", "standing", "heard", "applications", "refuses"], rows.collect())
}

/// Everything that is known of a gateway.
pub fn gateway_table(gateway: &GatewayBody) -> String {
    let serving = gateway.serving.iter();
    let serving: Vec<String> =
        serving.map(|table| format!("{} by generation {}", table.application, table.generation)).collect();
    let refused = gateway.refused.iter();
    let refused: Vec<String> =
        refused.map(|table| format!("{}: {}", table.application, table.reason)).collect();
    pairs([
        ("gateway", gateway.name.clone()),
        ("standing", if gateway.live { "live" } else { "lost" }.to_owned()),
        ("heard", format!("{} ago", ago(gateway.heard_at))),
        ("serves", serving.join(", ")),
        ("refuses", refused.join(", ")),
        ("pinned there", gateway.pinned.join(", ")),
        ("clock", clock(gateway.clock_ahead_ms)),
        ("feedback lost", gateway.lost.to_string()),
    ])
}

/// How a gateway's clock stands to the controller's. What is less than a report may take on its way is no difference.
fn clock(ahead_ms: Option<i64>) -> String {
    let Some(ahead) = ahead_ms else { return "unknown".to_owned() };
    let by = Duration::from_millis(ahead.unsigned_abs());
    match ahead {
        _ if by < Duration::from_secs(10) => "as the controller's".to_owned(),
        1.. => format!("{} ahead of the controller's", span(by)),
        _ => format!("{} behind the controller's", span(by)),
    }
}

/// What the gateway on this machine serves by.
pub fn standing_table(standing: &Standing) -> String {
    let heard = standing.heard_ago.map(|ago| format!("{} ago", span(Duration::from_millis(ago))));
    let candidates = match standing.candidates {
        Candidates::Served => "have the shares of their tables",
        Candidates::Withdrawn => "have none: the controller was not heard for too long",
    };
    let about = pairs([
        ("gateway", standing.node.to_string()),
        ("term", standing.term.to_string()),
        ("controller heard", heard.unwrap_or_else(|| "not since the start".to_owned())),
        ("candidates", candidates.to_owned()),
    ]);
    if standing.tables.is_empty() {
        return format!("{about}\n\nThere is no table to serve by.");
    }
    let rows = standing.tables.iter().map(|table| {
        [
            table.application.to_string(),
            table.generation.to_string(),
            table.baseline.to_string(),
            table.candidate.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            percent(f64::from(table.share.basis_points()) / 100.0),
            if table.pinned { "pinned" } else { "-" }.to_owned(),
        ]
    });
    let head = ["application", "generation", "baseline", "candidate", "share", "pinned"];
    format!("{about}\n\n{}", columns(head, rows.collect()))
}
