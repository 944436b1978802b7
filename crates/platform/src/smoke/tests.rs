//! Smoke requests against servers that hang up, are not there, or answer otherwise than expected.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use viridian_core::id::{EnvironmentName, ReleaseName};
use viridian_core::release::{Digest, Parameters};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const LOADING: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A server that treats the requests it gets like this, one after the other: with an answer, or by hanging up.
/// Connections on which nothing is asked do not count.
async fn serve(listener: TcpListener, answers: Vec<Option<&'static str>>) {
    let mut answers = answers.into_iter();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0);
        if asked && let Some(answer) = answers.next().flatten() {
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

fn placement(endpoint: String) -> Placement {
    Placement {
        release: ReleaseName::parse("chat-v2").unwrap(),
        version: "v2".to_owned(),
        digest: Digest("sha256:v2".to_owned()),
        environment: EnvironmentName::parse("blue").unwrap(),
        endpoints: vec![Endpoint(endpoint)],
        bearer: None,
        model: None,
        parameters: Parameters::default(),
        prices: None,
    }
}

/// What smoke requests come to against such a server.
async fn check(answers: Vec<Option<&'static str>>, patience: Duration, expected: Result<(), &str>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, answers));
    let request = SmokeRequest {
        method: "GET".to_owned(),
        path: "/ready".to_owned(),
        body: None,
        status: 200,
        contains: None,
    };
    let found = run(&Client::new(), &placement(url), &Smoke { requests: vec![request] }, patience).await;
    match expected {
        Ok(()) => assert_eq!(found, Ok(())),
        Err(part) => assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}"),
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_tried_again() {
    check(vec![None, None, Some(OK)], PATIENCE, Ok(())).await;
}

#[tokio::test]
async fn an_answer_is_final() {
    check(vec![Some(LOADING), Some(OK)], PATIENCE, Err("status 503 instead of 200")).await;
}

#[tokio::test]
async fn patience_ends() {
    let nothing = vec![None; 100];
    check(nothing, Duration::from_millis(20), Err("it could not be reached")).await;
    // Nobody listens where a listener has just closed.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let found = run(&Client::new(), &placement(url), &Smoke::default(), Duration::from_millis(20)).await;
    assert!(found.as_ref().is_err_and(|why| why.contains("no connection to")), "{found:?}");
}
