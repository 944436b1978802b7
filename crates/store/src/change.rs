//! Whether applying something changed anything.

/// Whether applying something changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Created,
    /// It was there with other content.
    Configured,
    /// It was there just so.
    Unchanged,
}
