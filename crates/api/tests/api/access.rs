//! Who is let in, through real requests; the rules themselves are tested where they stand.

use crate::world::{NOW, World};
use axum::http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use viridian_api::{ServeError, State, Traffic, check_exposure, serve};
use viridian_platform::token::Token;
use viridian_store::Store;

async fn check(world: &World, path: &str, headers: &[(&str, &str)], status: u16, code: &str) {
    let answer = world.send(Method::GET, path, headers, "").await;
    assert_eq!(answer.status.as_u16(), status, "{path} {headers:?}: {answer:?}");
    if status >= 400 {
        assert_eq!(answer.code(), code, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn a_token_opens_the_api() {
    let world = World::with_token(Some("secret")).await;
    let path = "/api/v1/applications";
    check(&world, path, &[], 401, "unauthorized").await;
    check(&world, path, &[("authorization", "Bearer wrong")], 401, "unauthorized").await;
    check(&world, path, &[("authorization", "Basic secret")], 401, "unauthorized").await;
    check(&world, path, &[("authorization", "Bearer secret")], 200, "").await;
    check(&world, "/api/v1/nonsense", &[], 401, "unauthorized").await;
    check(&world, "/healthz", &[], 200, "").await;
    check(&world, path, &[("authorization", "Bearer secret"), ("host", "any.example.com")], 200, "").await;
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_served() {
    let world = World::new().await;
    check(&world, "/api/v1/applications", &[], 200, "").await;
    check(&world, "/api/v1/applications", &[("host", "rebound.example.com")], 403, "foreignHost").await;
    check(&world, "/healthz", &[("host", "rebound.example.com")], 403, "foreignHost").await;
    let headers = [("content-type", "application/json"), ("origin", "https://example.com")];
    let answer = world.send(Method::POST, "/api/v1/apply", &headers, "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "foreignOrigin"));
}

#[tokio::test]
async fn other_addresses_need_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let open = State {
        store: Store::open(directory.path()).unwrap(),
        nudge: Arc::new(|| {}),
        gateways: Arc::new(Vec::new),
        traffic: Arc::new(Traffic::default),
        internal: Arc::new(|| None),
        notices: Arc::new(|| None),
        clock: Arc::new(|| NOW),
        token: None,
    };
    let check = |address: &str, accepted: bool| {
        let address: SocketAddr = address.parse().unwrap();
        assert_eq!(check_exposure(address, &open).is_ok(), accepted, "{address}");
    };
    check("127.0.0.1:8081", true);
    check("127.0.0.2:8081", true);
    check("[::1]:8081", true);
    check("0.0.0.0:8081", false);
    check("192.168.1.5:8081", false);
    check("[::]:8081", false);
    let closed = State { token: Some(Token::new("secret")), ..open.clone() };
    assert!(check_exposure("0.0.0.0:8081".parse().unwrap(), &closed).is_ok());

    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = serve(everywhere, open, std::future::ready(())).await;
    assert!(matches!(refused, Err(ServeError::Exposed(_))), "{refused:?}");
}
