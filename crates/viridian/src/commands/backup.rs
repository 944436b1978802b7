//! `viridian backup` and `viridian restore`: a copy of the database, on the machine it is on. Taking one does not stop a
//! control plane that is at work.

use crate::args::{BackupArgs, RestoreArgs};
use crate::exit::Exit;
use crate::output::note;
use anyhow::{Context, Result};
use viridian_store::{Error, Existing};

pub(super) fn backup(args: &BackupArgs) -> Result<Exit> {
    let (directory, file) = (&args.data.data_dir, args.file.display());
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    match viridian_store::backup(directory, &args.file, existing) {
        Err(Error::Exists { .. }) => {
            note(format_args!(
                "error: {file} exists and was left as it is; name another file, or use --force"
            ));
            return Ok(Exit::Invalid);
        }
        outcome => outcome.with_context(|| format!("{} was not copied", directory.display()))?,
    }
    note(format_args!("Wrote {file}. It holds secrets; keep it where the database would be kept."));
    Ok(Exit::Ok)
}

pub(super) fn restore(args: &RestoreArgs) -> Result<Exit> {
    let (directory, file) = (&args.data.data_dir, args.file.display());
    viridian_store::restore(&args.file, directory).with_context(|| format!("{file} was not restored"))?;
    note(format_args!(
        "Restored {file} into {directory}. Feedback on requests of before is not accepted any more.\n\
         Start from it:\n\n  viridian serve --data-dir {directory}",
        directory = directory.display()
    ));
    Ok(Exit::Ok)
}
