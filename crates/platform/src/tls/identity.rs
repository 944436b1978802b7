//! A certificate with its key, and authorities to trust, as operators keep them: PEM files. Entry points:
//! [`Identity::read`] and [`authorities`].

use super::Error;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use viridian_core::time::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A certificate that can be shown, with its key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// When the first of the chain ends.
    pub(super) expires_at: Timestamp,
}

impl Identity {
    /// What two files hold, by their names and their content. One that has expired, or whose halves do not belong
    /// together, as while both are being replaced, is none.
    pub(super) fn read(pair: &Pair, certificate: &[u8], key: &[u8]) -> Result<Self, Error> {
        let chain = certificates(&pair.certificate, certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Error::Unusable {
            file: pair.key.clone(),
            reason: format!("it holds no private key: {error}"),
        })?;
        let ends = chain.iter().map(|certificate| expiry(&pair.certificate, certificate));
        let expires_at = ends.collect::<Result<Vec<_>, _>>()?.into_iter().min().unwrap_or_default();
        if expires_at <= now() {
            return Err(Error::Unusable {
                file: pair.certificate.clone(),
                reason: format!("the certificate expired on {}", day(&chain)),
            });
        }
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &super::provider()).map_err(|error| {
            Error::Unusable {
                file: pair.certificate.clone(),
                reason: format!("it does not belong to the key in {}: {error}", pair.key.display()),
            }
        })?;
        Ok(Self { chain, key, expires_at })
    }
}

/// The authorities in a file.
pub(super) fn authorities(file: &Path, content: &[u8]) -> Result<RootCertStore, Error> {
    let mut trusted = RootCertStore::empty();
    for certificate in certificates(file, content)? {
        trusted.add(certificate).map_err(|error| Error::Unusable {
            file: file.to_owned(),
            reason: format!("a certificate in it is no authority: {error}"),
        })?;
    }
    Ok(trusted)
}

fn certificates(file: &Path, content: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable = |reason: String| Error::Unusable { file: file.to_owned(), reason };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(content).collect();
    let found = found.map_err(|error| unusable(format!("it cannot be read as PEM: {error}")))?;
    if found.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(found)
}

fn expiry(file: &Path, certificate: &CertificateDer<'_>) -> Result<Timestamp, Error> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|error| Error::Unusable {
        file: file.to_owned(),
        reason: format!("a certificate in it cannot be read: {error}"),
    })?;
    let seconds = parsed.validity().not_after.timestamp();
    Ok(Timestamp(u64::try_from(seconds).unwrap_or_default().saturating_mul(1_000)))
}

/// When the certificate of the chain that ends first ends, for people.
fn day(chain: &[CertificateDer<'_>]) -> String {
    let parsed = chain.iter().filter_map(|certificate| X509Certificate::from_der(certificate).ok());
    let first = parsed.min_by_key(|(_, certificate)| certificate.validity().not_after);
    first.map(|(_, certificate)| certificate.validity().not_after.to_string()).unwrap_or_default()
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
