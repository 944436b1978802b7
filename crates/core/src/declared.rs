//! Metrics that people declare: shares with a name of their own, of the outcomes that an expression finds bad.
//!
//! A declared metric is known by its name and by what it means: a digest of its expressions. Counters, guards and reports
//! carry both, so that another expression under the same name is another metric: nothing that was counted by the one is
//! ever read as the other, whichever table it was counted by and however late it arrives.

pub use crate::own_name::LONGEST_NAME;
use crate::own_name::OwnName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// So many metrics an application declares at most.
pub const MOST_DECLARED: usize = 8;
/// The longest expression, in bytes.
pub const LONGEST_EXPRESSION: usize = 500;
/// What stands before the name where a metric is stored.
const PREFIX: &str = "declared/";

/// A declared metric, wherever it is counted, guarded or told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Declared {
    meaning: u64,
    name: OwnName,
    asks: Asks,
    load: Load,
}

/// What has to be known of an outcome to say whether it is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asks {
    /// How the request went.
    Passing,
    /// What its answer says, but for the text.
    Answer,
    /// The text of its answer, too.
    Text,
}

/// Whether a small share of the traffic can make an arm look better than it would be under more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// It cannot.
    Indifferent,
    /// It can: the metric is about times or about requests that were turned away.
    Matters,
}

/// A text that is not a declared metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDeclared;

/// What an application declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// The metric.
    pub metric: Declared,
    /// True of an outcome that is bad, in the Common Expression Language.
    pub bad: String,
    /// True of an outcome that counts at all; all of them count when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// What one outcome is by a declared metric that it counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is not bad.
    Good,
    /// It is.
    Bad,
    /// What the expression asks for is not known of it.
    Unknown,
}

impl Declared {
    /// A metric by its name and the digest of what it means; nothing for a name that is empty, too long, or not of ASCII
    /// letters, digits and dashes.
    pub fn new(name: &str, meaning: u64, asks: Asks, load: Load) -> Option<Self> {
        Some(Self { meaning, name: OwnName::new(name)?, asks, load })
    }

    /// The name people gave it.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// What it asks for.
    pub const fn asks(self) -> Asks {
        self.asks
    }

    /// Whether load matters to it.
    pub const fn load(self) -> Load {
        self.load
    }
}

/// As it is stored: `declared/<name>/<meaning>/<what it asks for>`. People are told its name.
impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks = match self.asks {
            Asks::Passing => "passing",
            Asks::Answer => "answer",
            Asks::Text => "text",
        };
        let load = if self.load == Load::Matters { "/load" } else { "" };
        write!(f, "{PREFIX}{}/{:016x}/{asks}{load}", self.name(), self.meaning)
    }
}

impl From<Declared> for String {
    fn from(metric: Declared) -> Self {
        metric.to_string()
    }
}

impl TryFrom<String> for Declared {
    type Error = NotDeclared;

    fn try_from(text: String) -> Result<Self, NotDeclared> {
        text.parse()
    }
}

impl std::str::FromStr for Declared {
    type Err = NotDeclared;

    fn from_str(text: &str) -> Result<Self, NotDeclared> {
        let mut parts = text.strip_prefix(PREFIX).ok_or(NotDeclared)?.split('/');
        let (name, meaning) = parts.next().zip(parts.next()).ok_or(NotDeclared)?;
        let meaning = u64::from_str_radix(meaning, 16).map_err(|_| NotDeclared)?;
        let asks = match parts.next() {
            Some("passing") => Asks::Passing,
            Some("answer") => Asks::Answer,
            Some("text") => Asks::Text,
            _ => return Err(NotDeclared),
        };
        let load = match parts.next() {
            None => Load::Indifferent,
            Some("load") => Load::Matters,
            Some(_) => return Err(NotDeclared),
        };
        Self::new(name, meaning, asks, load).ok_or(NotDeclared)
    }
}

impl fmt::Display for NotDeclared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no metric, and no declared one")
    }
}

impl std::error::Error for NotDeclared {}
