//! What a routing table becomes before it serves: everything a request would otherwise have to parse, look up or read
//! is done once, off the path of requests. Entry point: [`table::Table::prepare`].

pub(crate) mod endpoint;
pub(crate) mod lanes;
pub(crate) mod placement;
pub(crate) mod table;
