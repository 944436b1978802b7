//! From a proposal back to its document: [`write()`]. Reading what was written gives the same proposal.

use crate::manifest::document;
use crate::manifest::text::quantity;
use serde_json::{Value, json};
use viridian_core::rollout::plan::{
    Bake, BlueGreen, Proposal, Rejection, Smoke, SmokeRequest, Step, Strategy,
};

/// Writes a proposal.
pub(crate) fn write(proposal: &Proposal) -> Value {
    let policy = &proposal.policy;
    let spec = json!({
        "application": proposal.application,
        "candidate": proposal.candidate,
        "strategy": strategy(&proposal.strategy),
        "onInsufficientData": policy.on_insufficient,
        "maxHold": quantity::duration_text(policy.max_hold),
        "patience": quantity::duration_text(policy.patience),
        "riskBudget": policy.risk_budget.to_string(),
        "warmup": policy.warmup,
        "rollback": {"rejectRelease": policy.rejection == Rejection::Reject},
    });
    document::write("Rollout", proposal.name.as_str(), spec)
}

fn strategy(strategy: &Strategy) -> Value {
    match strategy {
        Strategy::Canary { steps } => {
            let steps: Vec<Value> = steps.iter().map(step).collect();
            json!({"canary": {"steps": steps}})
        }
        Strategy::BlueGreen(BlueGreen { smoke, trial, bake }) => {
            let mut written = json!({"smoke": self::smoke(smoke), "bake": self::bake(bake)});
            if let Some(trial) = trial {
                written["trial"] = json!(trial.to_string());
            }
            json!({"blueGreen": written})
        }
    }
}

fn step(step: &Step) -> Value {
    match step {
        Step::Smoke(smoke) => json!({"smoke": self::smoke(smoke)}),
        Step::Weight(weight) => json!({"weight": weight.to_string()}),
        Step::Analysis { min_samples } => json!({"analysis": {"minSamples": min_samples}}),
        Step::Pause { duration: None } => json!({"pause": {}}),
        Step::Pause { duration: Some(duration) } => {
            json!({"pause": {"for": quantity::duration_text(*duration)}})
        }
        Step::Bake(bake) => json!({"bake": self::bake(bake)}),
    }
}

fn bake(bake: &Bake) -> Value {
    json!({
        "for": quantity::duration_text(bake.duration),
        "holdback": bake.holdback.to_string(),
        "minSamples": bake.min_samples,
    })
}

fn smoke(smoke: &Smoke) -> Value {
    let requests: Vec<Value> = smoke.requests.iter().map(smoke_request).collect();
    json!({"requests": requests})
}

fn smoke_request(request: &SmokeRequest) -> Value {
    let mut expect = json!({"status": request.status});
    if let Some(contains) = &request.contains {
        expect["contains"] = json!(contains);
    }
    let mut written = json!({"method": request.method, "path": request.path, "expect": expect});
    if let Some(body) = &request.body {
        written["body"] = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
    }
    written
}
