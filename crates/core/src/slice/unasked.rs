//! Guards that slices are not asked about, and what people should know of them who cut their traffic.

use super::is_counted;
use crate::analysis::judge::Units;
use crate::application::Application;
use crate::guard::Guard;
use crate::metric::Metric;

/// Why slices are not asked about a metric; nothing where they are. Percentiles would need the times of every slice. Amounts have
/// no end, and what tells of them in the whole, how requests that are drawn one by one are spread, is not kept by slice; of units
/// that stay together the sums of their groups are. Feedback and scores do not say which slice they are of.
pub fn why(metric: Metric, units: Units) -> Option<&'static str> {
    if metric.arrives_late() {
        return Some("does not say its slice");
    }
    if metric.percentile().is_some() {
        return Some("needs the times of every slice");
    }
    let is_spread = metric.is_amount() && units == Units::Independent;
    is_spread.then_some("needs units that stay on their arm, and requests are drawn one by one")
}

/// What can be guarded instead.
pub const fn advice(units: Units) -> &'static str {
    match units {
        Units::Independent => {
            "guard what slices are asked about: a share that is known with the answer, such as errors or refusals; amounts, such \
             as cost, are where units stay together, as with 'unit: user'"
        }
        Units::Sticky => {
            "guard what slices are asked about: a share that is known with the answer, such as errors or refusals, or an amount, \
             such as cost"
        }
    }
}

/// What whoever cuts traffic should know where no guard is asked of any slice.
pub fn warning(application: &Application) -> Option<String> {
    let units = Units::of(&application.unit);
    let is_asked = |guard: &Guard| is_counted(guard.metric, units);
    if application.slices.is_empty() || application.guards.iter().any(is_asked) {
        return None;
    }
    let reasons = reasons(&application.guards, units).unwrap_or_else(|| "there is no guard".to_owned());
    Some(format!("traffic is cut by slices, and none is ever found worse: {reasons}; {}", advice(units)))
}

/// The guards that are not asked of slices. Where none is, that is a [`warning`].
pub fn note(application: &Application) -> Option<String> {
    if application.slices.is_empty() {
        return None;
    }
    let reasons = reasons(&application.guards, Units::of(&application.unit))?;
    Some(format!("not every guard is asked of slices: {reasons}"))
}

fn reasons(guards: &[Guard], units: Units) -> Option<String> {
    let reason = |guard: &Guard| why(guard.metric, units).map(|why| format!("{} {why}", guard.metric));
    let reasons: Vec<String> = guards.iter().filter_map(reason).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Unit;
    use crate::guard::Margin;
    use serde_json::json;

    fn application(unit: Unit, metrics: &[Metric]) -> Application {
        let written = json!({"name": "digits", "protocol": "http", "unit": unit, "environments": {}, "slices": ["route"]});
        let guards = metrics.iter().map(|metric| Guard::new(*metric, Margin::Relative(2_000))).collect();
        Application { guards, ..serde_json::from_value(written).unwrap() }
    }

    #[test]
    fn whoever_cuts_traffic_for_nothing_is_warned() {
        let check = |metrics: &[Metric], unit: Unit, expected: Option<&str>| {
            let advice = advice(Units::of(&unit));
            let expected = expected.map(|why| {
                format!("traffic is cut by slices, and none is ever found worse: {why}; {advice}")
            });
            assert_eq!(warning(&application(unit, metrics)), expected, "{metrics:?}");
        };
        let of_cost = "cost needs units that stay on their arm, and requests are drawn one by one";
        check(&[Metric::Cost], Unit::Request, Some(of_cost));
        check(&[Metric::Cost], Unit::User, None);
        check(&[Metric::Cost, Metric::Errors], Unit::Request, None);
        check(&[], Unit::Request, Some("there is no guard"));
        let late_and_slow = "feedback does not say its slice; latency.p95 needs the times of every slice";
        check(&[Metric::Feedback, Metric::LatencyP95], Unit::User, Some(late_and_slow));
        let whole = Application { slices: Vec::new(), ..application(Unit::User, &[Metric::Feedback]) };
        assert_eq!(warning(&whole), None);
    }

    #[test]
    fn guards_of_the_whole_alone_are_noted() {
        let check = |metrics: &[Metric], unit: Unit, expected: Option<&str>| {
            let expected = expected.map(|why| format!("not every guard is asked of slices: {why}"));
            assert_eq!(note(&application(unit, metrics)), expected, "{metrics:?}");
        };
        let slow = "latency.p50 needs the times of every slice";
        let both = "tokens.output needs units that stay on their arm, and requests are drawn one by one; latency.p50 needs the \
                    times of every slice";
        let all = [Metric::Errors, Metric::OutputTokens, Metric::LatencyP50];
        check(&all, Unit::User, Some(slow));
        check(&all, Unit::Request, Some(both));
        check(&all[..1], Unit::Request, None);
    }
}
