//! From a document to an experiment, with the rules that span several fields: [`read`].

use super::names::Names;
use crate::manifest::application::{self, never_matures, unfit_for_score};
use crate::manifest::cursor::Cursor;
use crate::manifest::document;
use crate::manifest::fault::Fault;
use crate::manifest::text::{quantity, unit};
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::judge::Units;
use viridian_core::experiment::definition::{
    self, Aim, Allocation, Arm, Arms, Better, Decider, Experiment, Stop,
};
use viridian_core::guard::Margin;
use viridian_core::id::{ApplicationName, ArmName, ExperimentName, LayerName, ReleaseName};
use viridian_core::metric::Metric;
use viridian_core::weight::Weight;

/// Reads an experiment; nothing when its shape has faults, and while it cannot be told what a name in it means. Faults of its
/// meaning are added.
pub(crate) fn read(document: &Cursor<'_>, names: &Names<'_>, faults: &mut Vec<Fault>) -> Option<Experiment> {
    let name = document::name(document, ExperimentName::parse);
    let spec = document.field("spec")?;
    let arms = spec.required("arms", |list| list.each(arm));
    let control = spec.optional("control", |text| text.parsed(ArmName::parse));
    let arms = control_first(&spec, arms, control, faults);
    let applications: Vec<ApplicationName> = arms.iter().flat_map(Arms::applications).cloned().collect();
    // What answers say is told by their protocol, which is the application's.
    let named = |word: &Cursor<'_>, faults: &mut Vec<Fault>| names.metric(word, &applications, faults);
    let of_units = (None, Units::Sticky, named);
    let guards = spec.or("guards", Vec::new(), |list| application::guards(list, of_units, faults));
    let aim = arms.as_ref().and_then(|arms| spec.required("aim", |field| aim(field, arms, names, faults)));
    let (name, guards, aim) = (name?, guards?, aim?);
    let looked_at: Vec<Metric> = guards.iter().map(|guard| guard.metric).chain([aim.metric]).collect();
    let experiment = Experiment {
        layer: spec.optional("layer", |text| text.parsed(LayerName::parse))?.or_else(|| own_layer(&name))?,
        traffic: spec.or("traffic", Weight::FULL, |text| text.parsed(quantity::share))?,
        unit: spec.required("unit", |text| text.parsed(unit))?,
        arms: arms?,
        holdout: spec.or("holdout", Weight::ZERO, |text| text.parsed(quantity::holdback))?,
        aim,
        guards,
        meanings: names.meanings(&applications, &looked_at),
        allocation: spec.or("bandit", Allocation::Fixed, bandit)?,
        lead_in: spec.or("leadIn", Duration::ZERO, |text| text.parsed(quantity::duration))?,
        stop: spec.required("stop", stop)?,
        name,
    };
    for fault in experiment.faults() {
        faults.push(at(&spec, &fault));
    }
    Some(experiment)
}

/// An experiment that names no layer excludes no other.
fn own_layer(name: &ExperimentName) -> Option<LayerName> {
    LayerName::parse(name.as_str()).ok()
}

fn arm(arm: &Cursor<'_>) -> Option<Arm> {
    let releases = |map: &Cursor<'_>| -> Option<BTreeMap<ApplicationName, ReleaseName>> {
        let each = map.fields().map(|(name, release)| {
            Some((ApplicationName::parse(name).ok()?, release.parsed(ReleaseName::parse)?))
        });
        each.collect()
    };
    Some(Arm {
        name: arm.required("name", |text| text.parsed(ArmName::parse))?,
        share: arm.required("share", |text| text.parsed(quantity::share))?,
        releases: arm.required("releases", releases)?,
    })
}

fn control_first(
    spec: &Cursor<'_>,
    arms: Option<Vec<Arm>>,
    control: Option<Option<ArmName>>,
    faults: &mut Vec<Fault>,
) -> Option<Arms> {
    let arms = arms?;
    let control = control?.or_else(|| Some(arms.first()?.name.clone()))?;
    match Arms::new(arms, &control) {
        Ok(arms) => Some(arms),
        Err(fault) => {
            faults.push(at(spec, &fault));
            None
        }
    }
}

fn aim(aim: &Cursor<'_>, arms: &Arms, names: &Names<'_>, faults: &mut Vec<Fault>) -> Option<Aim> {
    let mut applications = arms.applications();
    let first = applications.next().filter(|_| applications.next().is_none());
    let named = aim.optional("application", |text| text.parsed(ApplicationName::parse))?;
    if named.is_none() && first.is_none() {
        faults.push(aim.missing(
            "application",
            "missing; several applications take part, and the aim is measured in one",
        ));
    }
    let application = named.or_else(|| first.cloned());
    let metric = aim.required("metric", |word| names.metric(word, application.as_slice(), faults))?;
    let minimum_effect = aim.required("minimumEffect", |text| text.parsed(quantity::margin))?;
    if metric.is_amount() && matches!(minimum_effect, Margin::Points(_)) {
        faults.extend(aim.field("minimumEffect").map(|text| {
            text.fault(format!(
                "{metric} is an amount and no share, so that percentage points of it mean nothing; \
                 write a part of the control's, such as '20%'"
            ))
        }));
    }
    let unfit = unfit_for_score(metric, minimum_effect, "higher an arm has to be");
    faults.extend(aim.field("minimumEffect").zip(unfit).map(|(text, message)| text.fault(message)));
    let maturity = aim.or("maturity", Duration::ZERO, |text| text.parsed(quantity::duration))?;
    faults.extend(never_matures(aim, metric));
    let usual = if matches!(metric, Metric::Score(_)) { Better::Higher } else { Better::Lower };
    let better = aim.or("better", usual, |word| word.word())?;
    Some(Aim { application: application?, metric, better, minimum_effect, maturity })
}

fn bandit(bandit: &Cursor<'_>) -> Option<Allocation> {
    Some(Allocation::Bandit { floor: bandit.required("floor", |text| text.parsed(quantity::share))? })
}

fn stop(stop: &Cursor<'_>) -> Option<Stop> {
    Some(Stop {
        winner: stop.or("winner", Decider::ByRule, |word| word.word())?,
        max_duration: stop.required("maxDuration", |text| text.parsed(quantity::duration))?,
    })
}

/// The fault at the field it is about, or at the closest one that was written.
fn at(spec: &Cursor<'_>, fault: &definition::Fault) -> Fault {
    use definition::Fault as Of;
    let path: &[&str] = match fault {
        Of::Count(_) | Of::NameTwice(_) | Of::Applications(_) | Of::SameReleases(..) | Of::Shares(_) => {
            &["arms"]
        }
        Of::NoSuchControl(_) => &["control"],
        Of::NoTraffic => &["traffic"],
        Of::AimElsewhere(_) => &["aim", "application"],
        Of::AimIsPercentile(_) | Of::AimIsRatio(_) => &["aim", "metric"],
        Of::Contradicts(_) => &["aim", "better"],
        Of::NoMinimumEffect => &["aim", "minimumEffect"],
        Of::BanditMovesUnits(_) | Of::BanditOnAmounts(_) | Of::BanditOfSeveral => &["bandit"],
        Of::FloorTooHigh(_) => &["bandit", "floor"],
        Of::NoDuration => &["stop", "maxDuration"],
        Of::OnlyLeadIn => &["leadIn"],
    };
    fn deepest(cursor: &Cursor<'_>, path: &[&str], message: &str) -> Fault {
        match path.split_first() {
            Some((field, rest)) => cursor
                .field(field)
                .map_or_else(|| cursor.missing(field, message), |found| deepest(&found, rest, message)),
            None => cursor.fault(message),
        }
    }
    deepest(spec, path, &fault.to_string())
}
