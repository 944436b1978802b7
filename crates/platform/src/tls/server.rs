//! How we answer those who come over TLS: with a certificate, and perhaps asking for theirs. Entry point: [`server`].

use super::identity::{Identity, Pair, authorities};
use super::watched::{Made, Watched};
use super::{Error, provider};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use std::path::PathBuf;
use std::sync::Arc;

/// What those who come over TLS are answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// What we show.
    pub own: Pair,
    /// Whose certificates clients have to show; without it they need none.
    pub client_authorities: Option<PathBuf>,
}

/// Answers with what the files hold, also when they change.
///
/// # Errors
/// They cannot be used.
pub fn server(files: ServerFiles) -> Result<Watched<ServerConfig>, Error> {
    let ServerFiles { own, client_authorities } = files;
    let mut watched = vec![own.certificate.clone(), own.key.clone()];
    watched.extend(client_authorities.clone());
    let make = move |content: &[Vec<u8>]| {
        let [certificate, key, rest @ ..] = content else { return Err(Error::Incomplete) };
        let identity = Identity::read(&own, certificate, key)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(Error::SetUp)?;
        let builder = match (&client_authorities, rest.first()) {
            (Some(file), Some(content)) => {
                let trusted = Arc::new(authorities(file, content)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(trusted, provider()).build();
                let verifier = verifier.map_err(|error| Error::Unusable {
                    file: file.clone(),
                    reason: format!("clients cannot be told apart by it: {error}"),
                })?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let Identity { chain, key, expires_at } = identity;
        let value = builder.with_single_cert(chain, key).map_err(Error::SetUp)?;
        Ok(Made { value, expires_at: Some(expires_at) })
    };
    Watched::new("the certificate of the internal listener", watched, Box::new(make))
}
