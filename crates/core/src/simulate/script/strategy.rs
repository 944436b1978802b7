//! How the candidate is to get there: the steps of a canary, or a blue-green switch.

use super::words::{Words, clauses};
use crate::rollout::plan::{Bake, BlueGreen, DEFAULT_MIN_SAMPLES, Smoke, SmokeRequest, Step, Strategy};

pub(super) fn canary(list: &str) -> Result<Strategy, String> {
    let steps = clauses(list).into_iter().map(step).collect::<Result<Vec<Step>, String>>()?;
    Ok(Strategy::Canary { steps })
}

pub(super) fn blue_green(list: &str) -> Result<Strategy, String> {
    let mut switch = BlueGreen { smoke: Smoke::default(), trial: None, bake: Bake::default() };
    for clause in clauses(list) {
        let mut words = Words::of(clause);
        match words.word("a part of the switch")? {
            "smoke" => switch.smoke = smoke(),
            "trial" => switch.trial = Some(words.weight()?),
            "bake" => switch.bake = bake(&mut words)?,
            other => return Err(format!("'{other}' is not a part of a switch: use smoke, trial or bake")),
        }
        words.end()?;
    }
    Ok(Strategy::BlueGreen(switch))
}

fn step(clause: &str) -> Result<Step, String> {
    let mut words = Words::of(clause);
    let step = match words.word("a step")? {
        "smoke" => Step::Smoke(smoke()),
        "weight" => Step::Weight(words.weight()?),
        "analysis" => {
            let min_samples = if words.is_over() { DEFAULT_MIN_SAMPLES } else { words.number()? as u64 };
            Step::Analysis { min_samples }
        }
        "pause" => {
            let duration = if words.is_over() { None } else { Some(words.duration()?) };
            Step::Pause { duration }
        }
        "bake" => Step::Bake(bake(&mut words)?),
        other => {
            return Err(format!("'{other}' is not a step: use smoke, weight, analysis, pause or bake"));
        }
    };
    words.end()?;
    Ok(step)
}

fn bake(words: &mut Words<'_>) -> Result<Bake, String> {
    let mut bake = Bake { duration: words.duration()?, ..Bake::default() };
    while !words.is_over() {
        match words.word("")? {
            "holdback" => bake.holdback = words.weight()?,
            "minSamples" => bake.min_samples = words.number()? as u64,
            other => return Err(format!("expected 'holdback' or 'minSamples', found '{other}'")),
        }
    }
    Ok(bake)
}

/// One request: what it asks does not matter, because the script says how it is answered.
fn smoke() -> Smoke {
    let request = SmokeRequest {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        body: None,
        status: 200,
        contains: None,
    };
    Smoke { requests: vec![request] }
}
