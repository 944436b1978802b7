//! The records of decisions are numbered from 1 on, each number once, without a gap.
//!
//! Entry point: [`check`].

use std::collections::BTreeMap;

use crate::fault::Fault;

const DIRECTORY: &str = "docs/decisions/";
/// `0001-title.md`.
const DIGITS: usize = 4;

/// A fault for each record without a proper name, each number that is used twice and each that is left out.
pub(super) fn check(paths: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut records: BTreeMap<usize, &str> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.starts_with(DIRECTORY)) {
        match number(&path[DIRECTORY.len()..]) {
            None => faults.push(Fault::new(path, "is not called NNNN-title.md")),
            Some(number) => {
                if let Some(other) = records.insert(number, path) {
                    faults.push(Fault::new(path, format!("has the number of {other}")));
                }
            }
        }
    }
    for (expected, (number, path)) in (1..).zip(&records) {
        if *number != expected {
            faults.push(Fault::new(*path, format!("comes where number {expected} is missing")));
            break;
        }
    }
    faults
}

fn number(name: &str) -> Option<usize> {
    let (number, title) = name.split_once('-')?;
    let named = number.len() == DIGITS && title.len() > ".md".len() && title.ends_with(".md");
    if named { number.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_once_without_a_gap() {
        let check = |names: &[&str], expected: &[&str]| {
            let paths: Vec<String> = names.iter().map(|name| format!("{DIRECTORY}{name}")).collect();
            let faults: Vec<String> = check(&paths).iter().map(ToString::to_string).collect();
            assert_eq!(faults, expected);
        };
        check(&[], &[]);
        check(&["0001-a.md", "0002-b.md"], &[]);
        check(
            &["0001-a.md", "0001-b.md"],
            &["docs/decisions/0001-b.md: has the number of docs/decisions/0001-a.md"],
        );
        check(&["0001-a.md", "0003-c.md"], &["docs/decisions/0003-c.md: comes where number 2 is missing"]);
        check(&["0002-b.md"], &["docs/decisions/0002-b.md: comes where number 1 is missing"]);
        check(&["1-a.md"], &["docs/decisions/1-a.md: is not called NNNN-title.md"]);
        check(&["0001-.md"], &["docs/decisions/0001-.md: is not called NNNN-title.md"]);
    }

    #[test]
    fn other_documents_need_no_number() {
        assert_eq!(super::check(&["docs/operating.md".to_owned()]), []);
    }
}
