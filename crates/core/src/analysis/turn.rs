//! What would change a verdict, in one sentence. What is missing before there is anything to judge is told by the
//! [`Wait`] itself.

use super::judge::ALPHA_ROLLBACK;
use super::verdict::{Judgement, Verdict, Wait};
use crate::guard::{Mode, OnFail};
use crate::metric::Metric;

/// Odds beyond this are told as this.
const OVERWHELMING: f64 = 1e6;

impl Judgement {
    /// What would change the verdict; nothing while something has to be measured first.
    pub fn would_change(&self) -> Option<String> {
        let margin = self.guard.margin;
        match self.verdict {
            Verdict::Pass => Some(format!(
                "It stays safe as long as {margin} {} is ruled out by all outcomes together{}.",
                self.worse(),
                self.at_most()
                    .map(|most| format!(", which now leave room for {most} at most"))
                    .unwrap_or_default()
            )),
            Verdict::Fail(on_fail) => Some(self.after_failing(on_fail)),
            Verdict::Wait(Wait::Undecided | Wait::Lopsided(_)) => {
                Some(format!("{} {}", self.until_safe(), self.until_worse()))
            }
            Verdict::Wait(_) => None,
        }
    }

    /// The margin that would be passed already, where this one is not.
    pub fn would_pass(&self) -> Option<String> {
        let passes_with = self.passes_with?;
        Some(format!("{} would have passed with a margin of {passes_with}", self.guard.metric))
    }

    fn until_safe(&self) -> String {
        let margin = self.guard.margin;
        let already = match self.passes_with {
            Some(wider) => format!("a margin of {wider} would pass now"),
            None => "no margin that would pass now is known".to_owned(),
        };
        format!("It is safe once outcomes rule out {margin} {}; {already}.", self.worse())
    }

    /// The direction that is worse.
    const fn worse(&self) -> &'static str {
        match self.guard.metric {
            Metric::Score(_) => "less",
            _ => "more",
        }
    }

    fn until_worse(&self) -> String {
        let margin = self.guard.margin;
        let odds = self.log_harm.map(|log_harm| {
            let have = log_harm.exp().min(OVERWHELMING);
            format!(
                ": the evidence for that is {have:.1} to 1, and {:.0} to 1 suffice for all guards together",
                1.0 / ALPHA_ROLLBACK
            )
        });
        format!(
            "It fails once chance no longer explains a rise of {margin} or more{}.",
            odds.unwrap_or_default()
        )
    }

    fn after_failing(&self, on_fail: OnFail) -> String {
        let margin = self.guard.margin;
        match (self.guard.mode, on_fail) {
            (Mode::Observe, _) | (Mode::Enforce, OnFail::Notify) => {
                format!(
                    "It is told for as long as the best guess is {margin} more or beyond; nothing follows from it."
                )
            }
            (Mode::Enforce, OnFail::Pause) => {
                format!(
                    "Outcomes that bring the best guess below {margin} more, or a person who accepts it as it is."
                )
            }
            (Mode::Enforce, OnFail::Rollback) => {
                "Nothing that this candidate still does: it goes back to the baseline.".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tally::Counts;
    use crate::analysis::verdict::Effect;
    use crate::guard::{Guard, Margin};
    use crate::metric::Metric;

    fn judged(verdict: Verdict, on_fail: OnFail) -> Judgement {
        Judgement {
            guard: Guard { on_fail, ..Guard::new(Metric::Errors, Margin::Points(50)) },
            verdict,
            baseline: Counts::of_share(1_000, 10),
            candidate: Counts::of_share(1_000, 10),
            effect: Effect { estimate: Some(0.0), lower: Some(-0.01), upper: Some(0.0123) },
            log_harm: Some(3.0_f64.ln()),
            log_safe: Some(0.0),
            passes_with: Some(Margin::Points(111)),
            without: None,
            since: None,
        }
    }

    #[test]
    fn every_verdict_says_what_would_change_it() {
        let check = |verdict, on_fail, expected: Option<&str>| {
            assert_eq!(judged(verdict, on_fail).would_change().as_deref(), expected, "{verdict:?}");
        };
        let undecided = "It is safe once outcomes rule out 0.5pp more; a margin of 1.11pp would pass now. It fails once \
                         chance no longer explains a rise of 0.5pp or more: the evidence for that is 3.0 to 1, and 100 to \
                         1 suffice for all guards together.";
        let passed = "It stays safe as long as 0.5pp more is ruled out by all outcomes together, which now leave room \
                      for +1.23pp at most.";
        check(Verdict::Wait(Wait::Undecided), OnFail::Rollback, Some(undecided));
        check(Verdict::Pass, OnFail::Rollback, Some(passed));
        check(
            Verdict::Fail(OnFail::Rollback),
            OnFail::Rollback,
            Some("Nothing that this candidate still does: it goes back to the baseline."),
        );
        check(
            Verdict::Fail(OnFail::Pause),
            OnFail::Pause,
            Some("Outcomes that bring the best guess below 0.5pp more, or a person who accepts it as it is."),
        );
        check(
            Verdict::Fail(OnFail::Notify),
            OnFail::Notify,
            Some(
                "It is told for as long as the best guess is 0.5pp more or beyond; nothing follows from it.",
            ),
        );
        check(Verdict::Wait(Wait::NoData), OnFail::Rollback, None);
    }
}
