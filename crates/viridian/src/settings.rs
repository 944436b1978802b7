//! What the shared arguments mean: where the control plane is, and how to be let in.

use crate::args::Shared;
use crate::client::Client;
use crate::output::Output;
use anyhow::{Context, Result};
use std::path::Path;

/// What a verb works with.
pub(crate) struct Settings {
    /// Where data goes.
    pub(crate) output: Output,
    shared: Shared,
}

impl Settings {
    /// The meaning of what was typed. Nothing is opened yet: a verb that needs no server asks for none.
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { output: Output::new(shared.output), shared }
    }

    /// A client of the control plane.
    ///
    /// # Errors
    /// The address is none, or the file with the token cannot be read.
    pub(crate) fn client(&self) -> Result<Client> {
        let token = match (&self.shared.token, &self.shared.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(path)) => Some(read_token(path)?),
            (None, None) => None,
        };
        Client::new(&self.shared.server, token)
    }
}

/// Reads a token from a file, without the white space around it.
///
/// # Errors
/// The file cannot be read or is empty.
pub fn read_token(path: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("read the token in {}", path.display()))?;
    let token = text.trim();
    anyhow::ensure!(!token.is_empty(), "{} holds no token", path.display());
    Ok(token.to_owned())
}
