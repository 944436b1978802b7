//! What experiments make of the names that applications give metrics and scores of their own.

use viridian_core::declared::Definition;
use viridian_core::experiment::definition::{Better, Experiment};
use viridian_core::guard::Margin;
use viridian_core::id::{ApplicationName, EpochId, Generation, Term};
use viridian_core::metric::Metric;
use viridian_core::release::Digest;
use viridian_core::routing::build::{Committed, build};
use viridian_core::routing::layer::Part;
use viridian_core::routing::table::{Placement, RoutingTable, Salt};
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;
use viridian_core::{application, epoch};
use viridian_wire::manifest::{Document, Known, KnownApplication, Manifest, Reading, read, render, to_yaml};

const CURT: &str = "  metrics: {curt: {bad: 'answer.length < 20'}}\n  scores: {helpful: {from: 1, to: 5}}\n";

fn application(name: &str, own: &str) -> String {
    let release = |version: &str| {
        format!(
            "---\napiVersion: viridian.dev/v1\nkind: Release\nmetadata: {{name: {name}-{version}}}\n\
             spec: {{application: {name}, version: {version}}}\n"
        )
    };
    format!(
        "---\napiVersion: viridian.dev/v1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  protocol: openai\n  \
         unit: user\n  environments: {{blue: {{endpoints: ['http://a']}}}}\n  baseline: {name}-v1\n{own}{}{}",
        release("v1"),
        release("v2")
    )
}

/// An experiment of `chat`, whose first line is that of its document.
fn experiment(aim: &str, guards: &str) -> String {
    format!(
        "---\napiVersion: viridian.dev/v1\nkind: Experiment\nmetadata: {{name: tone}}\nspec:\n  unit: user\n  arms:\n  \
         - {{name: now, share: 50%, releases: {{chat: chat-v1}}}}\n  - {{name: terse, share: 50%, releases: {{chat: chat-v2}}}}\n  \
         aim: {aim}\n  guards: {guards}\n  stop: {{maxDuration: 24h}}\n"
    )
}

const AIM: &str = "{metric: helpful, minimumEffect: 0.2 points}";
const GUARDS: &str = "[{metric: curt, margin: 2pp}]";

fn resolved(text: &str, known: &Known<'_>) -> Reading {
    let mut reading = read("file", text);
    reading.resolve(Some(known));
    reading
}

fn the_experiment(documents: &[Document]) -> Experiment {
    let found = documents.iter().find_map(|document| match &document.manifest {
        Manifest::Experiment(experiment) => Some(experiment.clone()),
        _ => None,
    });
    found.unwrap()
}

fn the_application(documents: &[Document]) -> application::Application {
    let found = documents.iter().find_map(|document| match &document.manifest {
        Manifest::Application(manifest) => Some(manifest.application.clone()),
        _ => None,
    });
    found.unwrap()
}

/// What people are told, as far as it concerns the experiment.
fn check(text: &str, expected: &[&str]) {
    let faults = resolved(text, &Known::default()).finish().err().unwrap_or_default();
    let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn names_mean_what_the_application_declares() {
    let chat = application("chat", CURT);
    // The experiment may come before what it names.
    for text in [format!("{chat}{}", experiment(AIM, GUARDS)), format!("{}{chat}", experiment(AIM, GUARDS))] {
        let documents = resolved(&text, &Known::default()).finish().unwrap();
        let (chat, experiment) = (the_application(&documents), the_experiment(&documents));
        assert_eq!(experiment.aim.metric, Metric::Score(chat.scores[0].score));
        assert_eq!(
            (experiment.aim.better, experiment.aim.minimum_effect),
            (Better::Higher, Margin::Score(200))
        );
        assert_eq!(experiment.guards[0].metric, Metric::Declared(chat.metrics[0].metric));
        let meanings = &experiment.meanings[&chat.name];
        assert_eq!((&meanings.metrics, &meanings.scores), (&chat.metrics, &chat.scores));
    }
    // Applied before.
    let documents = resolved(&chat, &Known::default()).finish().unwrap();
    let mut releases = Vec::new();
    for document in &documents {
        releases.extend(if let Manifest::Release(release) = &document.manifest {
            Some(release.clone())
        } else {
            None
        });
    }
    let applications = [KnownApplication { application: the_application(&documents), serving: None }];
    let known = Known { applications: &applications, releases: &releases };
    let read = resolved(&experiment(AIM, GUARDS), &known).finish().unwrap();
    let found = the_experiment(&read);
    assert_eq!(found.meanings.len(), 1);
    // Written back it has the names, and reads as the same.
    let written = to_yaml(&render(&Manifest::Experiment(found.clone())));
    assert!(written.contains("metric: helpful") && written.contains("metric: curt"), "{written}");
    assert_eq!(the_experiment(&resolved(&written, &known).finish().unwrap()), found);
    // What is stored keeps what the names meant.
    let stored = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Experiment>(&stored).unwrap(), found);
}

/// Without a server nobody knows what the names mean: nothing is blamed, and nothing is passed over in silence.
#[test]
fn names_of_applications_that_are_not_known_stay_open() {
    let mut reading = read("file", &experiment(AIM, GUARDS));
    reading.resolve(None);
    let open: Vec<String> = reading.open().iter().map(ToString::to_string).collect();
    assert_eq!(open, ["tone"]);
    assert_eq!(reading.finish().unwrap(), []);
    // Its other faults are told once, with those of the names.
    let text = format!("{}{}", application("chat", CURT), experiment(AIM, "[{metric: curd, margin: 2pp}]"));
    check(
        &text.replace("24h", "24x"),
        &[
            "spec.guards[0].metric: found 'curd', expected 'errors', 'latency.p95', 'feedback', 'timeouts', 'rateLimited', \
             'latency.p50', 'latency.p99', 'timeToFirstToken.p50', 'timeToFirstToken.p95', 'timeToFirstToken.p99', 'refusals', \
             'emptyAnswers', 'truncatedAnswers', 'invalidOutput', 'invalidToolCalls', 'cacheMisses', 'timePerToken.p50', \
             'timePerToken.p95', 'tokens.input', 'tokens.output', 'cost', 'costPerSuccess', 'latency.mean', 'callerErrors', 'curt' or 'helpful'; did \
             you mean 'curt'?",
            "spec.stop.maxDuration: found '24x', expected a duration such as '30s' or '1h30m': write whole numbers, each with a unit: d, h, m, s or ms",
        ],
    );
}

#[test]
fn aims_that_contradict_what_is_declared_are_refused() {
    let of = |aim: &str| format!("{}{}", application("chat", CURT), experiment(aim, "[]"));
    check(&of("{metric: helpful, better: higher, minimumEffect: 0.2 points}"), &[]);
    check(&of("{metric: curt, better: lower, minimumEffect: 10%}"), &[]);
    check(
        &of("{metric: helpful, better: lower, minimumEffect: 0.2 points}"),
        &["spec.aim.better: helpful is a score, of which more is better: leave this out, or write higher"],
    );
    check(
        &of("{metric: curt, better: higher, minimumEffect: 2pp}"),
        &[
            "spec.aim.better: curt is declared as what is bad, so less of it is better: leave this out, or declare what lacks it",
        ],
    );
    check(
        &of("{metric: helpful, minimumEffect: 2pp}"),
        &[
            "spec.aim.minimumEffect: helpful is a score from 1 to 5; write how many of its points higher an arm has to be, such as '0.2 points'",
        ],
    );
    check(
        &of("{metric: helpful, minimumEffect: 4 points}"),
        &[
            "spec.aim.minimumEffect: helpful is a score from 1 to 5, and nothing differs by 4 points on it; write a margin within the scale",
        ],
    );
    check(
        &of("{metric: curt, minimumEffect: 0.2 points}"),
        &["spec.aim.minimumEffect: curt is no score, so that points of a scale mean nothing of it"],
    );
}

/// A guard watches every application that takes part, by one meaning.
#[test]
fn a_name_means_one_thing() {
    let both = |aim: &str, guards: &str| {
        experiment(aim, guards)
            .replace("chat: chat-v1", "chat: chat-v1, search: search-v1")
            .replace("chat: chat-v2", "chat: chat-v2, search: search-v2")
    };
    let other = CURT.replace("20", "30");
    let aim = "{application: chat, metric: curt, minimumEffect: 2pp}";
    let text = |of_search: &str, guards: &str| {
        format!("{}{}{}", application("chat", CURT), application("search", of_search), both(aim, guards))
    };
    check(&text(CURT, GUARDS), &[]);
    check(&text("", GUARDS), &[]);
    check(&text(&other, "[]"), &[]);
    check(
        &text(&other, GUARDS),
        &[
            "spec.guards[0].metric: 'curt' means one thing in 'chat' and another in 'search'; give one of them another name",
        ],
    );
    let elsewhere = format!(
        "{}{}{}",
        application("chat", ""),
        application("search", CURT),
        both("{application: chat, metric: helpful, minimumEffect: 0.2 points}", GUARDS)
    );
    let faults = resolved(&elsewhere, &Known::default()).finish().unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].path == "spec.aim.metric" && faults[0].message.starts_with("found 'helpful'"),
        "{faults:?}"
    );
}

/// An application that means something else by a name later counts both, and the experiment goes on with the first.
#[test]
fn a_definition_that_is_changed_changes_nothing_of_what_is_counted() {
    let text = format!("{}{}", application("chat", CURT), experiment(AIM, GUARDS));
    let documents = resolved(&text, &Known::default()).finish().unwrap();
    let (before, experiment) = (the_application(&documents), the_experiment(&documents));
    let later = application("chat", &CURT.replace("20", "30").replace("to: 5", "to: 10"));
    let later = the_application(&resolved(&later, &Known::default()).finish().unwrap());
    let metrics = |table: &RoutingTable| table.metrics.iter().map(|known| known.metric).collect::<Vec<_>>();
    let scores = |table: &RoutingTable| table.scores.iter().map(|known| known.score).collect::<Vec<_>>();
    let of = |definitions: &[Definition]| definitions.iter().map(|known| known.metric).collect::<Vec<_>>();

    let table = conducting(&before, &experiment);
    assert_eq!((metrics(&table), scores(&table)), (of(&before.metrics), vec![before.scores[0].score]));
    let table = conducting(&later, &experiment);
    assert_eq!(
        metrics(&table),
        of(&before.metrics),
        "what no guard of the application watches is not counted"
    );
    assert_eq!(scores(&table), [later.scores[0].score, before.scores[0].score]);
}

/// The table of an application while it takes part.
fn conducting(application: &application::Application, experiment: &Experiment) -> RoutingTable {
    let placement = |version: &str| Placement {
        release: format!("chat-{version}").try_into().unwrap(),
        version: version.to_owned(),
        digest: Digest("sha256:0".to_owned()),
        environment: "blue".to_owned().try_into().unwrap(),
        endpoints: Vec::new(),
        bearer: None,
        model: None,
        parameters: viridian_core::release::Parameters::default(),
        prices: None,
    };
    let shares = [5_000, 5_000, 0, 0, 0, 0, 0, 0].map(|share| Weight::from_basis_points(share).unwrap());
    let allotment = epoch::Allotment {
        stage: epoch::Stage::Running,
        shares,
        companions: viridian_core::companion::Companions::default(),
    };
    let chat = ApplicationName::parse("chat").unwrap();
    let part = Part { start: 0, width: Weight::FULL };
    let conduct = experiment.conduct(&chat, (Salt([7; 16]), part), &allotment, &[placement("v2")]).unwrap();
    let epoch = epoch::Epoch {
        id: EpochId(7),
        weight: Weight::ZERO,
        thresholds: epoch::Thresholds::default(),
        centres: epoch::Centres::default(),
        started_at: Timestamp(0),
        allotment: Some(allotment),
    };
    let committed = Committed {
        application,
        baseline: placement("v1"),
        trial: None,
        conduct: Some(conduct),
        epoch: &epoch,
    };
    build(&committed, Generation(1), Term(1))
}
