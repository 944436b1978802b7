//! Places at which a test ends the process without a warning, as a loss of power does. Entry point: [`at`].
//!
//! They stand around durable writes and publications, where a crash between two steps could tear apart what belongs
//! together. `VIRIDIAN_CRASH=<place>:<count>` ends a process when it comes to the place so often. A build without debug
//! assertions, as every release is, has none of this: [`at`] is empty there and the variable means nothing.

/// Where a process can be made to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A transaction is about to be committed.
    BeforeCommit,
    /// A transaction was committed, and nobody knows yet.
    AfterCommit,
    /// A step away from the baseline is committed and not published.
    Unpublished,
    /// A step back to the baseline is published and not committed.
    Uncommitted,
    /// A step is committed and published.
    Published,
    /// A table that no step asked for is committed and not published.
    TableUnpublished,
    /// People were told of something, and it was not crossed out.
    Told,
    /// Counters of a gateway are on the disk, and the gateway does not know.
    Counted,
    /// A gateway's answer to a table has arrived, and nothing followed from it.
    Answered,
    /// An order of a person is on the disk, and the person does not know.
    Ordered,
    /// A gateway has written a file that does not have its name yet.
    FileUnnamed,
    /// A file has its name, which may not be durable.
    FileUnsynced,
    /// A change was added to a gateway's file, and may not be durable.
    ChangeUnsynced,
    /// A gateway has made a table durable and does not serve by it.
    Unserved,
    /// A gateway serves by a table that leads back and has not made it durable.
    Unkept,
    /// A gateway serves by tables and has not said so.
    Unacknowledged,
    /// A gateway knows that its counters are durable and has not forgotten them.
    Unforgotten,
}

/// Whose process a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A controller's.
    Controller,
    /// A gateway's.
    Gateway,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 17] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::Unpublished,
        Self::Uncommitted,
        Self::Published,
        Self::TableUnpublished,
        Self::Told,
        Self::Counted,
        Self::Answered,
        Self::Ordered,
        Self::FileUnnamed,
        Self::FileUnsynced,
        Self::ChangeUnsynced,
        Self::Unserved,
        Self::Unkept,
        Self::Unacknowledged,
        Self::Unforgotten,
    ];

    /// Its name in the variable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::Unpublished => "unpublished",
            Self::Uncommitted => "uncommitted",
            Self::Published => "published",
            Self::TableUnpublished => "table-unpublished",
            Self::Told => "told",
            Self::Counted => "counted",
            Self::Answered => "answered",
            Self::Ordered => "ordered",
            Self::FileUnnamed => "file-unnamed",
            Self::FileUnsynced => "file-unsynced",
            Self::ChangeUnsynced => "change-unsynced",
            Self::Unserved => "unserved",
            Self::Unkept => "unkept",
            Self::Unacknowledged => "unacknowledged",
            Self::Unforgotten => "unforgotten",
        }
    }

    /// Whose process it is in.
    pub const fn role(self) -> Role {
        match self {
            Self::BeforeCommit
            | Self::AfterCommit
            | Self::Unpublished
            | Self::Uncommitted
            | Self::Published
            | Self::TableUnpublished
            | Self::Told
            | Self::Counted
            | Self::Answered
            | Self::Ordered => Role::Controller,
            Self::FileUnnamed
            | Self::FileUnsynced
            | Self::ChangeUnsynced
            | Self::Unserved
            | Self::Unkept
            | Self::Unacknowledged
            | Self::Unforgotten => Role::Gateway,
        }
    }
}

/// The process is at a place. It ends here when a test wants it to; in a release nothing happens.
#[inline]
pub fn at(place: Place) {
    #[cfg(debug_assertions)]
    armed::pass(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod armed {
    use super::Place;
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Says where a process is to end, and how often it gets there before.
    const VARIABLE: &str = "VIRIDIAN_CRASH";

    static ARMED: OnceLock<Option<(Place, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    pub(super) fn pass(place: Place) {
        let armed = ARMED.get_or_init(|| read(&std::env::var(VARIABLE).ok()?));
        let Some((wanted, count)) = *armed else { return };
        if wanted == place && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == count {
            // Whoever started the process sees that it ended here, and for no other reason.
            let _ = writeln!(std::io::stderr(), "{VARIABLE}: {} for the {count}. time", place.name());
            std::process::abort();
        }
    }

    /// Reads `<place>:<count>`; what is nothing of the kind arms nothing.
    pub(super) fn read(text: &str) -> Option<(Place, u64)> {
        let (name, count) = text.split_once(':')?;
        let place = Place::ALL.into_iter().find(|place| place.name() == name)?;
        Some((place, count.parse().ok()?))
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn every_place_can_be_named() {
        for place in Place::ALL {
            assert_eq!(armed::read(&format!("{}:3", place.name())), Some((place, 3)));
        }
        assert_eq!(armed::read("nowhere:1"), None);
        assert_eq!(armed::read("told"), None);
        assert_eq!(armed::read("told:often"), None);
    }
}
