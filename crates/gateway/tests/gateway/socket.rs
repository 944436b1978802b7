//! What an operator can do through the gateway's socket.

use crate::world::World;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use viridian_gateway::{Error, Gateway};
use viridian_testkit::table::{placement, table};

/// Asks, and compares status and body; the body has to begin so.
fn check(socket: &Path, request: &str, status: &str, body: &str) {
    let mut stream = UnixStream::connect(socket).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nhost: gateway\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    assert!(answer.contains(body), "{request}: {answer}");
}

#[tokio::test]
async fn pins_are_set_listed_and_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("gateway.sock");
    let tables = [table("support-chat", placement("v1", "http://127.0.0.1:9"))];
    let world = World::with(tables, |config| config.socket = Some(socket.clone()));
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    check(&socket, "GET /v1/pins", "200", r#"{"pinned":[]}"#);
    check(
        &socket,
        "POST /v1/pins/support-chat",
        "200",
        r#"{"application":"support-chat","pinned":true,"untilStopped":"the gateway has no directory to keep it in"}"#,
    );
    check(&socket, "GET /v1/pins", "200", r#"{"pinned":["support-chat"]}"#);
    assert_eq!(world.handle.pinned().len(), 1);
    check(&socket, "DELETE /v1/pins/support-chat", "200", r#"{"application":"support-chat","pinned":false}"#);
    check(&socket, "DELETE /v1/pins/support-chat", "200", r#""pinned":false"#);
    check(&socket, "POST /v1/pins/suport-chat", "404", r#""code":"unknown_application""#);
    check(&socket, "POST /v1/pins/a%20b", "400", r#""code":"invalid_name""#);
    check(&socket, "PUT /v1/pins/support-chat", "405", "POST or DELETE");
    check(&socket, "GET /v2/pins", "404", r#""code":"unknown_path""#);
    assert!(world.handle.pinned().is_empty());
}

#[tokio::test]
async fn a_socket_that_was_left_is_replaced_and_one_in_use_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("gateway.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let _world = World::with([], |config| config.socket = Some(socket.clone()));
    check(&socket, "GET /v1/pins", "200", r#"{"pinned":[]}"#);
    let mut second = crate::world::config();
    second.socket = Some(socket.clone());
    assert!(matches!(Gateway::start(second), Err(Error::Socket { .. })));
    check(&socket, "GET /v1/pins", "200", r#"{"pinned":[]}"#);
}
