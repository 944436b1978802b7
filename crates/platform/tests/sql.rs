//! A line to a database that a script speaks on: whatever it says, what comes of it is one number or a reason, within
//! a time and a size, and no part of the secret that leads there. A real PostgreSQL is asked by `cargo xtask interop
//! postgres`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use viridian_core::environment::SecretReference;
use viridian_core::id::SourceName;
use viridian_core::question::Question;
use viridian_core::source::{Source, SourceKind};
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::source::{Measured, read};

/// What a client sends before everything else when it wants TLS.
const TLS_REQUEST: u32 = 80_877_103;
const PASSWORD: &str = "hunter2hunter2";

/// What a server does.
#[derive(Clone)]
enum Script {
    /// It answers every query with these rows, each one text.
    Rows(Vec<String>),
    /// It answers every query with an error.
    Fails { code: &'static str, message: &'static str },
    /// It lets nobody in.
    Refuses { code: &'static str, message: &'static str },
    /// It takes the connection and says nothing.
    Silence,
    /// It takes the connection and closes it.
    HangsUp,
}

/// What a source comes to whose server is like this. The answer is to be in milliseconds.
async fn ask(script: Script, options: &str) -> Result<Measured, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, script.clone()));
        }
    });
    ask_at(&format!("postgres://viridian:{PASSWORD}@127.0.0.1:{port}/orders{options}")).await
}

async fn ask_at(connection: &str) -> Result<Measured, String> {
    let home = TempDir::new().unwrap();
    let file = home.path().join("connection");
    std::fs::write(&file, connection).unwrap();
    let source = Source {
        name: SourceName::parse("orders").unwrap(),
        url: None,
        kind: SourceKind::Sql { connection: SecretReference::File(file.display().to_string()) },
        timeout: Duration::from_millis(500),
        retries: 0,
    };
    let names = ["v2", "green", "parcels", "friday"].map(str::to_owned);
    let query = "SELECT value FROM said WHERE release = {{release}}".to_owned();
    let question = Question { query, unit: Some("ms".to_owned()), names, oldest: Duration::from_secs(90) };
    let found = read(&Client::new(), &source, &question, Timestamp(0)).await;
    let found = found.map_err(|error| error.to_string());
    assert!(!format!("{found:?}").contains(PASSWORD), "{found:?}");
    found
}

/// Speaks the protocol of PostgreSQL, version 3, as far as a script needs it.
async fn serve(mut stream: TcpStream, script: Script) -> Option<()> {
    let mut code = startup(&mut stream).await?;
    if code == TLS_REQUEST {
        stream.write_all(b"N").await.ok()?;
        code = startup(&mut stream).await?;
    }
    assert_eq!(code, 3 << 16);
    match &script {
        Script::Silence => std::future::pending().await,
        Script::HangsUp => return None,
        Script::Refuses { code, message } => {
            stream.write_all(&error(code, message)).await.ok()?;
            return None;
        }
        Script::Rows(_) | Script::Fails { .. } => {}
    }
    stream.write_all(&[said(b'R', &[0; 4]), ready()].concat()).await.ok()?;
    loop {
        let kind = stream.read_u8().await.ok()?;
        let length = stream.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await.ok()?;
        match kind {
            b'Q' => {
                let begun = String::from_utf8_lossy(&body).into_owned();
                let expected = "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = 500\0";
                assert_eq!(begun, expected);
                let done = [said(b'C', b"BEGIN\0"), said(b'C', b"SET\0"), ready()].concat();
                stream.write_all(&done).await.ok()?;
            }
            b'S' => stream.write_all(&answer(&script)).await.ok()?,
            _ => {}
        }
    }
}

async fn startup(stream: &mut TcpStream) -> Option<u32> {
    let length = stream.read_u32().await.ok()?;
    let code = stream.read_u32().await.ok()?;
    stream.read_exact(&mut vec![0; length as usize - 8]).await.ok()?;
    Some(code)
}

fn answer(script: &Script) -> Vec<u8> {
    let rows = match script {
        Script::Rows(rows) => rows,
        Script::Fails { code, message } => return [error(code, message), ready()].concat(),
        _ => unreachable!("it never came so far"),
    };
    // One column of text (type 25), of any length, without a table.
    let column: &[u8] = &[0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 1];
    let mut bytes = [said(b'1', &[]), said(b'2', &[]), said(b'T', column)].concat();
    for row in rows {
        let length = u32::try_from(row.len()).unwrap().to_be_bytes();
        bytes.extend(said(b'D', &[&[0, 1], &length[..], row.as_bytes()].concat()));
    }
    bytes.extend([said(b'C', b"SELECT 1\0"), ready()].concat());
    bytes
}

fn said(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], &length[..], body].concat()
}

fn ready() -> Vec<u8> {
    said(b'Z', b"T")
}

fn error(code: &str, message: &str) -> Vec<u8> {
    said(b'E', format!("SERROR\0VERROR\0C{code}\0M{message}\0\0").as_bytes())
}

async fn check(script: Script, expected: Result<(f64, Option<u64>), &str>) {
    let found = ask(script, "?sslmode=disable").await;
    match expected {
        Ok((value, at)) => {
            let found = found.unwrap();
            let as_expected = found.value == value || found.value.is_nan() && value.is_nan();
            assert!(as_expected && found.at == at.map(Timestamp), "{found:?}");
        }
        Err(part) => assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}"),
    }
}

fn row(json: &str) -> Script {
    Script::Rows(vec![json.to_owned()])
}

#[tokio::test]
async fn a_row_is_one_number_or_a_reason() {
    let at = Some(1_767_225_590_000);
    check(row(r#"{"avg": 8.5}"#), Ok((8.5, None))).await;
    check(row(r#"{"value": 8.5, "at": "2025-12-31T23:59:50+00:00", "unit": "ms"}"#), Ok((8.5, at))).await;
    check(row(r#"{"unit": "ms", "at": 1767225590, "value": 3}"#), Ok((3.0, at))).await;
    check(row(r#"{"value": "NaN"}"#), Ok((f64::NAN, None))).await;
    check(row(r#"{"value": "Infinity"}"#), Ok((f64::INFINITY, None))).await;
    check(row(r#"{"value": 8.5, "unit": "s"}"#), Err("answers in s, and ms was expected")).await;
    check(row(r#"{"value": 8.5, "unit": null}"#), Err("answers in , and ms was expected")).await;
    check(row(r#"{"value": null}"#), Err("null where a number was expected")).await;
    check(row(r#"{"value": true}"#), Err("true where a number was expected")).await;
    check(row(r#"{"value": 1, "at": null}"#), Err("null where a moment was expected")).await;
    // Without a zone it may be of any hour.
    check(row(r#"{"value": 1, "at": "2025-12-31T23:59:50"}"#), Err("where a moment was expected")).await;
    check(row(r#"{"avg": 1, "max": 2}"#), Err("2 columns where one was expected")).await;
    check(row(r#"{"value": 1, "max": 2}"#), Err("2 columns where one was expected")).await;
    check(row("[1]"), Err("its row is [1]")).await;
    check(row("{"), Err("its answer is no JSON")).await;
    check(Script::Rows(vec![]), Err("the query has no row")).await;
    check(Script::Rows(vec!["{}".to_owned(); 2]), Err("several rows where one was expected")).await;
    check(row(&"1".repeat(4_097)), Err("its row is larger than")).await;
}

#[tokio::test]
async fn a_server_that_misbehaves_is_unknown_and_bounded() {
    check(row(&"1".repeat(10 << 20)), Err("it says more than 1 MiB")).await;
    check(Script::Rows(vec!["1".repeat(4_096); 2_560]), Err("it says more than 1 MiB")).await;
    check(Script::Silence, Err("no answer within 500 ms")).await;
    check(Script::HangsUp, Err("connection closed")).await;
    let fails = |code, message| Script::Fails { code, message };
    check(
        fails("42P01", "relation \"said\" does not exist"),
        Err("relation \"said\" does not exist (code 42P01)"),
    )
    .await;
    check(fails("57014", "canceling statement"), Err("it broke the query off after 500 ms")).await;
    // What a server says while it lets nobody in names users.
    let refuses = |code| Script::Refuses { code, message: "of viridian:hunter2hunter2" };
    check(refuses("28P01"), Err("it refuses the user or the password (code 28P01)")).await;
    check(refuses("3D000"), Err("it has no such database (code 3D000)")).await;
    check(refuses("53300"), Err("it has too many connections (code 53300)")).await;
    check(refuses("57P03"), Err("it refuses the connection (code 57P03)")).await;
}

#[tokio::test]
async fn nobody_is_asked_without_tls_unless_the_secret_says_so() {
    for options in ["", "?sslmode=prefer", "?sslmode=require"] {
        let found = ask(row(r#"{"value": 8.5}"#), options).await;
        assert!(found.as_ref().is_err_and(|why| why.contains("does not support TLS")), "{found:?}");
    }
    assert!(ask(row(r#"{"value": 8.5}"#), "?sslmode=disable").await.is_ok());
}

#[tokio::test]
async fn a_secret_that_leads_nowhere_is_not_told() {
    for text in [
        format!("hunter {PASSWORD}"),
        format!("postgres://viridian:{PASSWORD}@h/orders?{PASSWORD}=1"),
        format!("host=a,b user=viridian password={PASSWORD}"),
        format!("host=/var/run/postgresql user=viridian password={PASSWORD}"),
    ] {
        let found = ask_at(&text).await;
        assert!(
            found.is_err_and(|why| why.contains("holds no connection string of PostgreSQL for one host"))
        );
    }
    let found = ask_at(&format!("postgres://viridian:{PASSWORD}@127.0.0.1:1/orders")).await;
    assert!(found.is_err_and(|why| why.contains("could not be reached")));
}
