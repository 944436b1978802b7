//! What guards cannot do at an application's traffic, or would do too early, a sentence each.

use super::sentence;
use viridian_core::analysis::judge::MIN_LOAD;
use viridian_core::guard::{Margin, hasty};
use viridian_core::metric::Metric;
use viridian_core::rollout::forecast::{Outlook, Safety};
use viridian_core::rollout::plan::Plan;

/// A guard that sees nothing below so many times its margin hardly guards it.
const FAR_BEYOND: f64 = 5.0;

/// The warnings of all guards; of their outlooks where there is traffic.
pub(super) fn of(plan: &Plan, outlooks: Option<&Vec<Outlook>>) -> Vec<String> {
    let told = |outlook: &Outlook| [fires(outlook), passes(outlook)];
    let at_this_traffic = outlooks.into_iter().flatten().flat_map(told).flatten();
    hasty::warning(&plan.guards).map(|clause| sentence(&clause)).into_iter().chain(at_this_traffic).collect()
}

/// Whether it will ever find a candidate worse.
fn fires(outlook: &Outlook) -> Option<String> {
    let guard = name(outlook);
    if outlook.safety == Safety::NothingMeasured {
        return Some(format!(
            "{guard} can never fire: nothing it measures came in the last half hour, so it neither finds the candidate \
             worse nor lets it be promoted."
        ));
    }
    let Some(smallest) = outlook.sight.smallest else {
        return Some(format!(
            "{guard} can never fire at this traffic: by the end it has {:.0} outcomes of the candidate, and even if \
             every one were bad that would not be enough.",
            outlook.measured
        ));
    };
    let found = (smallest - outlook.sight.now).abs();
    let margin = match outlook.guard.margin {
        _ if outlook.guard.metric.percentile().is_some() => return None,
        Margin::Points(_) | Margin::Score(_) => outlook.guard.margin.fraction(),
        Margin::Relative(_) => outlook.guard.margin.fraction() * outlook.sight.now,
    };
    let change = match outlook.guard.metric {
        Metric::Score(_) => format!("drop it will have found by the end is {found:.2} points"),
        metric if metric.is_amount() => {
            format!("rise it will have found by the end is {:.0}%", found / outlook.sight.now * 100.0)
        }
        _ => format!("rise it will have found by the end is {:.1}pp", found * 100.0),
    };
    (found > FAR_BEYOND * margin).then(|| {
        format!(
            "{guard} fires late at this traffic: the smallest {change}, {:.0} times its margin.",
            found / margin
        )
    })
}

/// Whether it will ever let an equal candidate be promoted.
fn passes(outlook: &Outlook) -> Option<String> {
    let guard = name(outlook);
    match outlook.safety {
        Safety::Shown | Safety::NotAsked | Safety::NothingMeasured => None,
        Safety::NoLoad => Some(format!(
            "{guard} never shows the candidate safe: it counts only shares from {MIN_LOAD} on, at which both arms are \
             compared, and the plan has none."
        )),
        Safety::TooSlow => Some(format!(
            "{guard} does not show the candidate safe at this traffic before the rollout has been held as long as it \
             may be: widen the margin, give it more time or a larger share."
        )),
    }
}

fn name(outlook: &Outlook) -> String {
    format!("The guard on {} (margin {})", outlook.guard.metric, outlook.guard.margin)
}
