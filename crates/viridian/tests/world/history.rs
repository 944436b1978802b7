//! What the log of a rollout has to be, whatever happened to the processes. Entry point: [`expect_sound`].

use crate::viridian::Viridian;
use serde_json::Value;

/// Every transition is in the log once, in order: one entry per transition, each share of the plan reached once and none
/// left out, and nothing after the end.
pub(crate) fn expect_sound(viridian: &Viridian, rollout: &str, end: &str, shares: &[f64]) {
    let status = viridian.status(rollout);
    let history = viridian.ask(&["rollout", "history", rollout]);
    let entries = history["entries"].as_array().unwrap();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let started = entries.iter().filter(|entry| entry["kind"] == "started").count();
    assert_eq!(started, 1, "{history:#}");
    let moves: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "moved").collect();
    assert_eq!(moves.len() as u64, status["sequence"].as_u64().unwrap(), "{history:#}");
    let ends = moves.iter().filter(|entry| entry["phase"] == end).count();
    assert_eq!((ends, moves.last().unwrap()["phase"].as_str()), (1, Some(end)), "{history:#}");
    let away =
        moves.iter().take_while(|entry| entry["phase"] != "RollingBack" && entry["phase"] != "Promoted");
    let mut reached: Vec<f64> = away.map(|entry| entry["weight"].as_f64().unwrap()).collect();
    reached.dedup();
    assert_eq!(reached, shares[..reached.len()], "{history:#}");
    assert!(end != "Promoted" || reached.len() == shares.len(), "{history:#}");
}
