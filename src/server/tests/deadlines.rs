//! Clients that are slow or silent.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::site::{SHORT, Site};
use super::wire::post;
use crate::server::connection::{Connection, Shared};
use crate::server::rejected::Rejected;
use crate::server::{CallLimits, Limits};

const LONG: Duration = Duration::from_secs(600);

fn heads(head_timeout: Duration) -> Limits {
    Limits { head_timeout, idle_timeout: LONG, linger: SHORT, ..Limits::default() }
}

/// The client sends that, and is closed without an answer.
async fn check_closed(said: &str, limits: Limits) {
    let site = Site::with(limits, CallLimits::default());
    let mut wire = site.wire().await;
    wire.send(said).await;
    assert_eq!(wire.rest().await, "");
}

/// The client sends that and no more, and gets an answer with these words.
async fn check_answered(said: &str, words: &str) {
    let calls = CallLimits { body_timeout: SHORT, ..CallLimits::default() };
    let site = Site::with(heads(SHORT), calls);
    let mut wire = site.wire().await;
    wire.send(said).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes()), (400, true));
    assert!(answer.message().contains(words), "{}", answer.message());
    assert_eq!(wire.rest().await, "");
    assert_eq!(site.stub.runs(), 0);
}

#[tokio::test]
async fn a_silent_client_is_closed() {
    check_closed("", heads(SHORT)).await;
}

#[tokio::test]
async fn a_client_that_only_begins_to_speak_http2_is_closed() {
    check_closed("PRI ", heads(SHORT)).await;
    check_closed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", heads(SHORT)).await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_given_up() {
    check_answered("PO", "head of the request did not arrive").await;
    check_answered("POST /a/ok HTTP/1.1\r\nHost: x\r\nContent-Le", "head of the request did not arrive").await;
}

#[tokio::test]
async fn a_second_head_that_does_not_come_is_given_up() {
    let site = Site::with(heads(SHORT), CallLimits::default());
    let mut wire = site.wire().await;
    wire.send([post("/a/ok", "", b"{}"), b"POST /a".to_vec()].concat()).await;
    assert_eq!(wire.answer().await.status, 201);
    assert!(wire.answer().await.message().contains("did not arrive in time"));
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_head_that_drips_is_given_up() {
    let site = Site::with(heads(SHORT), CallLimits::default());
    let mut wire = site.wire().await;
    wire.send("POST /a/ok HTTP/1.1\r\n").await;
    let mut dripping = wire.stream;
    let (mut reading, mut writing) = dripping.split();
    let mut read = Vec::new();
    let mut every = tokio::time::interval(Duration::from_millis(5));
    loop {
        tokio::select! {
            got = tokio::io::AsyncReadExt::read_buf(&mut reading, &mut read) => {
                assert!(got.expect("an answer") > 0);
                break;
            }
            _ = every.tick() => drop(tokio::io::AsyncWriteExt::write_all(&mut writing, b"X: y\r\n").await),
        }
    }
    assert!(read.starts_with(b"HTTP/1.1 400"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    check_answered(
        "POST /a/ok HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        "body of the request did not arrive",
    )
    .await;
    let chunked = "POST /a/ok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
    check_answered(chunked, "body of the request did not arrive").await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limits = Limits { idle_timeout: SHORT, ..Limits::default() };
    let site = Site::with(limits, CallLimits::default());
    let mut wire = site.wire().await;
    wire.post("/a/ok", "{}").await;
    assert_eq!(wire.answer().await.status, 201);
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_connection_is_not_idle_while_its_call_runs() {
    let limits = Limits { idle_timeout: SHORT, head_timeout: SHORT, ..Limits::default() };
    let site = Site::with(limits, CallLimits::default());
    let mut held = site.wire().await;
    held.post("/a/held", "{}").await;
    site.stub.held().await;
    // Another connection ends of idleness meanwhile, twice over.
    for _ in 0..2 {
        assert_eq!(site.wire().await.rest().await, "");
    }
    site.stub.let_go();
    assert_eq!(held.answer().await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_answer_is_closed() {
    let limits = Limits { head_timeout: LONG, idle_timeout: LONG, ..Limits::default() };
    let shared = Arc::new(Shared { handler: Rejected, limits: Arc::new(limits) });
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let peer = ([127, 0, 0, 1], 1).into();
    // Room for the request, not for its answer.
    let (mut client, ours) = tokio::io::duplex(64);
    let request = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
    let begun = tokio::time::Instant::now();
    let sent = tokio::io::AsyncWriteExt::write_all(&mut client, request);
    let (sent, ended) = tokio::join!(sent, timeout(LONG, Connection { shared, peer, stop: stopped }.serve(ours)));
    sent.expect("sent");
    ended.expect("an end");
    assert_eq!(begun.elapsed().as_secs(), Limits::default().write_timeout.as_secs());
    drop((client, stop));
}
