//! Who serves whom: the table a gateway serves from, the draw, the decision for one request, and how a table is
//! computed from committed state.

pub mod table;
pub mod bucket;
pub mod decide;
pub mod build;
