//! What one answer says, as far as it was read.

/// What an answer says. Nothing is known where it was not read, could not be, or does not tell; that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// It declines to say what it was asked for, or was kept from saying it.
    pub refused: Option<bool>,
    /// It says nothing.
    pub empty: Option<bool>,
    /// It ended because it reached the most tokens it may have.
    pub truncated: Option<bool>,
    /// Its text is not the JSON that the request declared.
    pub invalid_output: Option<bool>,
    /// A function it calls is not as the request declared it.
    pub invalid_tool_calls: Option<bool>,
    /// No part of the prompt came from a cache.
    pub missed_cache: Option<bool>,
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Those of them that came from a cache.
    pub cached_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: Option<u64>,
    /// What it costs, in billionths of the unit of its release's prices.
    pub cost: Option<u64>,
}

impl Contents {
    /// Whether nothing that was read speaks against the answer.
    pub fn is_good(&self) -> bool {
        let faults = [self.refused, self.empty, self.truncated, self.invalid_output, self.invalid_tool_calls];
        !faults.contains(&Some(true))
    }
}
