//! Experiments that are judged by what callers or a judge say, and leave nobody time to say it: see [`crate::guard::hasty`].

use super::definition::Experiment;
use crate::guard::hasty::{self, remedy};

/// What is to be known of an experiment that is hasty; nothing when it is not. One maturity holds for its aim and its guards.
pub fn warning(experiment: &Experiment) -> Option<String> {
    if !experiment.maturity().is_zero() {
        return None;
    }
    let metric = experiment.aim.metric;
    if !metric.arrives_late() {
        return hasty::warning(&experiment.guards);
    }
    Some(format!(
        "the aim {metric} is judged by what was said so far: where one arm is spoken of later than another, an arm that is \
         no better wins, or a better one loses; {}",
        remedy("it")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::definition::Aim;
    use crate::experiment::definition::tests::sound;
    use crate::guard::{Guard, Margin};
    use crate::metric::Metric;
    use std::time::Duration;

    #[test]
    fn an_aim_on_what_comes_late_is_warned_of_unless_something_waits() {
        let check = |what: &str, (metric, maturity): (Metric, u64), guards: &[Guard], says: Option<&str>| {
            let sound = sound();
            let aim = Aim { metric, maturity: Duration::from_secs(maturity), ..sound.aim };
            let told = warning(&Experiment { aim, guards: guards.to_vec(), ..sound });
            let fits = match (&told, says) {
                (None, None) => true,
                (Some(told), Some(says)) => {
                    told.starts_with(says) && told.ends_with("such as 'maturity: 1h'")
                }
                _ => false,
            };
            assert!(fits, "{what}: {told:?}");
        };
        let feedback = Guard::new(Metric::Feedback, Margin::Points(300));
        let mature = Guard { maturity: Duration::from_secs(600), ..feedback };
        check("nothing comes late", (Metric::Errors, 0), &[], None);
        check("an aim on feedback", (Metric::Feedback, 0), &[], Some("the aim feedback is judged"));
        check("an aim that waits", (Metric::Feedback, 600), &[feedback], None);
        check("a guard that waits for both", (Metric::Feedback, 0), &[mature], None);
        check("a guard", (Metric::Errors, 0), &[feedback], Some("the guard on feedback acts"));
        check("both", (Metric::Feedback, 0), &[feedback], Some("the aim feedback is judged"));
    }
}
