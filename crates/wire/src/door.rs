//! What a gateway elsewhere and its controller say to each other over the internal listener.
//!
//! The gateway comes with a [`Hello`] to [`TABLES`] and is answered with a stream of [`Frame`]s, one JSON text a line,
//! that does not end while both live. It answers each delta at [`ACKNOWLEDGEMENTS`] and brings what it counted to
//! [`REPORTS`], whose [`Receipt`] says whether it may forget.

pub mod line;

use crate::snapshot::Delta;
use serde::{Deserialize, Serialize};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, Generation};

/// The version of this conversation. A controller refuses what it does not speak, and says what it does.
pub const PROTOCOL: u32 = 1;
/// Where a gateway asks for tables.
pub const TABLES: &str = "/internal/v1/tables";
/// Where it answers them.
pub const ACKNOWLEDGEMENTS: &str = "/internal/v1/acknowledgements";
/// Where it brings what it counted.
pub const REPORTS: &str = "/internal/v1/reports";
/// Where it says that it ends.
pub const FAREWELLS: &str = "/internal/v1/farewells";

/// How a gateway introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The version of the conversation it speaks.
    pub protocol: u32,
    /// The gateway and this start of it.
    #[serde(flatten)]
    pub origin: Origin,
    /// The version of its program, for people.
    pub version: String,
    /// What it serves by already: it is sent what differs.
    pub serving: Vec<Serving>,
    /// Whether it checks lines that begin with their digest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checks_lines: bool,
}

/// The table a gateway serves an application by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The application.
    pub application: ApplicationName,
    /// The table's number.
    pub generation: Generation,
}

/// One line of what a controller sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Frame {
    /// Tables to serve by.
    Delta(Delta),
    /// Nothing, said so that silence means that the other side is gone.
    Beat,
    /// Another process has taken the gateway's name; nothing follows.
    Superseded,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Whether everything in it will outlast the controller, so that the gateway may forget what is complete.
    pub durable: bool,
}
