//! What a gateway elsewhere and its controller say to each other over the internal listener.
//!
//! The gateway comes with a [`Hello`] to [`TABLES`] and is answered with a stream of [`Frame`]s, one JSON text a line,
//! that does not end while both live. It answers each delta at [`ACKNOWLEDGEMENTS`] and brings what it counted to
//! [`REPORTS`], whose [`Receipt`] says whether it may forget. Lines carry their digests, and what is brought has it in its
//! content type ([`mark`]): what was changed on the way is refused, and sent again.

pub mod line;
pub mod mark;

use crate::snapshot::Delta;
use serde::{Deserialize, Serialize};
use viridian_core::analysis::row::Origin;
use viridian_core::id::{ApplicationName, Generation};

/// The version of this conversation. A controller refuses what it does not speak, and says what it does. What is only
/// added, and may be absent, needs no new version: whoever does not know it passes over it.
pub const PROTOCOL: u32 = 1;
/// The oldest version that is spoken as well.
pub const OLDEST_PROTOCOL: u32 = 1;
/// The header that names the term a controller acts in, in every answer of it, and the highest term a gateway has
/// followed, in everything it asks.
pub const TERM: &str = "x-viridian-term";
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
    /// By how many milliseconds the gateway's clock is ahead of the controller's, when that is worth telling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<i64>,
}
