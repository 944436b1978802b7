//! What an experiment says, in sentences: the numbers, the interval, the rule, and what would change it.

use super::checks::{Exposed, Split};
use super::compare::Gain;
use super::days;
use super::definition::{Aim, Experiment};
use super::factors::{Factors, Range};
use super::harm::{Follows, Harm};
use super::interactions::{Draws, Interaction, Pair};
use super::verdict::{Analysis, Verdict, Wait};
use crate::analysis::judge::{MIN_GROUPS, MIN_UNITS};
use crate::analysis::sentence as amounts;
use crate::analysis::tally::Counts;
use crate::guard::Margin;
use crate::metric::Metric;

impl Analysis {
    /// The verdict in one sentence: the numbers, the interval, the rule and what would change it.
    pub fn sentence(&self, experiment: &Experiment) -> String {
        let told = Told { analysis: self, experiment };
        match self.verdict {
            Verdict::Winner { arm } => format!(
                "'{}' wins: {}; of experiments without a better arm at most 1 in 20 name one",
                told.name(arm),
                told.compared(arm)
            ),
            Verdict::Leading { arm } => {
                format!("'{}' leads: {}; {}", told.name(arm), told.compared(arm), told.missing(arm))
            }
            Verdict::NoDifference => format!(
                "no arm is better than '{}' by {}: {}; of experiments with such an arm at most 1 in 20 say so",
                told.name(0),
                experiment.aim.minimum_effect,
                told.all_gains()
            ),
            Verdict::NoArmLeft => {
                format!("guards stopped every arm but '{}': {}", told.name(0), told.all_harm())
            }
            Verdict::KeepGoing => format!(
                "no arm is shown better than '{}', nor ruled out to be by {}: {}{}",
                told.name(0),
                experiment.aim.minimum_effect,
                told.all_gains(),
                told.until_ruled_out()
            ),
            Verdict::Wait(wait) => told.wait(wait),
        }
    }

    /// What guards found of an arm that is to stop, a sentence each.
    pub fn harm_of(&self, experiment: &Experiment, arm: usize) -> Vec<String> {
        let told = Told { analysis: self, experiment };
        let stops = |harm: &&Harm| harm.arm == arm && harm.follows == Follows::ArmStops;
        self.harm.iter().filter(stops).map(|harm| told.harm(harm)).collect()
    }

    /// What else is worth knowing, a sentence each.
    pub fn notes(&self, experiment: &Experiment) -> Vec<String> {
        let told = Told { analysis: self, experiment };
        let mut notes: Vec<String> = self.harm.iter().map(|harm| told.harm(harm)).collect();
        if experiment.unit.is_sticky() && self.exposure.finding == Exposed::Unknown {
            notes.push("too many units were seen to tell whether any was on more than one arm".to_owned());
        }
        for arm in 1..self.arms.len() {
            if let Some(change) = days::change(&self.days, arm) {
                let change = told.on_scale(change);
                let name = told.name(arm);
                notes.push(format!(
                    "the effect of '{name}' changed by {change} from its earlier days to its later ones"
                ));
            }
        }
        notes.extend(self.factors.iter().flat_map(|factors| told.factors(factors)));
        notes.extend(self.interactions.iter().flat_map(|interaction| told.interaction(interaction)));
        notes
    }
}

impl Aim {
    /// How much better an arm does, on the scale of the least effect that matters.
    pub(crate) fn told(&self, gain: f64) -> String {
        match self.minimum_effect {
            Margin::Points(_) => format!("{:+.2}pp", gain * 100.0),
            Margin::Score(_) => format!("{gain:+.2} points"),
            Margin::Relative(_) => format!("{:+.1}%", gain * 100.0),
        }
    }
}

/// An analysis with the names of what it is about.
struct Told<'a> {
    analysis: &'a Analysis,
    experiment: &'a Experiment,
}

impl Told<'_> {
    fn name(&self, arm: usize) -> &str {
        self.experiment.arms.all().get(arm).map_or("?", |arm| arm.name.as_str())
    }

    fn gain(&self, arm: usize) -> Option<Gain> {
        self.analysis.arms.get(arm).and_then(|arm| arm.gain)
    }

    /// The arms beside the control that were not stopped.
    fn live(&self) -> impl Iterator<Item = usize> {
        (1..self.analysis.arms.len()).filter(|arm| !self.analysis.arms[*arm].is_stopped)
    }

    fn on_scale(&self, value: f64) -> String {
        self.experiment.aim.told(value)
    }

    /// An arm and the control side by side, and how much better the arm does.
    fn compared(&self, arm: usize) -> String {
        let metric = self.experiment.aim.metric;
        let of =
            |arm: usize| self.analysis.arms.get(arm).map_or_else(String::new, |arm| mean(metric, arm.counts));
        let gain = self.gain(arm).map_or_else(|| "not comparable yet".to_owned(), |gain| self.told(gain));
        format!("{metric} {} against {} of '{}', {gain}", of(arm), of(0), self.name(0))
    }

    /// How much better, with the interval; whichever way is better.
    fn told(&self, gain: Gain) -> String {
        let ends = match (gain.lower, gain.upper) {
            (Some(lower), Some(upper)) => {
                format!(" (between {} and {} at every look)", self.on_scale(lower), self.on_scale(upper))
            }
            (Some(lower), None) => format!(" (at least {} at every look)", self.on_scale(lower)),
            (None, Some(upper)) => format!(" (at most {} at every look)", self.on_scale(upper)),
            (None, None) => String::new(),
        };
        format!("{} better{ends}", self.on_scale(gain.estimate))
    }

    fn all_gains(&self) -> String {
        let told = |arm| {
            let gain = self.gain(arm).map_or_else(|| "not comparable yet".to_owned(), |gain| self.told(gain));
            format!("'{}' {gain}", self.name(arm))
        };
        self.live().map(told).collect::<Vec<_>>().join(", ")
    }

    /// What a leading arm lacks to win.
    fn missing(&self, arm: usize) -> String {
        let Some(gain) = self.gain(arm) else { return "it cannot be compared yet".to_owned() };
        match gain.lower {
            Some(lower) if lower > 0.0 => format!(
                "it is better than '{}', and wins when no other arm can be better than it by {}",
                self.name(0),
                self.experiment.aim.minimum_effect
            ),
            Some(lower) => {
                let more = times(gain.estimate - lower, gain.estimate);
                format!("it wins when the whole range is above zero, at this effect with {more}")
            }
            None => "it wins when the whole range is above zero".to_owned(),
        }
    }

    /// With how much more evidence the arm that may be best would be ruled out, if it does as it did.
    fn until_ruled_out(&self) -> String {
        let least = self.experiment.aim.minimum_effect.fraction();
        let needed = self.live().filter_map(|arm| {
            let gain = self.gain(arm)?;
            let upper = gain.upper.filter(|upper| *upper >= least)?;
            (gain.estimate < least).then(|| (upper - gain.estimate) / (least - gain.estimate))
        });
        let most = needed.fold(0.0_f64, f64::max);
        if most > 0.0 {
            format!("; if they do as they did, none is with {}", times(most, 1.0))
        } else {
            String::new()
        }
    }

    fn wait(&self, wait: Wait) -> String {
        match wait {
            Wait::TooFewOutcomes { arm } => {
                format!("too few outcomes on '{}' to compare it", self.name(arm))
            }
            Wait::TooFewUnits { arm, units, groups } => format!(
                "too few units on '{}': {units} in {groups} of 64 groups, and {MIN_UNITS} in {MIN_GROUPS} are needed",
                self.name(arm)
            ),
            Wait::TooFewScored { arm, groups } => format!(
                "too few units of '{}' were given scores: those of {groups} of 64 groups, and of {MIN_GROUPS} are needed",
                self.name(arm)
            ),
            Wait::Unread { arm, than } => format!(
                "nothing is concluded: of fewer outcomes of '{}' it is known what {} asks for than of those of '{}'",
                self.name(arm),
                self.experiment.aim.metric,
                self.name(than)
            ),
            Wait::BrokenSplit => match self.analysis.split {
                Split::Broken { arm, expected, observed } => format!(
                    "nothing is concluded: '{}' has {:.2}% of the requests where {:.2}% were drawn, so something loses or \
                     adds requests; at most 1 sound experiment in 1000 is told this",
                    self.name(arm),
                    observed * 100.0,
                    expected * 100.0
                ),
                Split::Sound => "nothing is concluded: requests are lost or added".to_owned(),
            },
            Wait::SeenTwice => {
                let exposure = self.analysis.exposure;
                format!(
                    "nothing is concluded: about {} of {} units were seen on more than one arm, so what they met is mixed",
                    exposure.twice, exposure.units
                )
            }
            Wait::Guard { arm } => format!(
                "a person decides on '{}': {}",
                self.name(arm),
                self.harm_that(|harm| harm.arm == arm && harm.follows == Follows::APerson)
            ),
        }
    }

    fn all_harm(&self) -> String {
        self.harm_that(|harm| harm.follows == Follows::ArmStops)
    }

    fn harm_that(&self, is_told: impl Fn(&Harm) -> bool) -> String {
        let told = self.analysis.harm.iter().filter(|harm| is_told(harm)).map(|harm| self.harm(harm));
        told.collect::<Vec<_>>().join("; ")
    }

    fn harm(&self, harm: &Harm) -> String {
        let follows = match harm.follows {
            Follows::ArmStops => "it gets no more traffic",
            Follows::APerson => "a person decides",
            Follows::Nothing => "it is only told",
        };
        let (name, application) = (self.name(harm.arm), &harm.application);
        format!(
            "'{name}' does worse than '{}' in {application}, {}; {follows}",
            self.name(0),
            harm.judgement.sentence()
        )
    }

    fn factors(&self, factors: &Factors) -> Vec<String> {
        let main = |main: &super::factors::Main| {
            format!("{} in {} alone: {}", main.release, main.application, self.range(main.effect))
        };
        let adds = if factors.interaction.is_told() {
            "they change each other's effect"
        } else {
            "nothing shows that they change each other's effect"
        };
        let [first, second] = &factors.main;
        let interaction = format!("together: {}, {adds}", self.range(factors.interaction));
        vec![main(first), main(second), interaction]
    }

    /// What an experiment elsewhere changes: each change that is told, or what there can be at most.
    fn interaction(&self, interaction: &Interaction) -> Vec<String> {
        let Interaction { experiment, draws, pairs } = interaction;
        if let Draws::Dependent { arm, beside, expected, observed } = draws {
            return vec![format!(
                "nothing is said of experiment '{experiment}': of the requests of units on its '{beside}', '{}' has {:.2}% \
                 where {:.2}% were drawn, so the two draws hang together, or something loses or adds requests",
                self.name(*arm),
                observed * 100.0,
                expected * 100.0
            )];
        }
        let known: Vec<(&Pair, Range)> = pairs.iter().filter_map(|pair| Some((pair, pair.change?))).collect();
        let (told, open): (Vec<_>, Vec<_>) = known.iter().partition(|(_, change)| change.is_told());
        let between = |change: &Range| {
            format!("between {} and {}", self.on_scale(change.lower), self.on_scale(change.upper))
        };
        let one = |(pair, change): &(&Pair, Range)| {
            format!(
                "'{}' does {} where '{}' of experiment '{experiment}' is served: {} better than beside its control \
                 ({} at every look); of experiments that change nothing at most 1 in 20 are told to",
                self.name(pair.arm),
                if change.estimate > 0.0 { "more" } else { "less" },
                pair.beside,
                self.on_scale(change.estimate),
                between(change)
            )
        };
        let mut sentences: Vec<String> = told.into_iter().map(one).collect();
        let most = open.iter().max_by(|(_, one), (_, other)| width(one).total_cmp(&width(other)));
        match most {
            Some((pair, change)) if sentences.is_empty() => sentences.push(format!(
                "nothing shows that experiment '{experiment}' changes what the arms do: '{}' does {} better where its '{}' is \
                 served{}",
                self.name(pair.arm),
                between(change),
                pair.beside,
                if known.len() > 1 { ", and of no pair is less known" } else { "" }
            )),
            None if sentences.is_empty() => sentences.push(format!(
                "experiment '{experiment}' runs at the same time, and too few units are on each pair of arms to say whether it \
                 changes what the arms do"
            )),
            _ => {}
        }
        sentences
    }

    fn range(&self, range: Range) -> String {
        let told = |value: f64| match self.experiment.aim.metric {
            Metric::Score(_) => format!("{value:+.2} points"),
            metric if metric.is_amount() => amounts::difference(metric, value),
            _ => format!("{:+.2}pp", value * 100.0),
        };
        format!("{} better (between {} and {})", told(range.estimate), told(range.lower), told(range.upper))
    }
}

fn width(range: &Range) -> f64 {
    range.upper - range.lower
}

/// How many times the outcomes there are, for an interval of half the width `now` to have the width `wanted`.
fn times(now: f64, wanted: f64) -> String {
    format!("about {:.1} times the outcomes", (now / wanted).powi(2).max(1.0))
}

fn mean(metric: Metric, counts: Counts) -> String {
    let (mean, trials) = (counts.share().unwrap_or(0.0), counts.trials);
    match metric {
        Metric::Score(_) if trials == 0 => "not given yet".to_owned(),
        Metric::Score(score) => format!("{:.2} on average of {trials}", score.below_top(mean)),
        metric if metric.is_amount() => amounts::mean(metric, counts),
        _ if counts.unknown > 0 => {
            format!("{:.2}% ({} of {trials}, and unknown of {})", mean * 100.0, counts.events, counts.unknown)
        }
        _ => format!("{:.2}% ({} of {trials})", mean * 100.0, counts.events),
    }
}
