//! The base URL of an upstream: [`endpoint`].

use super::{Reason, Text};
use std::net::Ipv6Addr;
use viridian_core::environment::Endpoint;

/// The base URL of an upstream.
pub(crate) const ENDPOINT: Text = Text {
    expected: "a base URL such as 'http://10.0.0.5:8000'",
    pattern: "^https?://[^/?#@\\s]+(/[^?#\\s]*)?$",
    check: |text| endpoint(text).map(drop),
    hides: |text| text.contains('@'),
};

/// Reads a base URL; slashes at its end are dropped.
pub(crate) fn endpoint(text: &str) -> Result<Endpoint, Reason> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let rest = rest.ok_or("it has to start with http:// or https://")?;
    if rest.contains('?') {
        return Err("a base URL has no query");
    }
    if rest.contains('#') {
        return Err("a base URL has no fragment");
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a character in it has to be percent-encoded");
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err("credentials never stand in a URL; refer to a token by auth.bearer");
    }
    check_authority(authority)?;
    let scheme = &text[..text.len() - rest.len()];
    let base = format!("{scheme}{authority}/{path}");
    Ok(Endpoint(base.trim_end_matches('/').to_owned()))
}

/// Checks a host with an optional port.
fn check_authority(authority: &str) -> Result<(), Reason> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if port.is_some_and(|port| !is_port(port)) {
        return Err("the port has to be a number from 1 to 65535");
    }
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_host_name(host),
    };
    if fits { Ok(()) } else { Err("the host is neither a name nor an address") }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host_name(host: &str) -> bool {
    // Underscores are no part of host names by the book, and common inside clusters.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !host.is_empty() && host.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        assert_eq!(endpoint(text).map(|endpoint| endpoint.0), expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn base_urls_are_read() {
        check("http://10.0.0.5:8000", Ok("http://10.0.0.5:8000"));
        check("https://api.example.com/v1/", Ok("https://api.example.com/v1"));
        check("http://model_server", Ok("http://model_server"));
        check("http://[::1]:8000/", Ok("http://[::1]:8000"));
        check("http://[::1]", Ok("http://[::1]"));
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        check("10.0.0.5:8000", Err("it has to start with http:// or https://"));
        check("ftp://a", Err("it has to start with http:// or https://"));
        check("http://", Err("the host is neither a name nor an address"));
        check("http://:80", Err("the host is neither a name nor an address"));
        check("http://a b", Err("a character in it has to be percent-encoded"));
        check("http://[::1", Err("the host is neither a name nor an address"));
        check("http://[zz]:1", Err("the host is neither a name nor an address"));
        check("http://a:0", Err("the port has to be a number from 1 to 65535"));
        check("http://a:70000", Err("the port has to be a number from 1 to 65535"));
        check("http://a:+80", Err("the port has to be a number from 1 to 65535"));
        check("http://a?x=1", Err("a base URL has no query"));
        check("http://a/#x", Err("a base URL has no fragment"));
        check("http://u:p@a", Err("credentials never stand in a URL; refer to a token by auth.bearer"));
    }
}
