//! What people are told of slices that fare worse on the candidate, where nothing else follows: [`Moment::slices`].

use super::super::Moment;
use crate::analysis::drift::{About, Sign, Strength};
use crate::analysis::verdict::WorseSlice;
use crate::rollout::state::Warned;
use std::time::Duration;

/// So long a slice that was told stands at the least. One at the edge of enough is named at one look and not at the next, and is
/// told no more often than this.
const STANDS: Duration = Duration::from_secs(60 * 60);

impl Moment<'_> {
    /// The slices that are named, and those that people were told of before.
    pub(super) fn slices(&self) -> Vec<Sign> {
        let named = self.input.analysis.slices.iter().filter(|worse| worse.only_tells());
        let mut signs: Vec<Sign> = named.map(of_slice).collect();
        let is_slice = |warned: &&Warned| matches!(warned.about, About::Slice { .. });
        for warned in self.state.warned.iter().filter(is_slice) {
            if signs.iter().all(|sign| sign.about != warned.about) {
                signs.push(self.unnamed(warned));
            }
        }
        signs
    }

    fn unnamed(&self, warned: &Warned) -> Sign {
        let strength = if self.now.since(warned.since) < STANDS { Strength::Faint } else { Strength::Gone };
        Sign { about: warned.about.clone(), strength, sentence: warned.about.to_string() }
    }
}

fn of_slice(worse: &WorseSlice) -> Sign {
    let (metric, attribute, value) = (worse.guard.metric, worse.attribute.clone(), worse.value.clone());
    Sign {
        about: About::Slice { metric, attribute, value },
        strength: Strength::Clear,
        sentence: worse.sentence(),
    }
}
