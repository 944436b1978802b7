//! How likely an arm does better than the control, and what it would cost to choose it if it does not: [`Comparison::card`].
//!
//! For display only. Looked at often enough a chance of 95 % comes by itself, so that no verdict rests on it.

use super::Comparison;
use crate::experiment::definition::Better;
use crate::guard::Margin;
use crate::stats::report::card::{Belief, Beta, Shares};
use serde::{Deserialize, Serialize};

/// With more events, and more trials without, on both arms a beta distribution is as good as normal, and the closed form is a sum of
/// as many terms.
const FEW: u64 = 400;

/// What is believed of an arm and the control, when nothing was known before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The chance that the arm does better than the control.
    pub chance: f64,
    /// What is lost on average by choosing the arm, nothing where it is better; on the scale of the least effect that matters.
    pub loss: f64,
}

impl Comparison<'_> {
    /// The card of an arm; nothing while it cannot be compared.
    ///
    /// Shares of requests drawn one by one, with few events, while the shares of the arms stayed the same: two beta distributions after
    /// a uniform prior. Otherwise a normal distribution around the estimate of [`crate::stats::evidence::linear`] with its standard error, which
    /// compares within spans of constant shares and, of sticky units, rests on what groups of them vary by. Requests of one unit so
    /// never count as independent. It is as wide as Student's distribution of the groups' effective number at one deviation.
    ///
    /// Where the least effect is in per cent, the loss is a part of the control's mean, taken as known.
    pub fn card(&self, arm: usize) -> Option<Card> {
        let are_few = |arm: usize| {
            let counts = self.counts(arm);
            counts.events.min(counts.trials - counts.events) <= FEW
        };
        let (card, control) =
            if self.is_share_of_requests() && self.shown.is_drawn_alike() && (are_few(0) || are_few(arm)) {
                self.of_shares(arm)
            } else {
                self.of_sum(arm)?
            };
        Some(match self.aim.minimum_effect {
            Margin::Points(_) | Margin::Score(_) => card,
            Margin::Relative(_) if control > 0.0 => Card { loss: card.loss / control, ..card },
            Margin::Relative(_) => return None,
        })
    }

    /// With the control's mean.
    fn of_shares(&self, arm: usize) -> (Card, f64) {
        let believed = |arm: usize| {
            let counts = self.counts(arm);
            Beta::after(counts.events, counts.trials)
        };
        let shares = Shares { baseline: believed(0), candidate: believed(arm) };
        let card = match self.aim.better {
            Better::Higher => Card { chance: shares.chance_higher(), loss: shares.loss_of_candidate() },
            Better::Lower => Card { chance: 1.0 - shares.chance_higher(), loss: shares.loss_of_baseline() },
        };
        (card, shares.baseline.mean())
    }

    fn of_sum(&self, arm: usize) -> Option<(Card, f64)> {
        let sum = self.shown.linear(arm, 0, 1.0)?;
        let deviation = sum.deviation();
        if deviation <= 0.0 {
            return None;
        }
        let better = match self.aim.better {
            Better::Higher => sum.estimate,
            Better::Lower => -sum.estimate,
        };
        let belief = Belief::from_estimate(better, deviation);
        let card = Card { chance: belief.chance_above_zero(), loss: belief.loss_of_candidate() };
        Some((card, sum.estimate - self.shown.linear(arm, 0, 2.0)?.estimate))
    }
}
