//! What became of a commit that may have been tried before.

/// What became of a commit. Either way the event is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It was written.
    Now {
        /// Its place in the whole log.
        event: u64,
    },
    /// An earlier attempt of the same commit had been written, although nobody could tell then.
    Already {
        /// Its place in the whole log.
        event: u64,
    },
}
