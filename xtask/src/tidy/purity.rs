//! The rules of the product, `core`, name no clock, no randomness, no input or output, no waiting and no log.
//!
//! Entry point: [`check`]. Comments, literals and tests may say what they like. What `core` may link against is decided
//! in `arrows`.

use super::paths;
use super::source::Source;
use crate::fault::Fault;

const CORE: &str = "crates/core/";

/// Neighbouring names of a path. A single name is forbidden wherever it stands.
const FORBIDDEN: [(&[&str], &str); 20] = [
    (&["SystemTime"], "a clock"),
    (&["Instant"], "a clock"),
    (&["rand"], "randomness"),
    (&["getrandom"], "randomness"),
    (&["RandomState"], "randomness"),
    (&["std", "fs"], "files"),
    (&["std", "io"], "input and output"),
    (&["std", "net"], "the network"),
    (&["std", "env"], "the environment"),
    (&["std", "process"], "processes"),
    (&["std", "thread"], "threads"),
    (&["tokio"], "a runtime"),
    (&["async"], "waiting"),
    (&["await"], "waiting"),
    (&["tracing"], "a log"),
    (&["print"], "the terminal"),
    (&["println"], "the terminal"),
    (&["eprint"], "the terminal"),
    (&["eprintln"], "the terminal"),
    (&["dbg"], "the terminal"),
];

/// A fault for each forbidden name in the production code of `core`.
pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with(CORE)) {
        for path in paths::named(&source.production) {
            if let Some((names, what)) = forbidden(&path.names) {
                let message = format!("core names {what}: `{}`", names.join("::"));
                faults.push(Fault::at_line(&source.path, path.line, message));
            }
        }
    }
    faults
}

fn forbidden(names: &[String]) -> Option<(&'static [&'static str], &'static str)> {
    let contains = |forbidden: &[&str]| names.windows(forbidden.len()).any(|window| window == forbidden);
    FORBIDDEN.into_iter().find(|(forbidden, _)| contains(forbidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, code: &str) -> usize {
        check(&[Source::example(path, code)]).len()
    }

    #[test]
    fn every_forbidden_name_is_found_in_code() {
        for (names, _) in FORBIDDEN {
            let path = names.join("::");
            assert_eq!(faults("crates/core/src/a.rs", &format!("fn a() {{ {path}; }}")), 1, "{path}");
            assert_eq!(faults("crates/core/src/a.rs", &format!("use x::{{{path}, y}};")), 1, "{path}");
        }
        assert_eq!(faults("crates/core/src/a.rs", "use std::{collections::BTreeMap, fs::File};"), 1);
    }

    #[test]
    fn comments_literals_tests_and_other_rooms_may_say_what_they_like() {
        assert_eq!(faults("crates/core/src/a.rs", "/// Not tokio.\nfn a() { \"std::fs\"; } // Instant"), 0);
        assert_eq!(faults("crates/core/src/a.rs", "#[cfg(test)]\nmod tests { use std::fs; }"), 0);
        assert_eq!(faults("crates/core/tests/a.rs", "use std::fs;"), 0);
        assert_eq!(faults("crates/store/src/a.rs", "use std::fs;"), 0);
        assert_eq!(faults("crates/core/src/a.rs", "fn operand(random: f64) { io(); fs::nothing(); }"), 0);
    }
}
