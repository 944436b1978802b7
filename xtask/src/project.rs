//! Where the project is and what cargo knows about it.
//!
//! Entry points: [`root`] and [`metadata`]. It reads nothing but cargo's own answers; the rules of the house are in
//! `policy.toml`, read by `policy`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// The directory of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The members of the workspace and the target directory, without their dependencies resolved. Fast.
pub(crate) fn metadata() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.no_deps().current_dir(root());
    command.exec().context("ask cargo for the members of the workspace")
}

/// Every package of the lock file with its licence and source.
pub(crate) fn metadata_with_dependencies() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.current_dir(root());
    command.exec().context("ask cargo for all packages")
}

/// The directory that cargo builds into, which may be set from outside.
pub(crate) fn target_directory() -> Result<PathBuf> {
    Ok(metadata()?.target_directory.into_std_path_buf())
}
