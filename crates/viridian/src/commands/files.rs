//! Reading manifests: everything that is wrong with them is shown at once, with the lines it concerns.

use crate::output::note;
use anyhow::{Context, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use viridian_wire::api::ManifestText;
use viridian_wire::manifest::{self, Fault, Reading};

/// What stands for the standard input.
const STANDARD_INPUT: &str = "-";

/// Manifests as they were written, and what they say.
pub(super) struct Manifests {
    pub(super) texts: Vec<ManifestText>,
    pub(super) reading: Reading,
}

impl Manifests {
    /// Reads files and checks them against each other.
    ///
    /// # Errors
    /// One cannot be read at all. What is wrong with its text is no error here.
    pub(super) fn load(files: &[PathBuf]) -> Result<Self> {
        let mut manifests = Self { texts: Vec::new(), reading: Reading::default() };
        for path in files {
            let text = read(path)?;
            let file = path.display().to_string();
            manifests.reading.add(manifest::read(&file, &text));
            manifests.texts.push(ManifestText { file, text });
        }
        // Whether what they refer to is applied is known to the control plane alone.
        manifests.reading.resolve(None);
        Ok(manifests)
    }
}

/// Tells people that nothing is written in their files: they meant others.
pub(super) fn show_nothing(texts: &[ManifestText]) {
    let files: Vec<&str> = texts.iter().map(|text| text.file.as_str()).collect();
    note(format_args!("error: there is no manifest in {}", files.join(", ")));
}

/// Shows people faults with the lines they concern.
pub(super) fn show(faults: &[Fault], texts: &[ManifestText]) {
    for fault in faults {
        let text = texts.iter().find(|text| text.file == fault.file);
        let text = text.map_or("", |text| text.text.as_str());
        note(format_args!("error: {}", fault.snippet(text)));
    }
    let files = if texts.len() == 1 { "file" } else { "files" };
    match faults.len() {
        1 => note(format_args!("1 fault in {} {files}", texts.len())),
        count => note(format_args!("{count} faults in {} {files}", texts.len())),
    }
}

/// The text of a file, or of the standard input.
pub(super) fn read(path: &Path) -> Result<String> {
    if path == Path::new(STANDARD_INPUT) {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("read the standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}
