//! TLS. Whom we trust when we speak to an upstream: [`client_config`] for the certificate authorities of the machine,
//! [`trusting`] for a closed set of them. What controller and gateways show each other, from files that may change:
//! [`server()`] and [`client()`]; whom a certificate names: [`names`].
//!
//! For upstreams nothing is loaded before the first `https` endpoint appears: a machine without certificate authorities can serve
//! `http` upstreams. No protocol is negotiated in the handshake, so upstreams speak HTTP/1.1.

mod client;
mod identity;
mod named;
pub mod reason;
mod server;
mod watched;

pub use client::{ClientFiles, client};
pub use identity::Pair;
pub use named::names;
pub use rustls::{ClientConfig, ServerConfig};
pub use server::{ServerFiles, server};
pub use watched::{LOOK, Standing, Watched};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Why no TLS configuration could be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The machine has none, or none that could be read.
    #[error("no certificate authorities were found on this machine: {0}")]
    NoAuthorities(String),
    /// One of the certificates given is none.
    #[error("a certificate authority could not be read: {0}")]
    ReadAuthority(rustls::Error),
    /// A file does not hold what it should.
    #[error("{}: {reason}", file.display())]
    Unusable {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate was given without its key.
    #[error("a certificate needs its key")]
    Incomplete,
    /// The cryptographic library refused the protocol versions.
    #[error("the TLS library could not be set up: {0}")]
    SetUp(rustls::Error),
}

/// A configuration that trusts what the machine trusts. It is loaded at the first call that succeeds and shared by all
/// later ones; blocks on files.
pub fn client_config() -> Result<Arc<ClientConfig>, Error> {
    static LOADED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = LOADED.get() {
        return Ok(Arc::clone(config));
    }
    let config = trust(machine_authorities()?)?;
    Ok(Arc::clone(LOADED.get_or_init(|| config)))
}

/// What the machine trusts.
fn machine_authorities() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut authorities = RootCertStore::empty();
    let (accepted, _refused) = authorities.add_parsable_certificates(found.certs);
    if accepted == 0 {
        let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Error::NoAuthorities(reasons.join("; ")));
    }
    Ok(authorities)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A configuration that trusts these certificate authorities and no other.
pub fn trusting(
    certificates: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, Error> {
    let mut authorities = RootCertStore::empty();
    for certificate in certificates {
        authorities.add(certificate).map_err(Error::ReadAuthority)?;
    }
    trust(authorities)
}

fn trust(authorities: RootCertStore) -> Result<Arc<ClientConfig>, Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(Error::SetUp)?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = trusting([CertificateDer::from(vec![1, 2, 3])]);
        assert!(matches!(refused, Err(Error::ReadAuthority(_))));
    }

    #[test]
    fn no_protocol_is_negotiated() {
        let config = trusting([]).unwrap();
        assert!(config.alpn_protocols.is_empty());
    }
}
