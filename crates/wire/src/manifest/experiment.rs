//! `kind: Experiment`: several releases side by side to learn which is best.

mod names;
mod read;
mod write;

pub(crate) use names::{Names, names_own};
pub(crate) use read::read;
pub(crate) use write::write;

use super::application::GUARD;
use super::document::{API_VERSION, METADATA, kind};
use super::shape::{Field, Need, Object, Refused, Shape, optional, required};
use super::text::{self, quantity};

pub(crate) const SHAPE: Shape = Shape::object(&[
    API_VERSION,
    kind(&["Experiment"]),
    METADATA,
    required("spec", "What it is.", Shape::object(SPEC)),
]);

const SPEC: &[Field] = &[
    required("unit", "What keeps a caller on one arm.", Shape::Text(&text::UNIT)),
    required("arms", "Who is compared: two to eight.", Shape::filled_list(&ARM)),
    optional("control", "The arm the others are compared with; the first unless given.", NAME),
    required("aim", "The one metric it is about.", AIM),
    optional(
        "layer",
        "Experiments of one layer exclude one another; one of its own, called as the experiment, unless given.",
        NAME,
    ),
    optional("traffic", "The part of the layer's units it takes; 100% unless given.", SHARE),
    optional(
        "holdout",
        "The part of its units that every arm leaves alone; 0% unless given.",
        Shape::Text(&quantity::HOLDBACK),
    ),
    optional("guards", "What no arm may make worse.", Shape::list(&GUARD)),
    optional(
        "bandit",
        "Traffic follows the arm that is most likely best; as the shares say unless given.",
        Shape::object(&[required("floor", "What every arm keeps.", SHARE)]),
    ),
    optional(
        "leadIn",
        "How long every arm is served by the control before; not at all unless given.",
        Shape::Text(&quantity::DURATION),
    ),
    required(
        "stop",
        "When it ends.",
        Shape::object(&[
            required("maxDuration", "After how long without a winner.", Shape::Text(&quantity::DURATION)),
            optional(
                "winner",
                "Who names the winner; byRule unless given.",
                Shape::choice(&["byRule", "byPerson"]),
            ),
        ]),
    ),
];

const ARM: Shape = Shape::object(&[
    required("name", "What it is called.", NAME),
    required("share", "Its part of the experiment's units.", SHARE),
    required(
        "releases",
        "What serves it, by application; every arm names the same applications.",
        Shape::map(&text::NAME, &NAME, Need::Required),
    ),
]);

const AIM: Shape = Shape::Object(Object {
    fields: &[
        optional("application", "Where it is measured, when several take part.", NAME),
        required(
            "metric",
            "What is measured: a share or an amount, or the name of one of the application's metrics or scores.",
            super::application::METRIC,
        ),
        optional(
            "better",
            "Which way is better; lower unless given, and higher of a score.",
            Shape::choice(&["lower", "higher"]),
        ),
        required(
            "minimumEffect",
            "The least improvement over the control that matters; of a score in its points, such as '0.2 points'.",
            Shape::Text(&quantity::MARGIN),
        ),
        optional(
            "maturity",
            "How old a request must be before its feedback counts; for the metric feedback and for scores.",
            Shape::Text(&quantity::DURATION),
        ),
    ],
    refused: &[Refused { word: "margin", why: "is for guards; an aim has a minimumEffect" }],
});

const NAME: Shape = Shape::Text(&text::NAME);
const SHARE: Shape = Shape::Text(&quantity::SHARE);
