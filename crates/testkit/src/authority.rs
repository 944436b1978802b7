//! Certificates of the moment, in files. Entry points: [`Authority::new`], [`Authority::issue`],
//! [`Authority::issue_for`] and [`Authority::expired`].

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType, date_time_ymd,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many authorities there have been.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// Somebody who signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: String,
}

/// Where a certificate and its key were written.
#[derive(Debug, Clone)]
pub struct Files {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// An authority that nobody trusts yet.
    pub fn new() -> Self {
        let mut about = CertificateParams::new(Vec::new()).unwrap();
        // Two of one name would be told apart by their signatures alone.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        about.distinguished_name.push(DnType::CommonName, format!("authority {number}"));
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(about, KeyPair::generate().unwrap()).unwrap() }
    }

    /// Its own certificate, as PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// Writes its own certificate to a file.
    pub fn write(&self, directory: &Path, name: &str) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, self.certificate()).unwrap();
        path
    }

    /// A certificate for a name, to serve with and to be served with.
    pub fn issue(&self, name: &str) -> Issued {
        self.sign(Self::about(name))
    }

    /// A certificate for all of these names, which may be addresses.
    pub fn issue_for(&self, names: &[&str]) -> Issued {
        let mut about = Self::about("nobody");
        about.subject_alt_names = names.iter().map(|name| san(name)).collect();
        self.sign(about)
    }

    /// The same, long over.
    pub fn expired(&self, name: &str) -> Issued {
        let mut about = Self::about(name);
        about.not_before = date_time_ymd(2020, 1, 1);
        about.not_after = date_time_ymd(2020, 2, 1);
        self.sign(about)
    }

    fn about(name: &str) -> CertificateParams {
        let mut about = CertificateParams::new(vec![name.to_owned()]).unwrap();
        about.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        about
    }

    fn sign(&self, about: CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = about.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn san(name: &str) -> SanType {
    match name.parse() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => SanType::DnsName(name.try_into().unwrap()),
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// Writes both to files of this name.
    pub fn write(&self, directory: &Path, name: &str) -> Files {
        let files = Files {
            certificate: directory.join(format!("{name}.crt")),
            key: directory.join(format!("{name}.key")),
        };
        fs::write(&files.certificate, &self.certificate).unwrap();
        fs::write(&files.key, &self.key).unwrap();
        files
    }
}
