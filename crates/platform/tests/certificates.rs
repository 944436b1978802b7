//! Certificates from files: which are taken, what is made of changes, and what both sides of a handshake say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rustls::pki_types::ServerName;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use viridian_platform::tls::{self, ClientFiles, Pair, ServerConfig, ServerFiles, Watched, reason};
use viridian_testkit::authority::{Authority, Files, Issued};

const NAME: &str = "controller.test";

fn pair(files: Files) -> Pair {
    Pair { certificate: files.certificate, key: files.key }
}

/// A server that shows a certificate.
fn showing(directory: &Path, issued: &Issued) -> Result<Watched<ServerConfig>, tls::Error> {
    let own = pair(issued.write(directory, "server"));
    tls::server(ServerFiles { own, client_authorities: None })
}

#[test]
fn what_cannot_be_shown_is_refused_with_the_file_and_the_reason() {
    let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
    let good = authority.issue(NAME);
    let check = |issued: Issued, words: &[&str]| {
        let refused = showing(directory.path(), &issued).err().unwrap().to_string();
        for word in words {
            assert!(refused.contains(word), "'{word}' is not in: {refused}");
        }
    };
    check(authority.expired(NAME), &["server.crt", "expired on", "2020"]);
    check(
        Issued { key: authority.issue(NAME).key, ..good.clone() },
        &["server.crt", "does not belong", "server.key"],
    );
    check(Issued { certificate: String::new(), ..good.clone() }, &["server.crt", "no certificate"]);
    check(Issued { key: "no key".to_owned(), ..good.clone() }, &["server.key", "no private key"]);
    let half = good.certificate.len() / 2;
    check(Issued { certificate: good.certificate[..half].to_owned(), ..good }, &["server.crt"]);
    let nowhere =
        Pair { certificate: directory.path().join("nowhere"), key: directory.path().join("nowhere") };
    let missing = tls::server(ServerFiles { own: nowhere, client_authorities: None }).err().unwrap();
    assert!(missing.to_string().contains("nowhere"), "{missing}");
}

#[test]
fn a_change_is_taken_when_both_halves_are_there_and_the_one_before_stays_until_then() {
    let (authority, directory) = (Authority::new(), TempDir::new().unwrap());
    let watched = showing(directory.path(), &authority.issue(NAME)).unwrap();
    let first = watched.current();
    watched.look();
    assert!(Arc::ptr_eq(&first, &watched.current()), "nothing has changed");

    let (next, file) = (authority.issue(NAME), directory.path().join("server.crt"));
    fs::write(&file, &next.certificate).unwrap();
    for _ in 0..3 {
        watched.look();
    }
    let standing = watched.standing();
    assert!(Arc::ptr_eq(&first, &watched.current()), "its key is not there yet");
    assert_eq!((standing.reloads, standing.failures), (0, 1), "one change, told once");
    assert!(standing.failure.unwrap().contains("does not belong"));

    fs::write(directory.path().join("server.key"), &next.key).unwrap();
    watched.look();
    let standing = watched.standing();
    assert!(!Arc::ptr_eq(&first, &watched.current()));
    assert_eq!((standing.reloads, standing.failures, standing.failure), (1, 1, None));

    let second = watched.current();
    for (what, content) in [
        ("half", &next.certificate[..40]),
        ("nothing", ""),
        ("expired", &authority.expired(NAME).certificate),
    ] {
        fs::write(&file, content).unwrap();
        watched.look();
        assert!(Arc::ptr_eq(&second, &watched.current()), "{what}");
        assert!(watched.standing().failure.is_some(), "{what}");
    }
    fs::remove_file(&file).unwrap();
    watched.look();
    assert!(Arc::ptr_eq(&second, &watched.current()), "gone");
    next.write(directory.path(), "server");
    watched.look();
    assert_eq!(watched.standing().failure, None, "what is in use is in the files again");
}

/// What a meeting is made of.
struct Meeting {
    shown: Issued,
    asks: Option<Authority>,
    trusts: Authority,
    comes_with: Option<Issued>,
    calls: &'static str,
}

/// What both sides make of it, the server first; nothing when they come to speak.
async fn meet(meeting: Meeting) -> Option<(String, String)> {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    // An expired certificate is not loaded, so it is shown by one who loaded it in time.
    let own = pair(meeting.shown.write(at, "server"));
    let client_authorities = meeting.asks.map(|authority| authority.write(at, "clients.crt"));
    let server = tls::server(ServerFiles { own, client_authorities }).unwrap();
    let own = meeting.comes_with.map(|issued| pair(issued.write(at, "client")));
    let client =
        tls::client(ClientFiles { authorities: Some(meeting.trusts.write(at, "servers.crt")), own }).unwrap();
    let (near, far) = duplex(64 * 1024);
    let name = ServerName::try_from(meeting.calls).unwrap();
    let serve = async {
        let mut stream = TlsAcceptor::from(server.current()).accept(far).await?;
        stream.write_all(b"welcome").await?;
        stream.flush().await
    };
    let come = async {
        let mut stream = TlsConnector::from(client.current()).connect(name, near).await?;
        stream.write_all(b"hello").await?;
        stream.read_u8().await
    };
    let (served, came) = tokio::join!(serve, come);
    match (served, came) {
        (Ok(()), Ok(_)) => None,
        (served, came) => Some((
            served.err().and_then(|error| reason::of_client(&error)).unwrap_or_default(),
            came.err().and_then(|error| reason::of_server(&error)).unwrap_or_default(),
        )),
    }
}

#[tokio::test]
async fn both_sides_say_what_is_wrong() {
    let check = async |what: &str, meeting: Meeting, server: &str, client: &str| {
        let (said, told) = meet(meeting).await.unwrap_or_else(|| panic_at(what));
        assert!(said.contains(server), "{what}: the server says '{said}'");
        assert!(told.contains(client), "{what}: the client says '{told}'");
    };
    let good = || {
        let authority = Authority::new();
        Meeting { shown: authority.issue(NAME), asks: None, trusts: authority, comes_with: None, calls: NAME }
    };
    assert_eq!(meet(good()).await, None);
    check(
        "wrong authority",
        Meeting { trusts: Authority::new(), ..good() },
        "does not trust the authority that signed our certificate",
        "signed by no authority that is trusted here",
    )
    .await;
    check(
        "wrong name",
        Meeting { calls: "another.test", ..good() },
        "by a name that is not in it",
        "is not for another.test, but for",
    )
    .await;
    let asking = || {
        let (authority, clients) = (Authority::new(), Authority::new());
        let comes_with = Some(clients.issue("gw-1"));
        let shown = authority.issue(NAME);
        Meeting { shown, asks: Some(clients), trusts: authority, comes_with, calls: NAME }
    };
    assert_eq!(meet(asking()).await, None);
    check(
        "no client certificate",
        Meeting { comes_with: None, ..asking() },
        "it showed no certificate",
        "lets nobody in without a certificate",
    )
    .await;
    check(
        "a client certificate of another authority",
        Meeting { comes_with: Some(Authority::new().issue("gw-1")), ..asking() },
        "signed by no authority that is trusted here",
        "does not trust the authority that signed our certificate",
    )
    .await;
}

fn panic_at(what: &str) -> ! {
    unreachable!("{what}: they came to speak")
}
