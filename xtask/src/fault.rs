//! A fault: one place that breaks one rule, told in one line.
//!
//! Entry point: [`report`], which shows all faults at once. Finding them is left to the rules.

use std::fmt;

use anyhow::{Result, bail};

/// One broken rule. `place` is a path, with a line where there is one, so that editors can jump to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    place: String,
    message: String,
}

impl Fault {
    /// A fault of a whole file, or of something that has a name instead of a file.
    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    /// A fault at a line, counted from 1.
    pub(crate) fn at_line(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// Prints every fault and fails when there is one. `what` names the examination in both cases.
pub(crate) fn report(what: &str, mut faults: Vec<Fault>) -> Result<()> {
    if faults.is_empty() {
        println!("{what}: no faults");
        return Ok(());
    }
    faults.sort();
    for fault in &faults {
        eprintln!("{fault}");
    }
    bail!("{what}: {} faults", faults.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_starts_with_a_place_that_editors_understand() {
        assert_eq!(Fault::at_line("src/a.rs", 7, "too long").to_string(), "src/a.rs:7: too long");
    }

    #[test]
    fn only_an_empty_list_is_a_success() {
        assert!(report("tidy", Vec::new()).is_ok());
        assert!(report("tidy", vec![Fault::new("a", "b")]).is_err());
    }
}
