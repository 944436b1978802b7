//! Whether an endpoint can be sent requests: it says so itself where it was told how, and else it accepts
//! connections, the least a baseline must do before anyone is sent back to it.

use crate::client::Client;
use crate::secret;
use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use http_body_util::Full;
use std::time::Duration;
use tokio::net::TcpStream;
use viridian_core::environment::{Endpoint, ReadinessCheck, SecretReference};

/// How long a connection may take to stand, and an endpoint to say that it is ready.
const LIMIT: Duration = Duration::from_secs(2);

/// Asks an endpoint whether it is ready, with the secret it asks for. The error says what it answered.
pub async fn ready(
    client: &Client,
    endpoint: &Endpoint,
    check: &ReadinessCheck,
    bearer: Option<&SecretReference>,
) -> Result<(), String> {
    let url = format!("{endpoint}{}", check.path);
    let mut request = Request::get(url.as_str());
    if let Some(reference) = bearer {
        let secret = secret::resolve(reference).map_err(|error| error.to_string())?;
        request = request.header(AUTHORIZATION, format!("Bearer {}", secret.expose()));
    }
    let request = request.body(Full::new(Bytes::new())).map_err(|error| error.to_string())?;
    match client.send(request, LIMIT).await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("{url} answers with status {}", answer.status().as_u16())),
        Err(error) => Err(format!("{url}: {error}")),
    }
}

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

    /// What an endpoint says that answers like this, once.
    async fn ask(answer: &'static str) -> Result<(), String> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Endpoint(format!("http://{}/base", listener.local_addr().unwrap()));
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 1024];
            let read = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        let check = ReadinessCheck { path: "/healthz".to_owned() };
        let said = ready(&Client::new(), &base, &check, None).await;
        let asked = served.await.unwrap();
        assert!(asked.starts_with("GET /base/healthz HTTP/1.1\r\n"), "{asked}");
        said
    }

    #[tokio::test]
    async fn an_endpoint_says_itself_whether_it_is_ready() {
        assert_eq!(ask("HTTP/1.1 204 No Content\r\n\r\n").await, Ok(()));
        for answer in ["HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", ""] {
            let said = ask(answer).await;
            assert!(said.as_ref().is_err_and(|why| why.contains("/base/healthz")), "{said:?}");
        }
    }
}
