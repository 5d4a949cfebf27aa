//! Where requests begin and end on a connection, and what happens when they disagree about it.

use super::site::Site;
use super::wire::{Wire, post};
use crate::server::Limits;

const CHUNKED: &str = "POST /a/ok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The bytes are answered with these statuses, and then the connection ends.
async fn check(sent: impl AsRef<[u8]>, statuses: &[u16]) {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send(sent).await;
    check_answers(&mut wire, statuses).await;
    drop(wire); // The server waits for a client that it has cut short.
    assert_eq!(site.stub.runs(), statuses.iter().filter(|status| **status == 201).count());
    let drained = site.stopped().await;
    assert_eq!(drained.cut, 0);
}

async fn check_answers(wire: &mut Wire, statuses: &[u16]) {
    for (at, status) in statuses.iter().enumerate() {
        let answer = wire.answer().await;
        assert_eq!(answer.status, *status, "answer {at}: {:?}", answer.body);
        if at + 1 == statuses.len() {
            assert!(answer.closes());
        }
    }
    assert_eq!(wire.rest().await, "");
}

fn with(headers: &str, body: &str) -> String {
    format!("POST /a/ok HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let site = Site::start();
    let mut wire = site.wire().await;
    for _ in 0..3 {
        wire.post("/a/ok", "{}").await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.closes()), (201, false));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let site = Site::start();
    let mut wire = site.wire().await;
    let chunked = format!("{CHUNKED}2;x=y\r\n{{}}\r\n0\r\nX: y\r\n\r\n");
    let held = post("/a/held", "", br#"{"data":{"text":"\r\n\r\nPOST /a/panic HTTP/1.1\r\n"}}"#);
    let all =
        [held, chunked.into_bytes(), post("/a/refused", "", b"{}"), b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()];
    wire.send(all.concat()).await;
    site.stub.held().await;
    site.stub.let_go();
    for status in [201, 201, 400, 404] {
        assert_eq!(wire.answer().await.status, status);
    }
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let site = Site::start();
    let mut wire = site.wire().await;
    let chunked = format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n");
    for byte in [post("/a/ok", "", b"{}"), chunked.into_bytes(), b"\r\n".to_vec(), post("/a/ok", "", b"{}")].concat() {
        wire.send([byte]).await;
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert_eq!(wire.answer().await.status, 201);
    }
}

#[tokio::test]
async fn http_1_0_closes_unless_asked_not_to() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send("POST /a/ok HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}").await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (201, Some("keep-alive")));
    wire.send("POST /a/ok HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}").await;
    assert_eq!(wire.answer().await.status, 201);
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_caller_that_asks_to_close_is_closed() {
    check(post("/a/ok", "Connection: close\r\n", b"{}"), &[201]).await;
}

#[tokio::test]
async fn a_body_is_asked_for_when_the_caller_waits_for_that() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send("POST /a/ok HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await;
    wire.until("HTTP/1.1 100 Continue\r\n\r\n").await;
    wire.send("{}").await;
    assert_eq!(wire.answer().await.status, 201);
}

#[tokio::test]
async fn a_body_that_will_be_refused_is_not_asked_for() {
    check(with("Expect: 100-continue\r\nContent-Length: 999999999", ""), &[400]).await;
    check(with("Expect: 100-continue\r\nContent-Type: text/plain\r\nContent-Length: 2", ""), &[400]).await;
}

#[tokio::test]
async fn two_opinions_on_the_length_are_refused() {
    let smuggled = "POST /a/panic HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    for headers in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "transfer-encoding: chunked\r\nX: y\r\ncontent-length: 0",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2, 2",
        "Content-Length: +2",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\x0bchunked",
        "Transfer-Encoding : chunked",
        "X: y\r\n Content-Length: 2",
    ] {
        check(with(headers, &format!("0\r\n\r\n{smuggled}")), &[400]).await;
    }
}

#[tokio::test]
async fn a_later_request_is_judged_like_the_first() {
    let bad = with("Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\nPOST /a/panic HTTP/1.1\r\n\r\n");
    let length = post("/a/ok", "", br#"{"data":{"a":"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}}"#);
    check([length.clone(), bad.clone().into_bytes()].concat(), &[201, 400]).await;
    let body = "{\"data\":\r\n\r\n{}}\r\n0\r\n";
    let chunked = format!("{CHUNKED}{:x}\r\n{body}\r\n0\r\nContent-Length: 9\r\n\r\n", body.len());
    check([chunked.as_bytes(), &length, bad.as_bytes()].concat(), &[400, 201, 400]).await;
}

#[tokio::test]
async fn text_in_a_body_is_no_request() {
    let text = "\r\n\r\nPOST /a/panic HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = serde_json::json!({"data": {"text": text}}).to_string().replace("\\r\\n", "  ")
        + text.trim_end_matches(|c| c != '\n');
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send([post("/a/ok", "", body.as_bytes()), post("/a/ok", "", b"{}")].concat()).await;
    assert_eq!(wire.answer().await.status, 400); // trailing text is no JSON
    assert_eq!(wire.answer().await.status, 201);
    assert_eq!(site.stub.runs(), 1);
}

#[tokio::test]
async fn broken_chunks_are_refused() {
    for body in [
        "x\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "-2\r\n",
        "2\r\n{}\r\n0\r\n\n",
    ] {
        check(format!("{CHUNKED}{body}POST /a/panic HTTP/1.1\r\nHost: x\r\n\r\n"), &[400]).await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_call() {
    use tokio::io::AsyncWriteExt;
    for sent in [with("Content-Length: 20", "{}"), format!("{CHUNKED}2\r\n{{}}\r\n")] {
        let site = Site::start();
        let mut wire = site.wire().await;
        wire.send(sent).await;
        wire.stream.shutdown().await.expect("half closed");
        let rest = wire.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400"), "{rest}");
        assert_eq!(site.stub.runs(), 0);
    }
}

#[tokio::test]
async fn bytes_behind_a_body_are_the_next_request() {
    check(with("Content-Length: 2", "{}{\"data\":{}}\r\n\r\n"), &[201, 400]).await;
}

#[tokio::test]
async fn what_is_no_http_is_answered_and_closed() {
    for sent in [
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n",
        "hello\r\n\r\n",
        "POST /a/ok\r\n\r\n",
        "POST /a/ok HTTP/1.2\r\nHost: x\r\n\r\n",
        "POST /a/ok HTTP/2.0\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        "POST a?b HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /a/ok HTTP/1.1\r\n\r\n",
        "POST /a/ok HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST /a/ok HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "POST /a/ok HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    ] {
        check(sent, &[400]).await;
    }
}

#[tokio::test]
async fn a_head_may_be_large_but_not_too_large() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send(post("/a/ok", &format!("X: {}\r\n", "x".repeat(32_000)), b"{}")).await;
    assert_eq!(wire.answer().await.status, 201);
    wire.send(post("/a/ok", &"X: y\r\n".repeat(98), b"{}")).await;
    assert_eq!(wire.answer().await.status, 201);
    check(post("/a/ok", &format!("X: {}\r\n", "x".repeat(33_000)), b"{}"), &[400]).await;
    check(post("/a/ok", &format!("X: {}\r\n", "x".repeat(500_000)), b"{}"), &[400]).await;
    check(post("/a/ok", &"X: y\r\n".repeat(99), b"{}"), &[400]).await;
    check(format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100_000)), &[400]).await;
}

#[tokio::test]
async fn the_largest_head_is_served_and_one_byte_more_is_not() {
    let of_size = |size: usize| {
        let with = |value: &str| post("/a/ok", &format!("Connection: close\r\nX: {value}\r\n"), b"{}");
        with(&"x".repeat(size + 2 - with("").len()))
    };
    check(of_size(Limits::default().head_bytes), &[201]).await;
    check(of_size(Limits::default().head_bytes + 1), &[400]).await;
}

#[tokio::test]
async fn a_refusal_of_head_has_no_body_and_the_callers_id() {
    let site = Site::start();
    let mut wire = site.wire().await;
    let lengths = "Content-Length: 2\r\nTransfer-Encoding: chunked";
    wire.send(format!("HEAD /a/ok HTTP/1.1\r\nHost: x\r\nX-Request-Id: me.1\r\n{lengths}\r\n\r\n")).await;
    let answer = wire.answer_to_head().await;
    assert_eq!((answer.status, answer.header("x-request-id")), (400, Some("me.1")));
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn other_protocols_are_not_switched_to() {
    let site = Site::start();
    let mut wire = site.wire().await;
    for upgrade in ["websocket", "h2c", "TLS/1.3"] {
        let headers = format!("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\n");
        wire.send(post("/a/ok", &headers, b"{}")).await;
        assert_eq!(wire.answer().await.status, 201, "{upgrade}");
    }
    wire.send("CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 404);
    wire.post("/a/ok", "{}").await;
    assert_eq!(wire.answer().await.status, 201);
}

/// Many requests whose answers nobody reads for long: all are served, in order.
#[tokio::test]
async fn many_pipelined_requests_are_all_answered() {
    let site = Site::start();
    let mut wire = site.wire().await;
    let many = 500_u32;
    let requests: Vec<u8> = (0..many).flat_map(|n| post("/a/ok", &format!("X-Request-Id: {n}\r\n"), b"{}")).collect();
    wire.send(requests).await;
    for n in 0..many {
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.header("x-request-id")), (201, Some(n.to_string().as_str())));
    }
}
