//! What an experiment asks of answers: what every application measures, and what applications mean by names of their own.

use super::definition::Experiment;
use crate::id::ApplicationName;
use crate::metric::Metric;

impl Experiment {
    /// Everything it looks at: by its guards, then by its aim.
    pub fn looked_at(&self) -> impl Iterator<Item = Metric> {
        self.guards.iter().map(|guard| guard.metric).chain([self.aim.metric])
    }

    /// What it asks of the answers of one application: what every application measures, and what this one declares.
    pub fn asked_of(&self, application: &ApplicationName) -> Vec<Metric> {
        let meanings = self.meanings.get(application);
        let is_asked = |metric: &Metric| match metric {
            Metric::Declared(_) | Metric::Score(_) => meanings.is_some_and(|meanings| meanings.has(*metric)),
            _ => true,
        };
        self.looked_at().filter(is_asked).collect()
    }

    /// Whether another asks for the same in the same words, whatever the applications mean by them now.
    pub fn asks_as(&self, other: &Self) -> bool {
        let mut same = other.clone();
        let theirs = same.guards.iter_mut().map(|guard| &mut guard.metric).chain([&mut same.aim.metric]);
        for (mine, theirs) in self.looked_at().zip(theirs) {
            if mine.as_str() == theirs.as_str() {
                *theirs = mine;
            }
        }
        same.meanings = self.meanings.clone();
        same == *self
    }
}
