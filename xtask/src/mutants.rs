//! Puts defects into a copy of the project, one at a time, and asks the tests that should find each whether they do: a
//! test that cannot fail is worth nothing, and neither is a suite that stopped finding what it once found.
//!
//! Entry point: [`mutants`]. The defects are listed in `xtask/mutants.toml`; to add one, add an entry. A change that no
//! longer fits its file is a fault, as is a defect that is not found.

mod list;
mod patch;
mod scratch;

use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::fault::{self, Fault};
use crate::{project, run};
use list::{Mutant, Test};
use scratch::Scratch;

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It failed, as it should.
    Failed,
    /// It passed.
    Passed,
    /// It could not be built, so it says nothing.
    Unbuilt,
}

/// Seeds every defect of the list, or those that are named, and fails when one of them is not found.
pub(crate) fn mutants(names: &[String]) -> Result<()> {
    let mutants = chosen(list::load()?, names)?;
    let scratch = Scratch::prepare(project::root(), &project::target_directory()?.join("mutants"))?;
    sound(&scratch, &mutants)?;
    let mut faults = Vec::new();
    for mutant in &mutants {
        let began = Instant::now();
        let found = seed(&scratch, mutant)?;
        let seconds = began.elapsed().as_secs();
        println!("{}: {} ({seconds} s)", mutant.name, if found.is_empty() { "found" } else { "NOT FOUND" });
        faults.extend(found);
    }
    println!("{} defects, {} faults", mutants.len(), faults.len());
    fault::report("mutants", faults)
}

/// The mutants that were named, or all of them.
fn chosen(all: Vec<Mutant>, names: &[String]) -> Result<Vec<Mutant>> {
    if let Some(unknown) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        bail!("no defect is called '{unknown}'");
    }
    Ok(all.into_iter().filter(|mutant| names.is_empty() || names.contains(&mutant.name)).collect())
}

/// Without any defect every test that is asked has to pass, or its failing would say nothing.
fn sound(scratch: &Scratch, mutants: &[Mutant]) -> Result<()> {
    let mut tests: Vec<&Test> = mutants.iter().flat_map(|mutant| &mutant.tests).collect();
    tests.sort();
    tests.dedup();
    for test in tests {
        ensure!(ask(scratch, test)? == Verdict::Passed, "{test} does not pass without any defect");
    }
    Ok(())
}

/// Puts one defect in, asks its tests, and takes it out again.
fn seed(scratch: &Scratch, mutant: &Mutant) -> Result<Vec<Fault>> {
    let changed = scratch.change(&mutant.changes);
    let verdicts = changed.and_then(|()| {
        mutant.tests.iter().map(|test| Ok((test.to_string(), ask(scratch, test)?))).collect::<Result<_>>()
    });
    scratch.restore(&mutant.changes)?;
    Ok(judge(&mutant.name, verdicts))
}

/// What is wrong with a mutant: it could not be made, or somebody did not find it.
fn judge(name: &str, verdicts: Result<Vec<(String, Verdict)>>) -> Vec<Fault> {
    let verdicts = match verdicts {
        Ok(verdicts) => verdicts,
        Err(error) => return vec![Fault::new(name, format!("{error:#}"))],
    };
    let fault = |(test, verdict): (String, Verdict)| match verdict {
        Verdict::Failed => None,
        Verdict::Passed => Some(Fault::new(name, format!("it survives {test}"))),
        Verdict::Unbuilt => Some(Fault::new(name, format!("{test} cannot be built with it"))),
    };
    verdicts.into_iter().filter_map(fault).collect()
}

/// Runs one test in the copy.
fn ask(scratch: &Scratch, test: &Test) -> Result<Verdict> {
    let mut build = scratch.cargo();
    build.args(["test", "--quiet", "--no-run"]).args(test.target());
    if !run::status(&mut build)?.success() {
        return Ok(Verdict::Unbuilt);
    }
    let mut command = scratch.cargo();
    command.args(["test", "--quiet"]).args(test.target()).args(["--", "--exact", &test.name]);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(!text.contains("running 0 tests"), "there is no {test}");
    Ok(if output.status.success() { Verdict::Passed } else { Verdict::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verdicts: &[(&str, Verdict)], expected: &[&str]) {
        let verdicts = verdicts.iter().map(|(test, verdict)| ((*test).to_owned(), *verdict)).collect();
        let faults: Vec<String> = judge("forgetful", Ok(verdicts)).iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_defect_is_found_when_every_test_that_should_fail_does() {
        check(&[("a", Verdict::Failed), ("b", Verdict::Failed)], &[]);
        check(&[("a", Verdict::Failed), ("b", Verdict::Passed)], &["forgetful: it survives b"]);
        check(&[("a", Verdict::Passed)], &["forgetful: it survives a"]);
    }

    #[test]
    fn what_cannot_be_built_was_not_found() {
        check(&[("a", Verdict::Unbuilt)], &["forgetful: a cannot be built with it"]);
    }

    #[test]
    fn a_change_that_does_not_fit_is_a_fault() {
        let faults = judge("forgetful", Err(anyhow::anyhow!("a.rs does not contain `x`")));
        assert_eq!(faults, [Fault::new("forgetful", "a.rs does not contain `x`")]);
    }

    #[test]
    fn names_choose_among_the_list() {
        let all = list::load().unwrap();
        let first = all[0].name.clone();
        let chosen_one = chosen(all, std::slice::from_ref(&first)).unwrap();
        assert_eq!(chosen_one.iter().map(|mutant| &mutant.name).collect::<Vec<_>>(), [&first]);
        assert!(chosen(chosen_one, &["nobody".to_owned()]).is_err());
    }
}
