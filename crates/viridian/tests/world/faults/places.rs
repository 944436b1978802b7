//! Processes that end where they were told to. Entry point: [`armed`].

use viridian_crash::Place;

/// The variable that ends a process when it comes to a place so often.
pub(super) fn armed(place: Place, count: u64) -> (&'static str, String) {
    ("VIRIDIAN_CRASH", format!("{}:{count}", place.name()))
}
