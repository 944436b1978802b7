//! Guards that act on what callers say, or a judge, and leave nobody time to say it.
//!
//! Opinions and scores come when they come. What has come by a look is of whoever was quick, so an arm that is spoken of
//! later looks better, or worse, than it is: no test of what has come can tell that from a difference.

use super::Guard;
use crate::metric::Metric;

/// What is to be known of guards that are hasty; nothing when none is. One maturity holds for all that is said of an
/// application, the longest, so that one guard that has it is enough.
pub fn warning(guards: &[Guard]) -> Option<String> {
    if guards.iter().any(|guard| !guard.maturity.is_zero()) {
        return None;
    }
    let hasty: Vec<Metric> =
        guards.iter().filter(|guard| is_hasty(guard)).map(|guard| guard.metric).collect();
    let (metrics, it) = match hasty.as_slice() {
        [] => return None,
        [one] => (format!("the guard on {one}"), "it"),
        many => {
            let names: Vec<String> = many.iter().map(Metric::to_string).collect();
            (format!("each guard on {}", names.join(", ")), "them")
        }
    };
    Some(format!(
        "{metrics} acts on what was said so far: where one arm is spoken of later than the other, a candidate as good \
         as the baseline is called worse, or a worse one safe; {}",
        remedy(it)
    ))
}

/// What helps, said of what is hasty.
pub(crate) fn remedy(it: &str) -> String {
    format!("give {it} a maturity in which nearly all who speak have spoken, such as 'maturity: 1h'")
}

const fn is_hasty(guard: &Guard) -> bool {
    guard.metric.arrives_late() && guard.gates_promotion()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Margin, Mode, OnFail};
    use crate::score::Score;
    use std::time::Duration;

    #[test]
    fn whoever_acts_on_what_comes_late_without_waiting_is_warned_of() {
        let check = |what: &str, guards: &[Guard], says: Option<&str>| {
            let warning = warning(guards);
            let fits = match (&warning, says) {
                (None, None) => true,
                (Some(warning), Some(says)) => {
                    warning.starts_with(says) && warning.contains("such as 'maturity: 1h'")
                }
                _ => false,
            };
            assert!(fits, "{what}: {warning:?}");
        };
        let errors = Guard::new(Metric::Errors, Margin::Points(50));
        let feedback = Guard::new(Metric::Feedback, Margin::Points(300));
        let score = Metric::Score(Score::new("helpful", 1, 1, 5).unwrap());
        let score = Guard::new(score, Margin::Score(200));
        let mature = Guard { maturity: Duration::from_secs(600), ..score };
        check("nothing comes late", &[errors], None);
        check("a guard that rolls back", &[errors, feedback], Some("the guard on feedback acts"));
        let pauses = Guard { on_fail: OnFail::Pause, ..feedback };
        check("a guard that pauses", &[pauses], Some("the guard on feedback acts"));
        check("a score", &[score], Some("the guard on helpful acts"));
        check("both", &[feedback, score], Some("each guard on feedback, helpful acts"));
        check("one that is told only", &[Guard { on_fail: OnFail::Notify, ..feedback }], None);
        check("one that watches only", &[Guard { mode: Mode::Observe, ..feedback }], None);
        check("one that waits", &[mature], None);
        check("one that waits for both", &[feedback, mature], None);
    }
}
