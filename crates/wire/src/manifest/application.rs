//! `kind: Application`: what callers address, where its releases can run and what is guarded.

mod declared;
mod outside;
mod read;
mod scores;
mod write;

pub(crate) use declared::{Declares, is_own_name};
pub(crate) use read::{declares, guards, never_matures, read, unfit_for_score};
pub(crate) use write::{guard as write_guard, write};

use super::document::{self, API_VERSION, METADATA_WITH_LABELS, kind};
use super::shape::{Choice, Field, Need, Refused, Shape, optional, planned, required};
use super::text::{self, quantity, url};
use viridian_core::application::Application;
use viridian_core::id::ReleaseName;
use viridian_core::metric::Metric;

/// An application as it is written: with the release that serves first.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationManifest {
    /// The application.
    pub application: Application,
    /// The release that serves first, when the application is new.
    pub baseline: Option<ReleaseName>,
}

/// The most requests a local guard looks back on: it keeps them in memory, per application and gateway.
const MOST_LOCAL_REQUESTS: u64 = 10_000;

pub(crate) const SHAPE: Shape = Shape::object(&[
    API_VERSION,
    kind(&["Application"]),
    METADATA_WITH_LABELS,
    required("spec", "What it is.", Shape::object(SPEC)),
]);

const SPEC: &[Field] = &[
    required(
        "protocol",
        "What callers speak.",
        Shape::Choice(Choice {
            words: &["openai", "openInference", "http"],
            refused: &[planned("anthropic"), planned("mlflow"), planned("tfServing")],
            own: None,
        }),
    ),
    required("unit", "What keeps a caller on one arm.", Shape::Text(&text::UNIT)),
    required(
        "environments",
        "Where releases can run, by name.",
        Shape::map(&text::NAME, &ENVIRONMENT, Need::Required),
    ),
    optional(
        "baseline",
        "The release that serves first, when the application is new.",
        Shape::Text(&text::NAME),
    ),
    optional(
        "allowPaths",
        "The paths callers may use; for the protocol http, and needed there.",
        Shape::filled_list(&Shape::Text(&text::ALLOWED_PATH)),
    ),
    optional(
        "pins",
        "Units that are always served by one arm while a rollout runs, and never count as evidence.",
        Shape::list(&PIN),
    ),
    optional("localGuard", "What a gateway may decide on its own, at once.", LOCAL_GUARD),
    optional("guards", "What is watched in every rollout of this application.", Shape::list(&GUARD)),
    optional(
        "metrics",
        "Shares of its own, by name, for guards to watch: eight at most. docs/metrics.md lists what expressions can ask.",
        Shape::map(&text::METRIC_NAME, &DECLARED, Need::Optional),
    ),
    optional(
        "scores",
        "Scores that answers are given with feedback, by name, for guards to compare the means of: eight at most.",
        Shape::map(&text::METRIC_NAME, &scores::SCORE, Need::Optional),
    ),
    optional("feedback", "What callers may say of answers, besides true and false.", FEEDBACK),
    optional(
        "slices",
        "What traffic is cut by, to find who fares worse on a candidate: four at most.",
        Shape::list(&Shape::Text(&text::ATTRIBUTE)),
    ),
    optional("sources", "Systems outside that measure, by name.", outside::SOURCES),
    optional(
        "gauges",
        "Numbers that sources are asked for in every rollout of this application, and their bounds.",
        Shape::list(&outside::GAUGE),
    ),
    optional("timeouts", "How long a request may take.", TIMEOUTS),
];

const ENVIRONMENT: Shape = Shape::object(&[
    optional(
        "platform",
        "Who runs the servers: with static, which is the default, they run already.",
        Shape::Choice(Choice {
            words: &["static"],
            refused: &[planned("process"), planned("docker"), planned("kubernetes")],
            own: None,
        }),
    ),
    required(
        "endpoints",
        "The base URLs requests are sent to; several are used in turn.",
        Shape::filled_list(&Shape::Text(&url::ENDPOINT)),
    ),
    optional(
        "auth",
        "What the upstream asks for.",
        Shape::object(&[required("bearer", "A bearer token.", Shape::Text(&text::SECRET))]),
    ),
    optional(
        "readiness",
        "How each endpoint is asked whether it is ready; it only has to accept connections unless given.",
        Shape::object(&[required(
            "path",
            "The path, answered with a status from 200 to 299 when it is ready.",
            Shape::Text(&text::REQUEST_PATH),
        )]),
    ),
]);

const PIN: Shape = Shape::object(&[
    required("unit", "The unit, as it appears in requests.", Shape::Text(&text::ANY)),
    required("arm", "The arm that serves it.", Shape::choice(&["baseline", "candidate"])),
]);

const LOCAL_GUARD: Shape = Shape::object(&[
    required(
        "errors",
        "The share of errors at which a gateway sends the candidate's share to the baseline.",
        Shape::Text(&quantity::SHARE),
    ),
    optional(
        "minRequests",
        "How many of the latest requests are looked at; 20 unless given.",
        Shape::number(1, MOST_LOCAL_REQUESTS),
    ),
]);

/// A metric that every application has, or a metric or score of an application's own, by its name.
pub(crate) const METRIC: Shape = Shape::Choice(Choice { own: Some(&text::METRIC_NAME), ..METRICS });

const METRICS: Choice = Choice {
    words: &Metric::NAMES,
    refused: &[
        Refused { word: "tokens", why: "is two metrics, tokens.input and tokens.output" },
        Refused { word: "cacheHits", why: "is guarded by what misses, as cacheMisses" },
        planned("thumbsDown"),
        planned("eval.*"),
        planned("timePerToken.*"),
    ],
    own: None,
};

/// Whether a word is refused as a metric.
fn is_refused(word: &str) -> bool {
    Refused::reason(METRICS.refused, word).is_some()
}

pub(crate) const GUARD: Shape = Shape::object(&[
    required(
        "metric",
        "What is watched: what every application measures, or the name of one of this one's metrics or scores.",
        METRIC,
    ),
    required(
        "margin",
        "How much worse the candidate may be: in percentage points, relative to the baseline, or for a score in its points, such \
         as '0.2 points'.",
        Shape::Text(&quantity::MARGIN),
    ),
    optional(
        "onFail",
        "What happens when the candidate is worse; rollback unless given.",
        Shape::choice(&["rollback", "pause", "notify"]),
    ),
    optional(
        "mode",
        "Whether the guard may act or only reports what it would have done; enforce unless given.",
        Shape::choice(&["enforce", "observe"]),
    ),
    optional(
        "maturity",
        "How old a request must be before its feedback counts; for the metric feedback and for scores.",
        Shape::Text(&quantity::DURATION),
    ),
    optional(
        "onInsufficient",
        "What follows when the rollout is held because this guard has not shown the candidate safe; what the rollout's \
         onInsufficientData says unless given, or rollback where maxHold is.",
        document::ON_INSUFFICIENT,
    ),
    optional(
        "maxHold",
        "How long the rollout may be held for this guard before the baseline is restored; as long as the rollout's unless given.",
        Shape::Text(&quantity::DURATION),
    ),
    optional(
        "slices",
        "What happens when a slice of the traffic is worse by this guard; notify unless given. Slices are not asked about \
         percentiles, feedback and scores, and with unit request not about amounts such as cost.",
        Shape::choice(&["notify", "rollback"]),
    ),
    optional(
        "strict",
        "Whether only a candidate that is shown worse by more than the margin is called worse: later, and never one within it. \
         Unless given, one is that is shown worse and that lies beyond the margin by the best guess.",
        Shape::Boolean,
    ),
]);

const DECLARED: Shape = Shape::object(&[
    required(
        "bad",
        "True of an outcome that is bad, in the Common Expression Language, such as 'answer.length < 20'.",
        Shape::Text(&text::ANY),
    ),
    optional(
        "when",
        "True of an outcome that counts at all; all of them count unless given.",
        Shape::Text(&text::ANY),
    ),
]);

const FEEDBACK: Shape = Shape::object(&[
    optional(
        "rating",
        "The numbers they may give, of which more is better; from 0 to 1 unless given, of which those below a half are bad.",
        Shape::object(&[
            required("from", "The least.", Shape::number(0, MOST_RATING)),
            required("to", "The most.", Shape::number(0, MOST_RATING)),
            required("bad", "What is bad: this and less.", Shape::number(0, MOST_RATING)),
        ]),
    ),
    optional(
        "categories",
        "The words they may give, and whether each says that an answer is good or bad.",
        Shape::map(&text::LABEL, &Shape::choice(&["good", "bad"]), Need::Required),
    ),
]);

/// Beyond this nobody rates.
const MOST_RATING: u64 = 1_000;

const TIMEOUTS: Shape = Shape::object(&[
    optional(
        "connect",
        "Until a connection to the upstream stands; 2s unless given.",
        Shape::Text(&quantity::TIMEOUT),
    ),
    optional(
        "firstByte",
        "From the request to the first byte of the answer; 1m unless given.",
        Shape::Text(&quantity::TIMEOUT),
    ),
    optional("idle", "Between two pieces of an answer; 1m unless given.", Shape::Text(&quantity::TIMEOUT)),
]);
