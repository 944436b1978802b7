//! Slices: the parts of an application's traffic with one value of one attribute, such as the German requests.
//!
//! An attribute is known of a request before it is drawn, from its head alone. How many values are told apart is bounded;
//! the rest is one slice of its own, [`OTHER`].

pub mod unasked;

use crate::guard::Guard;
use crate::metric::Metric;
use crate::unit::Units;
use serde::{Deserialize, Serialize};
use std::fmt;

/// So many attributes traffic is cut by at most.
pub const MOST_ATTRIBUTES: usize = 4;
/// So many values of an attribute are told apart at most, by each worker of a gateway.
pub const MOST_VALUES: usize = 16;
/// What values beyond these are counted as.
pub const OTHER: &str = "other";
/// What requests are counted as that have no value.
pub const ABSENT: &str = "absent";
/// The longest value that is told, in bytes; of longer ones the beginning.
pub const LONGEST_VALUE: usize = 64;

/// What traffic is cut by, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Attribute(String);

/// Where an attribute is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// The path of the request.
    Route,
    /// The tenant the caller names.
    Tenant,
    /// The language the caller would like best.
    Language,
    /// A request header.
    Header(&'a str),
}

/// A text that names no attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnAttribute;

/// Whether slices are asked about a metric; [`unasked::why`] says why not.
pub fn is_counted(metric: Metric, units: Units) -> bool {
    unasked::why(metric, units).is_none()
}

/// What gateways count by slice while two arms are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slicing {
    /// By what.
    pub by: Vec<Attribute>,
    /// What is counted.
    pub metrics: Vec<Metric>,
}

impl Attribute {
    /// Reads `route`, `tenant`, `language` or `header:<name>`, whose name is kept in lower case.
    ///
    /// # Errors
    /// The text is none of these.
    pub fn parse(text: &str) -> Result<Self, NotAnAttribute> {
        let attribute = Self(text.to_ascii_lowercase());
        let is_token = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        match attribute.place() {
            Place::Header(name) if !text.starts_with("header:") || !is_token(name) => Err(NotAnAttribute),
            _ => Ok(attribute),
        }
    }

    /// As people write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it is found.
    pub fn place(&self) -> Place<'_> {
        match self.0.as_str() {
            "route" => Place::Route,
            "tenant" => Place::Tenant,
            "language" => Place::Language,
            text => Place::Header(text.strip_prefix("header:").unwrap_or_default()),
        }
    }
}

impl TryFrom<String> for Attribute {
    type Error = NotAnAttribute;

    fn try_from(text: String) -> Result<Self, NotAnAttribute> {
        Self::parse(&text)
    }
}

impl From<Attribute> for String {
    fn from(attribute: Attribute) -> Self {
        attribute.0
    }
}

impl fmt::Display for NotAnAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is neither route, tenant, language nor header:<name>")
    }
}

impl std::error::Error for NotAnAttribute {}

impl Slicing {
    /// What these attributes and guards ask for; nothing when nothing is asked. Errors are always counted: they tell how many
    /// requests a slice has.
    pub fn of(by: &[Attribute], guards: &[Guard], units: Units) -> Option<Self> {
        let metrics = guards.iter().map(|guard| guard.metric);
        let mut metrics: Vec<Metric> = metrics.filter(|metric| is_counted(*metric, units)).collect();
        if !metrics.contains(&Metric::Errors) {
            metrics.push(Metric::Errors);
        }
        (!by.is_empty()).then(|| Self { by: by.to_vec(), metrics })
    }
}

/// A value as far as it is told.
pub fn told(value: &str) -> &str {
    let mut end = value.len().min(LONGEST_VALUE);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Margin;

    #[test]
    fn attributes_are_known_by_what_people_write() {
        let check = |text: &str, place: Option<Place<'_>>| {
            let found = Attribute::parse(text);
            assert_eq!(found.as_ref().ok().map(Attribute::place), place, "{text}");
        };
        check("route", Some(Place::Route));
        check("tenant", Some(Place::Tenant));
        check("language", Some(Place::Language));
        check("header:X-Plan", Some(Place::Header("x-plan")));
        check("header:", None);
        check("header:a b", None);
        check("region", None);
        check("", None);
    }

    #[test]
    fn something_says_how_many_requests_a_slice_has() {
        let check = |guarded: &[Metric], units, counted: &[Metric]| {
            let guards: Vec<Guard> =
                guarded.iter().map(|metric| Guard::new(*metric, Margin::Relative(2_000))).collect();
            let by = [Attribute::parse("route").unwrap()];
            assert_eq!(Slicing::of(&by, &guards, units).unwrap().metrics, counted, "{guarded:?}");
        };
        let (drawn, stay) = (Units::Independent, Units::Sticky);
        check(&[Metric::Errors, Metric::Cost], stay, &[Metric::Errors, Metric::Cost]);
        check(&[Metric::Errors, Metric::Cost], drawn, &[Metric::Errors]);
        check(&[Metric::Timeouts], drawn, &[Metric::Timeouts, Metric::Errors]);
        check(&[Metric::Cost], stay, &[Metric::Cost, Metric::Errors]);
        check(&[Metric::LatencyP95, Metric::Feedback], stay, &[Metric::LatencyP95, Metric::Errors]);
        let errors = Guard::new(Metric::Errors, Margin::Points(50));
        assert_eq!(Slicing::of(&[], &[errors], drawn), None);
    }

    #[test]
    fn long_values_are_told_to_a_whole_letter() {
        let long = format!("{}\u{e4}\u{e4}", "a".repeat(LONGEST_VALUE - 1));
        assert_eq!(told(&long), "a".repeat(LONGEST_VALUE - 1));
        assert_eq!(told("de"), "de");
    }
}
