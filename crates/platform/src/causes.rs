//! An error with its causes, in one line: "it could not be reached" alone helps nobody. Entry point: [`Causes`].

use std::error::Error;
use std::fmt;

/// An error, told with what caused it, and what caused that.
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(source) = cause {
            write!(f, ": {source}")?;
            cause = source.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn every_cause_is_told_once() {
        assert_eq!(Causes(&Outer(io::Error::other("inner"))).to_string(), "outer: inner");
        assert_eq!(Causes(&io::Error::other("alone")).to_string(), "alone");
    }
}
