//! What the names of metrics mean to an experiment: what every application measures, or what those that take part declare. That
//! is told in other documents or applied already, so an experiment that names such metrics is read when those are known.

use crate::manifest::application::{Declares, is_own_name};
use crate::manifest::check;
use crate::manifest::cursor::Cursor;
use crate::manifest::fault::{Fault, quoted};
use std::collections::BTreeMap;
use viridian_core::id::ApplicationName;
use viridian_core::meanings::Meanings;
use viridian_core::metric::Metric;

/// What applications declare, as far as it can be told.
#[derive(Debug, Default)]
pub(crate) struct Names<'a>(BTreeMap<&'a ApplicationName, &'a Declares>);

impl<'a> Names<'a> {
    /// What these applications declare; of others it cannot be told.
    pub(crate) fn of(known: impl Iterator<Item = (&'a ApplicationName, &'a Declares)>) -> Self {
        Self(known.collect())
    }

    /// The metric that is named, where it is looked at in some applications. What it means is one thing in all of them that declare it.
    pub(super) fn metric(
        &self,
        word: &Cursor<'_>,
        applications: &[ApplicationName],
        faults: &mut Vec<Fault>,
    ) -> Option<Metric> {
        let name = word.text()?;
        if let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.as_str() == name) {
            return Some(metric);
        }
        if !is_own_name(name) || applications.is_empty() {
            return None;
        }
        let (mut found, mut is_told) = (None, true);
        for application in applications {
            match self.0.get(application).map(|declares| declares.metric(name)) {
                Some(Some(Some(metric))) => match found {
                    Some((first, other)) if other != metric => {
                        faults.push(word.fault(format!(
                            "{} means one thing in '{first}' and another in '{application}'; give one of them another name",
                            quoted(name)
                        )));
                        return None;
                    }
                    _ => found = Some((application, metric)),
                },
                Some(None) => {}
                // The definition has faults, or nobody knows whether there is one.
                Some(Some(None)) | None => is_told = false,
            }
        }
        if found.is_none() && is_told {
            let own = applications.iter().filter_map(|application| self.0.get(application));
            let names: Vec<&str> =
                Metric::NAMES.into_iter().chain(own.flat_map(|declares| declares.names())).collect();
            faults.push(word.fault(check::wrong_word(name, &names, &[])));
        }
        found.filter(|_| is_told).map(|(_, metric)| metric)
    }

    /// What applications mean by those of these metrics that they declare.
    pub(super) fn meanings(
        &self,
        applications: &[ApplicationName],
        looked_at: &[Metric],
    ) -> BTreeMap<ApplicationName, Meanings> {
        let of = |application: &ApplicationName| {
            let meanings = self.0.get(application)?.meanings(looked_at);
            (!meanings.is_nothing()).then(|| (application.clone(), meanings))
        };
        applications.iter().filter_map(of).collect()
    }
}

/// Whether an experiment names metrics that applications would have to declare.
pub(crate) fn names_own(document: &Cursor<'_>) -> bool {
    let is_own = |field: Cursor<'_>| {
        let metric = field.field("metric");
        metric.is_some_and(|word| word.text().is_some_and(is_own_name))
    };
    let Some(spec) = document.field("spec") else { return false };
    let (aim, guards) = (spec.field("aim"), spec.field("guards"));
    aim.is_some_and(is_own) || guards.is_some_and(|guards| guards.items().any(is_own))
}
