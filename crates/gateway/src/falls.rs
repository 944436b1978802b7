//! The parts of the traffic that a request falls into: [`Falls`].

use viridian_core::companion::Elsewhere;

/// The parts of the traffic that a request falls into.
#[derive(Default)]
pub(crate) struct Falls {
    /// The value of each attribute; absent where nothing is counted by slice.
    pub(crate) slices: Option<Box<[Box<str>]>>,
    /// The arms that its unit has elsewhere.
    pub(crate) elsewhere: Elsewhere,
}
