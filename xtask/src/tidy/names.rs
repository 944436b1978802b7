//! No file or directory is called a drawer: a name that promises nothing collects everything.
//!
//! Entry point: [`check`].

use crate::fault::Fault;

/// Names of drawers, in the forms in which they turn up.
const DRAWERS: [&str; 10] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "service", "services"];

/// A fault for each path with a drawer in it, alone or as a part of a name: `util/`, `http_utils.rs`.
pub(super) fn check(paths: &[String]) -> Vec<Fault> {
    paths.iter().filter_map(|path| Some(Fault::new(path, message(path)?))).collect()
}

fn message(path: &str) -> Option<String> {
    let words = path.split(['/', '.', '_', '-']);
    let drawer = words.into_iter().find(|word| DRAWERS.contains(&word.to_lowercase().as_str()))?;
    Some(format!("`{drawer}` says nothing about what is inside: name its purpose"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawers_are_found_in_every_part_of_a_path() {
        let check = |path: &str, faults: usize| assert_eq!(check(&[path.to_owned()]).len(), faults, "{path}");
        check("crates/core/src/weight.rs", 0);
        check("crates/core/src/utility.rs", 0);
        check("crates/core/src/util.rs", 1);
        check("crates/core/src/helpers/mod.rs", 1);
        check("crates/core/src/rollout_manager.rs", 1);
        check("dashboard/src/http-utils.ts", 1);
        check("docs/Misc.md", 1);
    }
}
