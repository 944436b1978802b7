//! Gateways for people: in a list, or one with everything that is known of it.

use super::columns::{columns, pairs};
use super::numbers::ago;
use viridian_wire::api::GatewayBody;

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
    ])
}
