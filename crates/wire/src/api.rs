//! The bodies of the control-plane API, as JSON: what a client sends and what it is answered.
//!
//! Start with [`RolloutBody`]. Bodies are made from values of the core here, so that the two can grow apart without a
//! client noticing. Names are in `camelCase`, moments are RFC 3339, spans of time are seconds, shares of traffic are
//! per cent. A field that is absent has no value; `null` is never sent.

mod application;
mod apply;
mod day;
mod event;
mod experiment;
mod explanation;
mod forecast;
mod gain;
mod gateway;
mod guard;
mod history;
mod interaction;
mod list;
mod moment;
mod order;
mod percentile;
mod phase;
mod problem;
mod release;
mod report;
mod rollout;
mod start;
mod step;

pub use application::{
    ApplicationBody, ApplicationSummary, EnvironmentBody, MetricBody, ScoreBody, TableBody,
};
pub use apply::{Action, ApplyRequest, ApplyResult, Change, ManifestText};
pub use day::{DayBody, DayGainBody};
pub use event::{EventBody, EventKind};
pub use experiment::{
    BanditBody, ExperimentArmBody, ExperimentBody, ExperimentFacts, ExperimentPhase, ExperimentRequest,
    ShownOnlyBody, StopReceipt, StopRequest,
};
pub use explanation::{Explanation, GuardSentence};
pub use forecast::{ForecastBody, RemainingBody, StepForecastBody, TrafficBody};
pub use gain::{GainBody, GainScaleBody};
pub use gateway::{GatewayBody, RefusedTableBody, ServingBody};
pub use guard::{
    CountsBody, EffectBody, GuardBody, JudgementBody, OnFailBody, OnInsufficientBody, ScaleBody, VerdictBody,
};
pub use history::{Entry, EntryKind, History};
pub use interaction::{InteractionBody, PairBody};
pub use list::List;
pub use moment::Moment;
pub use order::{InWords, OrderReceipt, OrderRequest, ReachBody};
pub use percentile::{PercentileBody, ToldBody};
pub use phase::PhaseBody;
pub use problem::{FaultBody, Problem};
pub use release::{Fate, ModelBody, RejectionBody, ReleaseBody};
pub use report::{AnalysisBody, ReportBody, SliceBody, SplitBody, ValidityBody};
pub use rollout::{Facts, RolloutBody, RolloutSummary};
pub use start::{StartRequest, TakeoverBody};
pub use step::{Reached, StepBody, StepKind, StepStatus};
