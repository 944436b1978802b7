//! What happened, for people. Nothing is written unless somebody wants to read it.

use crate::queue::Moment;
use crate::script::moment;
use std::time::Duration;

/// What happened, line by line.
#[derive(Debug, Default)]
pub(crate) struct Story {
    lines: Option<Vec<String>>,
}

impl Story {
    /// One that is told.
    pub(crate) const fn told() -> Self {
        Self { lines: Some(Vec::new()) }
    }

    /// Something happened.
    pub(crate) fn tell(&mut self, at: Moment, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{}  {}", moment(Duration::from_millis(at)), line()));
        }
    }

    /// Everything that was told.
    pub(crate) fn take(&mut self) -> Vec<String> {
        self.lines.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
