//! The unit a request belongs to: what keeps its caller on one arm. Entry point: [`unit()`].

use crate::peek::Peek;
use crate::prepared::table::Table;
use http::{HeaderMap, HeaderName};
use std::borrow::Cow;
use viridian_core::application::Unit;

const USER: HeaderName = HeaderName::from_static("x-viridian-user");
const CONVERSATION: HeaderName = HeaderName::from_static("x-viridian-conversation");
pub(crate) const TENANT: HeaderName = HeaderName::from_static("x-viridian-tenant");

/// The unit of a request, if it names one: by our header, else by the field of the body that says the same.
pub(crate) fn unit<'a>(
    table: &Table,
    headers: &'a HeaderMap,
    peek: Option<&Peek<'a>>,
) -> Option<Cow<'a, str>> {
    let field = |name: &str| peek.and_then(|peek| peek.text(name));
    let named = match &table.routing.unit {
        Unit::Request => None,
        Unit::User => header(headers, &USER).or_else(|| field("safety_identifier")).or_else(|| field("user")),
        Unit::Conversation => {
            header(headers, &CONVERSATION).or_else(|| peek.and_then(|peek| peek.text_or_id("conversation")))
        }
        Unit::Tenant => header(headers, &TENANT),
        Unit::Header(_) => header(headers, table.unit_header.as_ref()?),
    };
    named.filter(|unit| !unit.is_empty())
}

/// A header as text; one that is none names nobody.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, str>> {
    let value = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
    (!value.is_empty()).then_some(Cow::Borrowed(value))
}
