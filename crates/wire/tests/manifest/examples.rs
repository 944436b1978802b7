//! Files people can start from: they read, fit together, mean what their golden file says, and survive being
//! written back. `VIRIDIAN_BLESS=1` rewrites the golden files.

use serde_json::{Value, json};
use std::path::Path;
use viridian_wire::manifest::{Known, Manifest, read, render, resolve, starting_file, to_yaml};

const CANARY: &str = include_str!("../../../../examples/chat-canary.yaml");
const BLUE_GREEN: &str = include_str!("../../../../examples/digits-blue-green.yaml");
const HTTP: &str = include_str!("../../../../examples/search-http.json");

/// Reads a text that has no faults.
fn manifests(text: &str) -> Vec<Manifest> {
    let documents = read("example", text).unwrap();
    assert_eq!(resolve(&documents, &Known::default()), []);
    documents.into_iter().map(|document| document.manifest).collect()
}

/// What a manifest means, as the core serializes it.
fn meaning(manifest: &Manifest) -> Value {
    match manifest {
        Manifest::Application(manifest) => {
            json!({"application": manifest.application, "baseline": manifest.baseline})
        }
        Manifest::Release(release) => json!({"release": release}),
        Manifest::Rollout(proposal) => json!({"rollout": proposal}),
    }
}

fn check(name: &str, text: &str) {
    let manifests = manifests(text);
    let meant: Vec<Value> = manifests.iter().map(meaning).collect();
    let written = serde_json::to_string_pretty(&meant).unwrap() + "\n";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/manifest/{name}.json"));
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(&golden, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(&golden).unwrap(), "{}", golden.display());

    let rendered: Vec<String> = manifests.iter().map(|manifest| to_yaml(&render(manifest))).collect();
    assert_eq!(self::manifests(&rendered.join("---\n")), manifests);
}

#[test]
fn examples_mean_what_their_golden_files_say() {
    check("starting_file", starting_file());
    check("chat_canary", CANARY);
    check("digits_blue_green", BLUE_GREEN);
    check("search_http", HTTP);
}

#[test]
fn a_release_is_known_by_what_it_is() {
    let digest = |text: &str| match &manifests(text)[..] {
        [.., Manifest::Release(release), _] => release.digest.clone(),
        other => unreachable!("{other:?}"),
    };
    let before = digest(CANARY);
    let renamed = digest(&CANARY.replace("support-chat-v8", "another-name"));
    let reordered = digest(
        &CANARY
            .replace("    temperature: 0.1\n", "")
            .replace("    override", "    temperature: 0.10\n    override"),
    );
    let changed = digest(&CANARY.replace("temperature: 0.1", "temperature: 0.2"));
    assert_eq!(before, renamed);
    assert_eq!(before, reordered);
    assert_ne!(before, changed);
}
