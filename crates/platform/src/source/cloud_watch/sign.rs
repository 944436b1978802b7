//! The signature of a request to AWS, version 4. Entry point: [`sign`].
//!
//! The steps and their names are those of AWS (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>);
//! the tests below are vectors of the suite AWS publishes. Requests have no query, as ours have none.

use crate::secret::Secret;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use viridian_core::time::Timestamp;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What is escaped in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who signs.
pub(super) struct Keys {
    pub(super) access_key: Secret,
    pub(super) secret_key: Secret,
    pub(super) session_token: Option<Secret>,
}

/// What a signature is good for.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// The request with its host, the moment, the token if there is one, and a signature of all of it. Every header that it has
/// is signed.
///
/// # Errors
/// It names no host, or something cannot stand in a header; the text does not show what.
pub(super) fn sign(
    mut request: Request<Bytes>,
    keys: &Keys,
    scope: Scope<'_>,
    now: Timestamp,
) -> Result<Request<Bytes>, String> {
    let moment = i64::try_from(now.0).ok().and_then(|now| jiff::Timestamp::from_millisecond(now).ok());
    let moment = moment.ok_or("the moment has no date")?.strftime("%Y%m%dT%H%M%SZ").to_string();
    let host = request.uri().authority().ok_or("the URL names no host")?.to_string();
    let token = keys.session_token.as_ref().map(Secret::expose);
    for (name, text) in
        [("host", Some(host.as_str())), ("x-amz-date", Some(&moment)), ("x-amz-security-token", token)]
    {
        if let Some(text) = text {
            request.headers_mut().insert(name, sensitive(text)?);
        }
    }
    let (canonical, signed_headers) = canonical(&request);
    let day = &moment[..8];
    let terms = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let to_sign = format!("{ALGORITHM}\n{moment}\n{terms}\n{}", hex(&Sha256::digest(canonical)));
    let secret = format!("AWS4{}", keys.secret_key.expose());
    let parts = [day, scope.region, scope.service, "aws4_request"];
    let key = parts.iter().fold(secret.into_bytes(), |key, part| code(&key, part));
    let signature = hex(&code(&key, &to_sign));
    let access_key = keys.access_key.expose();
    let authorization = format!(
        "{ALGORITHM} Credential={access_key}/{terms}, SignedHeaders={signed_headers}, Signature={signature}"
    );
    request.headers_mut().insert("authorization", sensitive(&authorization)?);
    Ok(request)
}

/// The request in the one form that is signed, and the names of its headers.
fn canonical(request: &Request<Bytes>) -> (String, String) {
    let mut headers: Vec<(&str, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.as_str(), text.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let path = utf8_percent_encode(request.uri().path(), PATH);
    let digest = hex(&Sha256::digest(request.body()));
    (format!("{}\n{path}\n\n{lines}\n{names}\n{digest}", request.method()), names)
}

fn sensitive(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text).map_err(|_| "a key cannot stand in a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

#[expect(clippy::expect_used, reason = "this code takes a key of any length")]
fn code(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret;
    use viridian_core::environment::SecretReference;

    /// 30 August 2015, 12:36:00 UTC: the moment of every vector of the suite.
    const MOMENT: Timestamp = Timestamp(1_440_938_160_000);
    /// The token of the vectors that have one.
    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    fn secret(text: &str) -> Secret {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, text).unwrap();
        secret::resolve(&SecretReference::File(path.display().to_string())).unwrap()
    }

    /// One vector of AWS's suite: what is posted, the names that are signed beside host and moment, the signature.
    fn check(headers: &[(&'static str, &str)], token: Option<&str>, body: &'static str, signature: &str) {
        let mut request = Request::post("https://example.amazonaws.com/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let keys = Keys {
            access_key: secret("AKIDEXAMPLE"),
            secret_key: secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: token.map(secret),
        };
        let request = request.body(Bytes::from(body)).unwrap();
        let scope = Scope { region: "us-east-1", service: "service" };
        let signed = sign(request, &keys, scope, MOMENT).unwrap();
        let mut names = vec!["host", "x-amz-date"];
        names.extend(headers.iter().map(|(name, _)| *name));
        names.extend(token.map(|_| "x-amz-security-token"));
        names.sort_unstable();
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        assert_eq!(signed.headers()["authorization"].to_str().unwrap(), expected);
        assert_eq!(signed.headers()["x-amz-date"].to_str().unwrap(), "20150830T123600Z");
        assert!(!format!("{signed:?}").contains(signature), "it prints");
    }

    #[test]
    fn the_vectors_of_aws_are_met() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        check(&[], None, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
        check(&[], Some(TOKEN), "", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
        check(
            &[form],
            None,
            "Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        );
        check(
            &[("my-header1", "value1")],
            None,
            "",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        );
        check(
            &[("my-header1", "VALUE1")],
            None,
            "",
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        );
    }
}
