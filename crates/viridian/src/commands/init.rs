//! `viridian init`: writes a commented file to start from.

use crate::args::InitArgs;
use crate::exit::Exit;
use crate::output::note;
use anyhow::{Context, Result};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

pub(super) fn run(args: &InitArgs) -> Result<Exit> {
    let path = args.path.display();
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&args.path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            note(format_args!("error: {path} exists and was left as it is; name another file"));
            return Ok(Exit::Invalid);
        }
        Err(error) => return Err(error).with_context(|| format!("write {path}")),
    };
    file.write_all(viridian_wire::manifest::starting_file().as_bytes())
        .with_context(|| format!("write {path}"))?;
    note(format_args!(
        "Wrote {path}: an application, two releases and a rollout, with comments.\n\
         Put your server's address into it, then:\n\
         \n  viridian check {path}\n  viridian serve -f {path}"
    ));
    Ok(Exit::Ok)
}
