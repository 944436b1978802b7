//! Whom a certificate was issued for. Entry point: [`names`].

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The names of hosts a certificate was issued for, as they stand in it: its alternative names, never its subject, which
/// anybody may have meant anything by. None of a certificate that cannot be read.
pub fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(found)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = found.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;
    use viridian_testkit::authority::Authority;

    fn check(issued_for: &[&str], expected: &[&str]) {
        let issued = Authority::new().issue_for(issued_for);
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        assert_eq!(names(&certificate), expected);
    }

    #[test]
    fn the_names_of_hosts_are_read_and_no_others() {
        check(&["gw-1"], &["gw-1"]);
        check(&["gw-1", "10.0.0.1", "*.gateways.test"], &["gw-1", "*.gateways.test"]);
        check(&[], &[]);
        assert_eq!(names(&CertificateDer::from(vec![1, 2, 3])), [""; 0]);
    }
}
