//! Names people write and numbers the system counts with, each its own type so that none is passed for another.
//!
//! Names are parsed once at the border ([`ApplicationName::parse`] and its siblings) and trusted afterwards.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name accepted, the limit of a DNS label, so that names fit host names and Kubernetes objects.
pub const NAME_LENGTH: usize = 63;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAName {
    /// The text as it was given.
    pub text: String,
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a name: use 1 to {NAME_LENGTH} lower-case letters, digits, '-' or '.', \
             starting and ending with a letter or digit",
            self.text
        )
    }
}

impl std::error::Error for NotAName {}

fn parse_name(text: &str) -> Result<String, NotAName> {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let edges_fit =
        bytes.first().is_some_and(|&b| alphanumeric(b)) && bytes.last().is_some_and(|&b| alphanumeric(b));
    let inner_fits = bytes.iter().all(|&b| alphanumeric(b) || b == b'-' || b == b'.');
    if edges_fit && inner_fits && bytes.len() <= NAME_LENGTH {
        Ok(text.to_owned())
    } else {
        Err(NotAName { text: text.to_owned() })
    }
}

/// Defines one type of name; the only macro of the house, because the types differ in nothing but their name.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Reads a name; the error says what a name may look like.
            pub fn parse(text: &str) -> Result<Self, NotAName> {
                parse_name(text).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NotAName;
            fn try_from(text: String) -> Result<Self, NotAName> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }
    };
}

name! {
    /// The AI-backed thing callers address.
    ApplicationName
}
name! {
    /// A system outside that measures.
    SourceName
}
name! {
    /// A measurement that is asked of a source.
    GaugeName
}
name! {
    /// An immutable bundle that defines behaviour.
    ReleaseName
}
name! {
    /// A named place where a release can run.
    EnvironmentName
}
name! {
    /// One attempt to move an application from baseline to candidate.
    RolloutName
}
name! {
    /// A comparison of several arms whose aim is to learn.
    ExperimentName
}
name! {
    /// An arm of an experiment.
    ArmName
}
name! {
    /// Experiments of one layer exclude one another.
    LayerName
}
name! {
    /// A gateway process, stable across its restarts.
    NodeName
}

/// The number of a routing table of one application; it only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The number of the epoch that begins with this table: the table's own, as far as it fits. Who reserves numbers for
    /// tables thereby reserves them for epochs, so that one that was served and never written down is not used again.
    pub const fn epoch(self) -> EpochId {
        let [.., a, b, c, d] = self.0.to_be_bytes();
        EpochId(u32::from_be_bytes([a, b, c, d]))
    }
}

/// The fencing number of the acting controller; a new one each time a controller takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Term(pub u64);

/// The number of a span with constant draw probabilities and scoring parameters; it only rises per application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochId(pub u32);

/// One start of a gateway process: counters restart at zero with it, so rows of different boots are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub u64);

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EpochId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, accepted: bool) {
        assert_eq!(ApplicationName::parse(text).is_ok(), accepted, "{text:?}");
    }

    #[test]
    fn names_are_dns_labels_with_dots() {
        check("support-chat", true);
        check("v1.2", true);
        check("7", true);
        check(&"a".repeat(NAME_LENGTH), true);
        check(&"a".repeat(NAME_LENGTH + 1), false);
        check("", false);
        check("-a", false);
        check("a-", false);
        check(".a", false);
        check("Support", false);
        check("a b", false);
        check("a/b", false);
        check("é", false);
    }
}
