//! Replacing a text in a file. Entry point: [`apply`].

use anyhow::{Result, bail};

/// The text of a file with one passage replaced.
///
/// # Errors
/// The passage is not there, or more than once, or what it is replaced by changes nothing: the defect no longer fits.
pub(super) fn apply(text: &str, search: &str, replace: &str) -> Result<String> {
    let begin = search.lines().next().unwrap_or_default().trim();
    if search == replace {
        bail!("`{begin}` is replaced by itself");
    }
    match text.matches(search).count() {
        1 => Ok(text.replacen(search, replace, 1)),
        0 => bail!("the passage that begins with `{begin}` is not there any more"),
        count => bail!("the passage that begins with `{begin}` is there {count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::list;
    use crate::project;
    use std::fs;

    fn check(search: &str, replace: &str, expected: Result<&str, &str>) {
        let applied = apply("keep();\nserve();\nserve();\n", search, replace);
        match (applied, expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (applied, expected) => panic!("{search}: {applied:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_passage_that_is_there_once_is_replaced() {
        check("keep();\n", "", Ok("serve();\nserve();\n"));
        check("keep();\nserve();", "serve();", Ok("serve();\nserve();\n"));
        check("save();", "", Err("not there any more"));
        check("serve();", "", Err("there 2 times"));
        check("keep();", "keep();", Err("replaced by itself"));
    }

    #[test]
    fn every_defect_of_the_list_fits_the_project_as_it_is() {
        for mutant in list::load().unwrap() {
            for change in &mutant.changes {
                let text = fs::read_to_string(project::root().join(&change.file)).unwrap();
                if let Err(error) = apply(&text, &change.search, &change.replace) {
                    panic!("xtask/mutants.toml: {}: {}: {error}", mutant.name, change.file);
                }
            }
        }
    }
}
