//! Who serves whom: [`table`] is the answer, [`bucket`] and [`draw`] decide which arm a unit gets, [`decide`] applies it to one
//! request, and [`build`] computes a table from committed state. [`shares`] gives every arm of an experiment a fixed place among
//! the buckets, [`layer`] keeps experiments apart that must not meet, [`companions`] tells which arm a unit has in those it does meet, and
//! [`warmth`] when a candidate has had its warm-up.

pub mod shares;
pub mod layer;
pub mod table;
pub mod bucket;
pub mod draw;
pub mod companions;
pub mod warmth;
pub mod decide;
pub mod build;
