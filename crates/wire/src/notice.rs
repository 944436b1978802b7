//! What people are called with by a webhook: [`Notice`].

use crate::api::Moment;
use serde::{Deserialize, Serialize};
use viridian_core::id::RolloutName;

/// Something people have to know at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// All of it in a sentence, under the name chat services look for.
    pub text: String,
    /// How much it matters.
    pub severity: Importance,
    /// Whose rollout it is about.
    pub rollout: RolloutName,
    /// What happened, and why.
    pub message: String,
    /// When it was decided.
    pub at: Moment,
    /// The same however often it is told, and another for each notice.
    pub id: String,
}

/// How much a notice matters. There may be others one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Importance {
    /// Somebody has to look.
    Critical,
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::time::Timestamp;

    #[test]
    fn a_notice_is_written_so() {
        let notice = Notice {
            text: "rollout chat-v8: held".to_owned(),
            severity: Importance::Critical,
            rollout: RolloutName::parse("chat-v8").unwrap(),
            message: "held".to_owned(),
            at: Moment(Timestamp(1_790_000_000_000)),
            id: "chat-v8-7-1790000000000".to_owned(),
        };
        let written = r#"{"text":"rollout chat-v8: held","severity":"critical","rollout":"chat-v8","message":"held","at":"2026-09-21T14:13:20.000Z","id":"chat-v8-7-1790000000000"}"#;
        assert_eq!(serde_json::to_string(&notice).unwrap(), written);
        assert_eq!(serde_json::from_str::<Notice>(written).unwrap(), notice);
    }
}
