//! Why two sides did not come to speak TLS with each other, for people who have to mend it. Entry points: [`of_server`]
//! for what we make of somebody we came to, [`of_client`] of somebody who came.

use rustls::{AlertDescription, CertificateError, Error};

/// What somebody we came to did not like, or we did not like of them; nothing when it was no matter of TLS.
pub fn of_server(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    Some(match find(error)? {
        Error::InvalidCertificate(found) => format!("its certificate {}", refused(found)),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it lets nobody in without a certificate, and none was given".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnknownCA | AlertDescription::DecryptError) => {
            "it does not trust the authority that signed our certificate".to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "our certificate has expired".to_owned()
        }
        Error::AlertReceived(alert) => format!("it broke off the TLS handshake ({alert:?})"),
        Error::InvalidMessage(_) => "it speaks no TLS".to_owned(),
        other => other.to_string(),
    })
}

/// What we did not like of somebody who came, or they did not like of us; nothing when it was no matter of TLS.
pub fn of_client(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    Some(match find(error)? {
        Error::NoCertificatesPresented => "it showed no certificate".to_owned(),
        Error::InvalidCertificate(found) => format!("its certificate {}", refused(found)),
        Error::AlertReceived(AlertDescription::UnknownCA | AlertDescription::DecryptError) => {
            "it does not trust the authority that signed our certificate".to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "it says that our certificate has expired".to_owned()
        }
        Error::AlertReceived(AlertDescription::BadCertificate) => {
            "it does not take our certificate: it may have come by a name that is not in it".to_owned()
        }
        Error::AlertReceived(alert) => format!("it broke off the TLS handshake ({alert:?})"),
        Error::InvalidMessage(_) => "it spoke no TLS".to_owned(),
        other => other.to_string(),
    })
}

/// What is wrong with a certificate.
fn refused(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "has expired".to_owned(),
        CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet: compare the clocks".to_owned()
        }
        CertificateError::UnknownIssuer => "was signed by no authority that is trusted here".to_owned(),
        CertificateError::BadSignature => "was not signed by the authority it names".to_owned(),
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("is not for {}, but for {}", expected.to_str(), presented.join(", "))
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is for another purpose".to_owned()
        }
        other => format!("cannot be used: {other}"),
    }
}

/// The error of the TLS library behind an error, if there is one.
fn find<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // An error of the system holds the one that caused it, and says the cause of that to be its own.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}
