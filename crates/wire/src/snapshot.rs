//! What a controller sends gateways and what they answer: the tables to serve by, as a full set or as what changed in
//! it, and one acknowledgement or rejection per table.

use serde::{Deserialize, Serialize};
use viridian_core::id::{ApplicationName, BootId, Generation, NodeName, Term};
use viridian_core::routing::table::RoutingTable;

/// The longest table that is published and taken, in bytes as [`length`] counts them. An update of as many tables as one may
/// hold fits the longest line that is read. A table is some kilobytes; what makes it long are pins, paths, endpoints and
/// parameters.
pub const LONGEST_TABLE: usize = 120 * 1024;

/// How long a table is when it is sent.
pub fn length(table: &RoutingTable) -> usize {
    // A table can always be written. One that could not would be sent to nobody.
    serde_json::to_vec(table).map_or(usize::MAX, |text| text.len())
}

/// Every routing table, and the keys request ids are signed with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The controller that published it.
    pub term: Term,
    /// The keys request ids are signed with: the first signs, all verify.
    pub keys: Vec<SigningKey>,
    /// One table per application, in any order.
    pub tables: Vec<RoutingTable>,
}

/// What changed for one gateway since it was sent something last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delta {
    /// The controller that published it.
    pub term: Term,
    /// Its place in the stream it came by, counted from 1: a gap says that something was lost on the way.
    pub number: u64,
    /// The keys request ids are signed with: the first signs, all verify.
    pub keys: Vec<SigningKey>,
    /// Tables that are new or changed, in any order.
    pub tables: Vec<RoutingTable>,
    /// Applications that are served no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ApplicationName>,
    /// Whether the gateway has with this everything that was published when it was sent.
    pub complete: bool,
}

/// A key request ids are signed with. The secret does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// Its number, carried in every id it signed.
    pub id: u8,
    /// 32 random bytes.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What one gateway made of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    /// The gateway.
    pub node: NodeName,
    /// This start of it.
    #[serde(default)]
    pub boot: BootId,
    /// Its answer, table by table.
    pub answers: Vec<TableAnswer>,
}

/// What a gateway made of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableAnswer {
    /// Whose table.
    pub application: ApplicationName,
    /// The generation the gateway serves by now.
    pub serving: Generation,
    /// Why it refused the table that was sent; absent when it serves by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rejection>,
}

/// A table a gateway refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// The generation it refused.
    pub generation: Generation,
    /// Why, for people.
    pub reason: String,
}
