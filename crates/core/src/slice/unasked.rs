//! Guards that slices are not asked about, and what people should know of them who cut their traffic.

use super::{Attribute, is_counted};
use crate::guard::Guard;
use crate::metric::Metric;
use crate::unit::Units;

/// Why slices are not asked about a metric; nothing where they are. Amounts have no end, and what tells of them in the whole, how
/// requests that are drawn one by one are spread, is not kept by slice; of units that stay together the sums of their groups are.
/// Feedback and scores do not say which slice they are of.
pub fn why(metric: Metric, units: Units) -> Option<&'static str> {
    if metric.arrives_late() {
        return Some("does not say its slice");
    }
    let is_spread = metric.is_amount() && units == Units::Independent;
    is_spread.then_some("needs units that stay on their arm, and requests are drawn one by one")
}

/// What can be guarded instead.
pub const fn advice(units: Units) -> &'static str {
    match units {
        Units::Independent => {
            "guard what slices are asked about: a share that is known with the answer, such as errors or refusals, or a percentile \
             of times; amounts, such as cost, are where units stay together, as with 'unit: user'"
        }
        Units::Sticky => {
            "guard what slices are asked about: what is known with the answer, such as errors, refusals, times or cost"
        }
    }
}

/// What whoever cuts traffic should know where no guard is asked of any slice.
pub fn warning(by: &[Attribute], guards: &[Guard], units: Units) -> Option<String> {
    let is_asked = |guard: &Guard| is_counted(guard.metric, units);
    if by.is_empty() || guards.iter().any(is_asked) {
        return None;
    }
    let reasons = reasons(guards, units).unwrap_or_else(|| "there is no guard".to_owned());
    Some(format!("traffic is cut by slices, and none is ever found worse: {reasons}; {}", advice(units)))
}

/// The guards that are not asked of slices. Where none is, that is a [`warning`].
pub fn note(by: &[Attribute], guards: &[Guard], units: Units) -> Option<String> {
    let reasons = reasons(guards, units).filter(|_| !by.is_empty())?;
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
    use crate::guard::Margin;

    fn guards(metrics: &[Metric]) -> Vec<Guard> {
        metrics.iter().map(|metric| Guard::new(*metric, Margin::Relative(2_000))).collect()
    }

    #[test]
    fn whoever_cuts_traffic_for_nothing_is_warned() {
        let check = |metrics: &[Metric], units: Units, expected: Option<&str>| {
            let advice = advice(units);
            let expected = expected.map(|why| {
                format!("traffic is cut by slices, and none is ever found worse: {why}; {advice}")
            });
            assert_eq!(
                warning(&[Attribute::parse("route").unwrap()], &guards(metrics), units),
                expected,
                "{metrics:?}"
            );
        };
        let of_cost = "cost needs units that stay on their arm, and requests are drawn one by one";
        check(&[Metric::Cost], Units::Independent, Some(of_cost));
        check(&[Metric::Cost], Units::Sticky, None);
        check(&[Metric::Cost, Metric::Errors], Units::Independent, None);
        check(&[], Units::Independent, Some("there is no guard"));
        check(&[Metric::LatencyP95], Units::Independent, None);
        let late = "feedback does not say its slice";
        check(&[Metric::Feedback], Units::Sticky, Some(late));
        let both = format!("{late}; {of_cost}");
        check(&[Metric::Feedback, Metric::Cost], Units::Independent, Some(&both));
        assert_eq!(warning(&[], &guards(&[Metric::Feedback]), Units::Sticky), None);
    }

    #[test]
    fn guards_of_the_whole_alone_are_noted() {
        let check = |metrics: &[Metric], units: Units, expected: Option<&str>| {
            let expected = expected.map(|why| format!("not every guard is asked of slices: {why}"));
            assert_eq!(
                note(&[Attribute::parse("route").unwrap()], &guards(metrics), units),
                expected,
                "{metrics:?}"
            );
        };
        let late = "feedback does not say its slice";
        let both = format!(
            "tokens.output needs units that stay on their arm, and requests are drawn one by one; {late}"
        );
        let all = [Metric::Errors, Metric::LatencyP50, Metric::OutputTokens, Metric::Feedback];
        check(&all, Units::Sticky, Some(late));
        check(&all, Units::Independent, Some(&both));
        check(&all[..2], Units::Independent, None);
    }
}
