//! What is shown and never decides: valid at one look, or descriptions without an error bound.

pub mod proportion;
