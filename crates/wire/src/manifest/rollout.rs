//! `kind: Rollout`: which release is to serve an application, and how to get there.

mod read;
mod steps;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

use super::document::{self, API_VERSION, METADATA, kind};
use super::shape::{Field, Object, Shape, optional, planned, required};
use super::text::{self, quantity};

/// The most fresh outcomes that can be asked for; far above what any decision needs.
const MOST_SAMPLES: u64 = 100_000_000;
/// The most warm-up answers that can be asked for.
const MOST_WARMUP: u64 = 1_000_000;

pub(crate) const SHAPE: Shape = Shape::object(&[
    API_VERSION,
    kind(&["Rollout"]),
    METADATA,
    required("spec", "What it is.", Shape::object(SPEC)),
]);

const SPEC: &[Field] = &[
    required("application", "The application that is to change.", Shape::Text(&text::NAME)),
    required("candidate", "The release that is to serve.", Shape::Text(&text::NAME)),
    required("strategy", "How to get there.", STRATEGY),
    optional(
        "onInsufficientData",
        "What a want of data leads to after maxHold; hold unless given.",
        document::ON_INSUFFICIENT,
    ),
    optional(
        "maxHold",
        "How long the rollout may be held for want of data before that; 24h unless given.",
        DURATION,
    ),
    optional(
        "patience",
        "How long a step may wait before the rollout is shown as held; 10m unless given.",
        DURATION,
    ),
    optional(
        "riskBudget",
        "The most errors per request that a step may risk; 5% unless given.",
        Shape::Text(&quantity::SHARE),
    ),
    optional(
        "warmup",
        "How many answers of the candidate a gateway waits for before it counts, while it sends at most three times as many requests; 10 unless given.",
        Shape::number(0, MOST_WARMUP),
    ),
    optional("rollback", "What a rollback means.", Shape::Object(ROLLBACK)),
];

const ROLLBACK: Object = Object {
    fields: &[optional(
        "rejectRelease",
        "Whether the release is remembered as rejected; true unless given.",
        Shape::Boolean,
    )],
    refused: &[planned("cooldown")],
};

const STRATEGY: Shape = Shape::OneOf(Object {
    fields: &[
        required(
            "canary",
            "Step by step, as listed.",
            Shape::object(&[required(
                "steps",
                "The steps, in order. A bake of ten minutes is added when none is listed.",
                Shape::filled_list(&STEP),
            )]),
        ),
        required("blueGreen", "Everything at once, into an environment that is idle now.", BLUE_GREEN),
    ],
    refused: &[planned("linear"), planned("rolling"), planned("shadow"), planned("auto")],
});

const STEP: Shape = Shape::OneOf(Object {
    fields: &[
        required("smoke", "Requests the candidate has to answer before callers reach it.", SMOKE),
        required("weight", "The candidate's share of the traffic.", Shape::Text(&quantity::SHARE)),
        required(
            "analysis",
            "Fresh evidence that does not speak against the candidate.",
            Shape::object(&[MIN_SAMPLES]),
        ),
        required(
            "pause",
            "Time that passes, or a person who resumes.",
            Shape::object(&[optional("for", "How long; until a person resumes unless given.", DURATION)]),
        ),
        required("bake", "The last watch before promotion, on almost all traffic.", BAKE),
    ],
    refused: &[
        planned("validate"),
        planned("eval"),
        planned("shadow"),
        planned("approval"),
        planned("loadTest"),
    ],
});

const BLUE_GREEN: Shape = Shape::object(&[
    optional("smoke", "Requests the idle environment has to answer before the switch.", SMOKE),
    optional(
        "trial",
        "A small share before the switch, judged like a canary's; none unless given.",
        Shape::Text(&quantity::SHARE),
    ),
    optional("bake", "How long the switch is watched.", BAKE),
]);

const SMOKE: Shape = Shape::Object(Object {
    fields: &[optional(
        "requests",
        "The requests; when there are none, the environment only has to accept connections.",
        Shape::list(&SMOKE_REQUEST),
    )],
    refused: &[planned("suite")],
});

const SMOKE_REQUEST: Shape = Shape::object(&[
    required("method", "The method.", Shape::choice(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])),
    required("path", "The path, below the environment's endpoint.", Shape::Text(&text::REQUEST_PATH)),
    optional("body", "The body, sent as JSON; none unless given.", Shape::Any),
    optional(
        "expect",
        "What the answer has to look like.",
        Shape::object(&[
            optional("status", "Its status; 200 unless given.", Shape::number(200, 599)),
            optional("contains", "A text it has to contain.", Shape::Text(&text::ANY)),
        ]),
    ),
]);

const BAKE: Shape = Shape::object(&[
    optional("for", "How long; 10m unless given.", DURATION),
    optional(
        "holdback",
        "The share that stays on the baseline to compare with; 2% unless given. With 0% nothing is compared.",
        Shape::Text(&quantity::HOLDBACK),
    ),
    MIN_SAMPLES,
    optional("keepBaselineWarm", "Always true: the baseline stays warm until the bake ends.", Shape::Boolean),
]);

const MIN_SAMPLES: Field = optional(
    "minSamples",
    "How many fresh outcomes each arm needs; 100 unless given.",
    Shape::number(1, MOST_SAMPLES),
);

const DURATION: Shape = Shape::Text(&quantity::DURATION);
