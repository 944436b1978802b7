//! Whether an endpoint accepts connections: the least a baseline must do before anyone is sent back to it.

use std::time::Duration;
use tokio::net::TcpStream;
use viridian_core::environment::Endpoint;

/// How long a connection may take to stand.
const LIMIT: Duration = Duration::from_secs(2);

/// Opens a connection and closes it again. The error says what was tried and what happened.
pub async fn endpoint(endpoint: &Endpoint) -> Result<(), String> {
    let authority = authority(endpoint).ok_or_else(|| "not an http or https URL".to_owned())?;
    match tokio::time::timeout(LIMIT, TcpStream::connect(&authority)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("no connection to {authority}: {error}")),
        Err(_) => Err(format!("no connection to {authority} within {} s", LIMIT.as_secs())),
    }
}

/// `host:port` of a base URL, with the scheme's port when it names none.
fn authority(endpoint: &Endpoint) -> Option<String> {
    let uri: http::Uri = endpoint.0.parse().ok()?;
    let port = match (uri.port_u16(), uri.scheme_str()?) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, _) => 80,
    };
    Some(format!("{}:{port}", uri.host()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(authority(&Endpoint(url.to_owned())).as_deref(), expected, "{url}");
    }

    #[test]
    fn endpoints_have_the_port_of_their_scheme() {
        check("http://10.0.0.5:8000", Some("10.0.0.5:8000"));
        check("http://localhost", Some("localhost:80"));
        check("https://api.example.com/v1", Some("api.example.com:443"));
        check("http://[::1]:9000", Some("[::1]:9000"));
        check("nonsense", None);
    }
}
