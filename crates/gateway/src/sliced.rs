//! The slices a request falls into: [`values`]. Only the head is looked at, and nothing where nothing is declared.

use crate::key::TENANT;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use viridian_core::slice::{ABSENT, Attribute, Place, Slicing, told};

/// The value of each attribute, in the order of the slicing.
pub(crate) type Values = Box<[Box<str>]>;

/// The longest subtag of a language, such as `de` (RFC 5646, section 2.1).
const LONGEST_LANGUAGE: usize = 8;

/// The values of a request.
pub(crate) fn values(slicing: &Slicing, headers: &HeaderMap, route: &str) -> Values {
    slicing.by.iter().map(|attribute| value(attribute, headers, route).into()).collect()
}

fn value(attribute: &Attribute, headers: &HeaderMap, route: &str) -> String {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let found = match attribute.place() {
        Place::Route => Some(route.to_owned()),
        Place::Tenant => header(TENANT.as_str()).map(str::to_owned),
        Place::Language => header(ACCEPT_LANGUAGE.as_str()).and_then(language),
        Place::Header(name) => header(name).map(str::to_owned),
    };
    match found.as_deref().map(told) {
        Some(value) if !value.is_empty() => value.to_owned(),
        _ => ABSENT.to_owned(),
    }
}

/// The language of the first entry, without its region: callers put what they like best there.
fn language(accepted: &str) -> Option<String> {
    let first = accepted.split([',', ';', '-']).next()?.trim();
    let is_language =
        (1..=LONGEST_LANGUAGE).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_language.then(|| first.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn a_request_falls_into_one_slice_of_each_attribute() {
        let check = |attribute: &str, header: Option<(&'static str, &'static str)>, expected: &str| {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let slicing = Slicing { by: vec![Attribute::parse(attribute).unwrap()], metrics: Vec::new() };
            let found = values(&slicing, &headers, "/v1/chat/completions");
            assert_eq!(&*found[0], expected, "{attribute}: {header:?}");
        };
        check("route", None, "/v1/chat/completions");
        check("tenant", Some(("x-viridian-tenant", "acme")), "acme");
        check("tenant", None, ABSENT);
        check("language", Some(("accept-language", "de-AT,de;q=0.9,en;q=0.5")), "de");
        check("language", Some(("accept-language", "EN;q=0.1")), "en");
        check("language", Some(("accept-language", "*")), ABSENT);
        check("language", Some(("accept-language", "")), ABSENT);
        check("language", None, ABSENT);
        check("header:x-plan", Some(("x-plan", " gold ")), "gold");
        check("header:x-plan", Some(("x-other", "gold")), ABSENT);
    }
}
