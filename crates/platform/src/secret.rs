//! Reads a secret from where its reference points. Entry point: [`resolve`].
//!
//! A [`Secret`] does not print, is never serialized, and leaves its type only through [`Secret::expose`], so that a
//! search for that word finds every place where one is used.

use std::fmt;
use std::io::{self, Read};
use viridian_core::environment::SecretReference;

/// The longest secret that is read, in bytes; a reference that points at something longer is a mistake.
const LONGEST: u64 = 64 * 1024;

/// A secret in memory. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a reference led to no secret. Every message names the reference and none shows what was read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment variable is absent.
    #[error("{reference} is not set in the environment of the process that serves")]
    Unset {
        /// Where the secret was looked for.
        reference: SecretReference,
    },
    /// The file could not be read.
    #[error("{reference} cannot be read")]
    Read {
        /// Where the secret was looked for.
        reference: SecretReference,
        /// Why not.
        source: io::Error,
    },
    /// There is something, but no text that could be a secret.
    #[error("{reference} holds no secret: it must be text of 1 to {LONGEST} bytes")]
    Unusable {
        /// Where the secret was looked for.
        reference: SecretReference,
    },
}

impl Secret {
    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads the secret a reference points to, without the white space around it. Blocks on a file.
pub fn resolve(reference: &SecretReference) -> Result<Secret, Error> {
    let text = match reference {
        SecretReference::Environment(name) => std::env::var_os(name)
            .ok_or_else(|| Error::Unset { reference: reference.clone() })?
            .into_string()
            .ok(),
        SecretReference::File(path) => {
            read(path).map_err(|source| Error::Read { reference: reference.clone(), source })?
        }
    };
    let secret = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    secret.map(Secret).ok_or_else(|| Error::Unusable { reference: reference.clone() })
}

/// The text of a file; nothing when it is longer than a secret or no text.
fn read(path: &str) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reference: &SecretReference, expected: Result<&str, &str>) {
        let found = resolve(reference).map_err(|error| error.to_string());
        match expected {
            Ok(secret) => assert_eq!(found.unwrap().expose(), secret),
            Err(part) => assert!(found.as_ref().is_err_and(|error| error.contains(part)), "{found:?}"),
        }
    }

    fn file(content: &[u8]) -> (tempfile::TempDir, SecretReference) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, content).unwrap();
        (directory, SecretReference::File(path.display().to_string()))
    }

    #[test]
    fn a_variable_of_the_environment_is_read() {
        check(&SecretReference::Environment("CARGO_PKG_NAME".into()), Ok("viridian-platform"));
        let missing = SecretReference::Environment("VIRIDIAN_NO_SUCH_KEY".into());
        check(&missing, Err("env:VIRIDIAN_NO_SUCH_KEY is not set"));
    }

    #[test]
    fn a_file_is_read_without_the_space_around_it() {
        let (_directory, reference) = file(b" sk-123\n");
        check(&reference, Ok("sk-123"));
        check(&SecretReference::File("/no/such/file".into()), Err("file:/no/such/file cannot be read"));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for content in [b" \n".to_vec(), vec![0xff, 0xfe], vec![b'a'; 70_000]] {
            let (_directory, reference) = file(&content);
            check(&reference, Err("holds no secret"));
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret("sk-123".into())), "Secret(..)");
    }
}
