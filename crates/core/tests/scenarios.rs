//! Rollouts told as text: each `scenarios/*.txt` is simulated, and its story compared with the `.out` beside it.
//! `VIRIDIAN_BLESS=1 cargo test -p viridian-core --test scenarios` writes the stories anew; read them before committing.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use viridian_core::simulate::simulate;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// The names of the files with an ending.
fn named(ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(scenarios()).expect("list the scenarios");
    let paths = files.map(|file| file.expect("read the list of scenarios").path());
    let fitting = paths.filter(|path| path.extension() == Some(OsStr::new(ending)));
    fitting.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// What is wrong with a scenario.
fn check(name: &str) -> Result<(), String> {
    let script = fs::read_to_string(scenarios().join(format!("{name}.txt"))).expect("read a scenario");
    let story = simulate(&script).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        format!("{name}.txt: {}", faults.join("\n"))
    })?;
    let unmet: Vec<String> = story.unmet.iter().map(ToString::to_string).collect();
    if !unmet.is_empty() {
        return Err(format!("{name}.txt does not end as expected: {}\n{}", unmet.join("; "), story.text));
    }
    let path = scenarios().join(format!("{name}.out"));
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        fs::write(&path, &story.text).expect("write a story");
        return Ok(());
    }
    let told = fs::read_to_string(&path).map_err(|_| format!("{name}.txt has no {name}.out"))?;
    first_difference(&told, &story.text).map_or(Ok(()), |line| {
        Err(format!("{name}.out line {line} differs; the story is now:\n{}", story.text))
    })
}

/// The first line in which two texts differ, counted from one.
fn first_difference(before: &str, now: &str) -> Option<usize> {
    if before == now {
        return None;
    }
    let same = before.lines().zip(now.lines()).take_while(|(before, now)| before == now);
    Some(same.count() + 1)
}

#[test]
fn every_scenario_tells_its_story() {
    let scripts: Vec<String> = named("txt").into_iter().collect();
    let wrong: Vec<String> = thread::scope(|scope| {
        let halves: Vec<_> = scripts
            .chunks(scripts.len().div_ceil(2))
            .map(|half| scope.spawn(|| half.iter().filter_map(|name| check(name).err()).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_story_has_its_script() {
    let scripts = named("txt");
    let orphans: Vec<String> = named("out").into_iter().filter(|name| !scripts.contains(name)).collect();
    assert!(orphans.is_empty(), "stories without a script: {}", orphans.join(", "));
    assert!(scripts.len() >= 34, "{} scenarios are fewer than there were", scripts.len());
}
