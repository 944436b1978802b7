//! Who is to blame when a request fails. Entry point: [`Blame`].

/// Who is to blame when a request fails, and so who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// What was sent cannot be answered, by anybody.
    Caller,
    /// This gateway cannot take it now.
    Gateway,
    /// Who was to answer did not.
    Upstream,
}

impl Blame {
    /// Everyone, in the order of the counters.
    pub const ALL: [Self; 3] = [Self::Caller, Self::Gateway, Self::Upstream];

    /// The word in logs and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gateway => "gateway",
            Self::Upstream => "upstream",
        }
    }
}
