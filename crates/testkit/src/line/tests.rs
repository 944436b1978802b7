//! The line itself: what it does to bytes it was told to do, and nothing else.

use super::*;
use crate::upstream::{Ending, Reply, Upstream};
use crate::{caller::Caller, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Who answers each byte with itself, behind a line.
async fn echo() -> Line {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::to(listener.local_addr().unwrap()).await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ended = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    line
}

async fn said(line: &Line, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(line.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

async fn heard(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn an_undisturbed_line_passes_everything_and_the_end() {
    let line = echo().await;
    let mut stream = said(&line, b"hello").await;
    stream.shutdown().await.unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"hello");
    assert_eq!(BOTH.map(|way| line.passed(way)), [5, 5]);
    assert_eq!(line.opened().len(), 1);
}

#[tokio::test]
async fn a_late_narrow_line_in_slices_passes_everything_late() {
    let line = echo().await;
    let late = Duration::from_millis(30);
    line.disturb(Way::There, Trouble { latency: late, slice: Some(3), ..Trouble::default() });
    line.disturb(Way::Back, Trouble { bandwidth: Some(100_000), ..Trouble::default() });
    let bytes: Vec<u8> = (0..5_000).map(|number| (number % 251) as u8).collect();
    let begun = Instant::now();
    let mut stream = said(&line, &bytes).await;
    assert_eq!(heard(&mut stream, bytes.len()).await, bytes);
    // 5 kB at 100 kB a second; never faster, however slow the machine is.
    assert!(begun.elapsed() >= late + Duration::from_millis(45), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_silent_direction_holds_back_and_the_other_passes() {
    let line = echo().await;
    let mut stream = said(&line, b"one").await;
    assert_eq!(heard(&mut stream, 3).await, b"one");
    line.silence(Way::Back);
    stream.write_all(b"two").await.unwrap();
    wait::until("the other direction passes", || line.passed(Way::There) == 6).await;
    assert_eq!(line.passed(Way::Back), 3);
    line.heal();
    assert_eq!(heard(&mut stream, 3).await, b"two");
}

#[tokio::test]
async fn a_limited_connection_breaks_off_where_it_was_told() {
    let line = echo().await;
    line.disturb(Way::Back, Trouble { limit: Some(4), ..Trouble::default() });
    let mut stream = said(&line, b"hello").await;
    let mut all = Vec::new();
    let ended = stream.read_to_end(&mut all).await;
    assert!(ended.is_err() || all == b"hell", "{ended:?} {all:?}");
    assert_eq!(line.passed(Way::Back), 4);
}

#[tokio::test]
async fn a_reset_ends_what_is_open_and_nothing_that_comes() {
    let line = echo().await;
    let mut stream = said(&line, b"one").await;
    assert_eq!(heard(&mut stream, 3).await, b"one");
    line.reset();
    let error = stream.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let mut stream = said(&line, b"two").await;
    assert_eq!(heard(&mut stream, 3).await, b"two");
}

#[tokio::test]
async fn a_line_can_lead_elsewhere() {
    let (line, elsewhere) = (echo().await, Upstream::start().await);
    line.lead_to(elsewhere.url().trim_start_matches("http://").parse().unwrap());
    assert_eq!(Caller::connect(line.address()).await.post("/", "{}").await.status, 200);
}

#[tokio::test]
async fn pieces_are_heads_bodies_and_chunks() {
    let upstream = Upstream::start().await;
    let line = Line::to(upstream.url().trim_start_matches("http://").parse().unwrap()).await;
    upstream.always(Reply::events(["data: a\n\n", "data: b\n\n", "data: c\n\n"], Ending::Complete));
    let (mut seen, kept) = (0, Arc::new(Mutex::new(Vec::new())));
    let keep = Arc::clone(&kept);
    // Head, three chunks, the last one: the second chunk comes twice, the third not at all.
    line.tamper(Way::Back, move |piece| {
        keep.lock().unwrap().push(piece.clone());
        seen += 1;
        match seen {
            3 => vec![piece.clone(), piece],
            4 => vec![],
            _ => vec![piece],
        }
    });
    let answer = Caller::connect(line.address()).await.post("/", "{}").await;
    assert_eq!((answer.text(), answer.complete), ("data: a\n\ndata: b\n\ndata: b\n\n", true));
    assert_eq!(kept.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn tampering_can_begin_in_the_middle_of_a_body() {
    let upstream = Upstream::start().await;
    let line = Line::to(upstream.url().trim_start_matches("http://").parse().unwrap()).await;
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = Caller::connect(line.address()).await;
    let response = caller.open(crate::caller::post("/", "{}")).await;
    live.send("data: a\n\n");
    let passed = line.passed(Way::Back);
    wait::until("the first chunk has passed", || line.passed(Way::Back) > passed).await;
    line.tamper(Way::Back, |piece| vec![piece.clone(), piece]);
    live.send("data: b\n\n");
    drop(live);
    let answer = crate::caller::read(response).await;
    assert_eq!(answer.text(), "data: a\n\ndata: b\n\ndata: b\n\n");
}
