//! The arguments of `backup` and `restore`.

use clap::Args;
use std::path::PathBuf;

/// Where the database is.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Where everything that lasts is kept.
    #[arg(long, env = "VIRIDIAN_DATA_DIR", default_value = "./viridian-data", value_name = "DIRECTORY")]
    pub data_dir: PathBuf,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where to write the copy. It holds secrets: the keys of request ids.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The database.
    #[command(flatten)]
    pub data: DataArgs,
    /// Let the copy take the place of a file that is there.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The copy.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The directory to make, or an empty one.
    #[command(flatten)]
    pub data: DataArgs,
}
