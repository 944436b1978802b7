//! From the written strategy to the strategy of the core, with the rules of its order: [`strategy`].

use crate::manifest::cursor::Cursor;
use crate::manifest::digest::canonical;
use crate::manifest::fault::Fault;
use crate::manifest::text::quantity;
use viridian_core::rollout::plan::{
    Bake, BlueGreen, DEFAULT_MIN_SAMPLES, Smoke, SmokeRequest, Step, Strategy,
};
use viridian_core::weight::Weight;

/// The status a smoke request is to be answered with unless it says otherwise.
const DEFAULT_STATUS: u16 = 200;

/// Reads a strategy; nothing when its shape has faults. Faults of its order are added.
pub(super) fn strategy(written: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Strategy> {
    let (name, body) = written.fields().next()?;
    match name {
        "canary" => {
            let steps = body.required("steps", |list| steps(list, faults))?;
            Some(Strategy::Canary { steps })
        }
        "blueGreen" => {
            let bake = body.or("bake", Bake::default(), |field| bake(field, faults));
            let trial = body.optional("trial", |text| trial(text, faults));
            let smoke = body.or("smoke", Smoke::default(), smoke);
            Some(Strategy::BlueGreen(BlueGreen { smoke: smoke?, trial: trial?, bake: bake? }))
        }
        _ => None,
    }
}

/// What the steps before a step have done, as far as they could be read.
#[derive(Default)]
struct Order {
    weight: Option<Weight>,
    baked: bool,
}

fn steps(list: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Vec<Step>> {
    let mut order = Order::default();
    let steps = list.each(|item| {
        let step = step(item, faults);
        if order.baked {
            faults.push(item.fault("nothing comes after a bake, because it ends with the promotion"));
        }
        if let Some(step) = &step {
            order.follow(step, item, faults);
        }
        step
    });
    let leads_nowhere = order.weight.is_none() && !order.baked;
    if leads_nowhere && steps.is_some() {
        faults.push(list.key_fault("found neither a weight nor a bake, so that the candidate never serves"));
    }
    steps
}

impl Order {
    /// Adds a step, and the faults of its place.
    fn follow(&mut self, step: &Step, item: &Cursor<'_>, faults: &mut Vec<Fault>) {
        match step {
            Step::Weight(weight) => {
                if let Some(before) = self.weight
                    && *weight <= before
                {
                    let field = item.field("weight");
                    let message = format!("weights only rise, and the one before is {before} already");
                    faults.push(field.as_ref().unwrap_or(item).fault(message));
                }
                self.weight = Some(*weight);
            }
            Step::Analysis { .. } if self.weight.is_none() => {
                faults.push(item.fault("before the first weight there is no traffic to judge"));
            }
            Step::Bake(_) => self.baked = true,
            _ => {}
        }
    }
}

fn step(item: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Step> {
    let (name, body) = item.fields().next()?;
    match name {
        "smoke" => smoke(&body).map(Step::Smoke),
        "weight" => body.parsed(quantity::share).map(Step::Weight),
        "analysis" => min_samples(&body).map(|min_samples| Step::Analysis { min_samples }),
        "pause" => body
            .optional("for", |text| text.parsed(quantity::duration))
            .map(|duration| Step::Pause { duration }),
        "bake" => bake(&body, faults).map(Step::Bake),
        _ => None,
    }
}

fn min_samples(body: &Cursor<'_>) -> Option<u64> {
    body.or("minSamples", DEFAULT_MIN_SAMPLES, |number| number.number())
}

fn bake(body: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Bake> {
    if let Some(keep) = body.field("keepBaselineWarm")
        && keep.boolean() == Some(false)
    {
        faults.push(keep.fault(
            "the baseline always stays warm until the bake ends, so that going back takes no time; \
             leave this out",
        ));
    }
    let default = Bake::default();
    Some(Bake {
        duration: body.or("for", default.duration, |text| text.parsed(quantity::duration))?,
        holdback: body.or("holdback", default.holdback, |text| text.parsed(quantity::holdback))?,
        min_samples: min_samples(body)?,
    })
}

fn trial(text: &Cursor<'_>, faults: &mut Vec<Fault>) -> Option<Weight> {
    let trial = text.parsed(quantity::share)?;
    if trial == Weight::FULL {
        faults.push(text.fault("all of the traffic is no trial; write a small share, such as '5%'"));
    }
    Some(trial)
}

fn smoke(body: &Cursor<'_>) -> Option<Smoke> {
    let requests = body.or("requests", Vec::new(), |list| list.each(smoke_request))?;
    Some(Smoke { requests })
}

fn smoke_request(request: &Cursor<'_>) -> Option<SmokeRequest> {
    let owned = |text: &Cursor<'_>| text.text().map(str::to_owned);
    let expect = request.field("expect");
    let (status, contains) = match &expect {
        Some(expect) => {
            let status = expect.or("status", DEFAULT_STATUS, |number| number.number())?;
            (status, expect.optional("contains", owned)?)
        }
        None => (DEFAULT_STATUS, None),
    };
    Some(SmokeRequest {
        method: request.required("method", owned)?,
        path: request.required("path", owned)?,
        body: request.field("body").map(|body| canonical(&body.node.json())),
        status,
        contains,
    })
}
