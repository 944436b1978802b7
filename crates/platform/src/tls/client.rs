//! How we come to somebody over TLS: whom we trust, and what we show. Entry point: [`client`].

use super::identity::{Identity, Pair, authorities};
use super::watched::{Made, Watched};
use super::{Error, machine_authorities, provider};
use rustls::ClientConfig;
use std::path::PathBuf;

/// What we come over TLS with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientFiles {
    /// Whose certificates we trust; those of this machine without it.
    pub authorities: Option<PathBuf>,
    /// What we show, where somebody asks.
    pub own: Option<Pair>,
}

/// Comes with what the files hold, also when they change.
///
/// # Errors
/// They cannot be used.
pub fn client(files: ClientFiles) -> Result<Watched<ClientConfig>, Error> {
    let ClientFiles { authorities: trusted, own } = files;
    let mut watched: Vec<PathBuf> = trusted.iter().cloned().collect();
    watched.extend(own.iter().flat_map(|pair| [pair.certificate.clone(), pair.key.clone()]));
    let make = move |content: &[Vec<u8>]| {
        let mut content = content.iter();
        let roots = match &trusted {
            Some(file) => authorities(file, content.next().ok_or(Error::Incomplete)?)?,
            None => machine_authorities()?,
        };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(Error::SetUp)?
            .with_root_certificates(roots);
        let (Some(pair), Some(certificate), Some(key)) = (&own, content.next(), content.next()) else {
            return Ok(Made { value: builder.with_no_client_auth(), expires_at: None });
        };
        let Identity { chain, key, expires_at } = Identity::read(pair, certificate, key)?;
        let config = builder.with_client_auth_cert(chain, key).map_err(Error::SetUp)?;
        Ok(Made { value: config, expires_at: Some(expires_at) })
    };
    Watched::new("the certificate for the controller", watched, Box::new(make))
}
