//! Releases for people: in a list, or one with everything that is known of it.

use super::columns::{columns, pairs};
use super::numbers::ago;
use viridian_wire::api::ReleaseBody;

/// How much of a digest tells two releases apart.
const SHORT_DIGEST: usize = "sha256:".len() + 12;

/// Releases in a list.
pub fn releases_table(releases: &[ReleaseBody]) -> String {
    if releases.is_empty() {
        return "There are no releases.".to_owned();
    }
    let rows = releases.iter().map(|release| {
        [
            release.name.clone(),
            release.application.clone(),
            release.version.clone(),
            release.environment.clone().unwrap_or_else(|| "-".to_owned()),
            release.digest.chars().take(SHORT_DIGEST).collect(),
            ago(release.registered_at),
            standing(release).to_owned(),
        ]
    });
    columns(["name", "application", "version", "environment", "digest", "age", "standing"], rows.collect())
}

/// Everything that is known of a release.
pub fn release_table(release: &ReleaseBody) -> String {
    let model = release.model.as_ref().map(|model| match &model.version {
        Some(version) => format!("{} {version}", model.name),
        None => model.name.clone(),
    });
    let parameters: Vec<String> =
        release.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let precedence = if release.parameters_override { " (win over the caller's)" } else { "" };
    let rejected = release
        .rejected
        .as_ref()
        .map(|rejected| format!("{} by rollout {}: {}", rejected.at, rejected.rollout, rejected.because));
    let parameters =
        if parameters.is_empty() { String::new() } else { format!("{}{precedence}", parameters.join(", ")) };
    pairs([
        ("release", release.name.clone()),
        ("application", release.application.clone()),
        ("version", release.version.clone()),
        ("digest", release.digest.clone()),
        ("environment", release.environment.clone().unwrap_or_else(|| "the baseline's".to_owned())),
        ("model", model.unwrap_or_else(|| "the caller's choice".to_owned())),
        ("parameters", parameters),
        ("registered", release.registered_at.to_string()),
        ("standing", standing(release).to_owned()),
        ("rejected", rejected.unwrap_or_default()),
    ])
}

const fn standing(release: &ReleaseBody) -> &'static str {
    match (release.is_baseline, &release.rejected) {
        (true, _) => "baseline",
        (false, Some(_)) => "rejected",
        (false, None) => "-",
    }
}
