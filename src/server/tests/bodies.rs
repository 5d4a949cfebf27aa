//! Bodies that are no calls, and bodies that are too large.

use std::io::ErrorKind;

use super::site::Site;
use super::wire::{Wire, post};
use crate::server::{CallLimits, Limits};
use tokio::io::AsyncWriteExt;

/// A body that is refused with a reason, which never repeats it; the connection goes on.
async fn check_refused(body: impl AsRef<[u8]>, words: &str) {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/ok", body).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, site.stub.runs()), (400, 0));
    assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1));
    assert!(answer.message().contains(words), "{}", answer.message());
    assert!(!answer.message().contains("hunter2"));
    wire.post("/a/ok", "{}").await;
    assert_eq!(wire.answer().await.status, 201);
}

#[tokio::test]
async fn what_is_no_object_of_json_is_refused() {
    check_refused("", "empty").await;
    check_refused(" \n", "empty").await;
    check_refused("{\"data\": hunter2}", "line 1, column").await;
    check_refused("{}{\"data\":\"hunter2\"}", "after the end").await;
    check_refused("[\"hunter2\"]", "a list").await;
    check_refused("{\"auth\":\"hunter2\"}", "`auth`").await;
    check_refused("{\"auth\":{},\"auth\":{}}", "twice").await;
    check_refused(b"{\"data\":{\"a\":\"\xe9\"}}", "UTF-8").await;
    check_refused("{\"data\":{\"a\":\"\\ud800\"}}", "surrogate").await;
    check_refused("[".repeat(100_000), "nested").await;
}

#[tokio::test]
async fn a_byte_order_mark_and_empty_parts_are_fine() {
    let site = Site::start();
    let mut wire = site.wire().await;
    for body in ["\u{feff}{}", "{\"auth\":null,\"data\":{},\"meta\":null}", "\n{ \"Auth\": 1 } \n"] {
        wire.post("/a/ok", body).await;
        assert_eq!(wire.answer().await.status, 201, "{body}");
    }
}

#[tokio::test]
async fn many_keys_are_read() {
    let mut keys: Vec<_> = (0..10_000).map(|n| format!("\"key{n}\":{n}")).collect();
    keys.push("\"b\":\"last\"".to_owned());
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/ok", format!("{{\"data\":{{{}}}}}", keys.join(","))).await;
    assert_eq!(wire.answer().await.status, 201);
    assert_eq!(site.stub.last().1["data"], serde_json::json!({ "b": "last" }));
}

fn padded(length: usize) -> String {
    format!("{{}}{}", " ".repeat(length - 2))
}

fn chunked(path: &str, body: &str) -> String {
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunks: String = body
        .as_bytes()
        .chunks(10_000)
        .map(|chunk| format!("{:X}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    format!("{head}{chunks}0\r\n\r\n")
}

#[tokio::test]
async fn the_limit_is_the_last_size_that_is_read() {
    let site = Site::start();
    let limit = CallLimits::default().body_bytes;
    let mut wire = site.wire().await;
    wire.post("/a/ok", padded(limit)).await;
    assert_eq!(wire.answer().await.status, 201);
    wire.send(chunked("/a/ok", &padded(limit))).await;
    assert_eq!(wire.answer().await.status, 201);
    wire.send(chunked("/a/ok", &padded(limit + 1))).await;
    check_too_large(&mut wire).await;
    let mut wire = site.wire().await;
    wire.post("/a/ok", padded(limit + 1)).await;
    check_too_large(&mut wire).await;
}

async fn check_too_large(wire: &mut Wire) {
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes()), (400, true));
    assert!(answer.message().contains("larger than 262144 bytes"));
    assert_eq!(wire.rest().await, "");
}

/// The caller goes on sending, and still can read why it was refused.
#[tokio::test]
async fn a_hundred_megabytes_are_refused_early() {
    let site = Site::start();
    let wire = site.wire().await;
    let (reading, mut writing) = wire.stream.into_split();
    let sending = tokio::spawn(async move {
        writing.write_all(b"POST /a/ok HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n").await?;
        let piece = vec![b' '; 1 << 20];
        for _ in 0..100 {
            writing.write_all(&piece).await?;
        }
        Ok::<_, std::io::Error>(writing)
    });
    let mut text = Vec::new();
    let mut reading = reading;
    super::wire::soon(tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut text)).await.expect("an answer");
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.starts_with("HTTP/1.1 400") && text.contains("larger than"), "{text}");
    // All was taken, or the server gave up waiting: both are ends.
    if let Err(error) = super::wire::soon(sending).await.expect("no panic") {
        assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    }
    assert_eq!(site.stub.runs(), 0);
}

#[tokio::test]
async fn all_bodies_together_have_a_limit_and_give_it_back() {
    let limits = CallLimits { bodies_bytes: 300_000, ..CallLimits::default() };
    let site = Site::with(Limits::default(), limits);
    let (mut first, mut second) = (site.wire().await, site.wire().await);
    for _ in 0..3 {
        first.post("/a/ok", padded(200_000)).await;
        assert_eq!(first.answer().await.status, 201);
    }
    let half = post("/a/ok", "", padded(200_000).as_bytes());
    let (start, end) = half.split_at(half.len() - 1);
    first.send(start).await;
    // The second is refused once the first has come in; until then both race.
    let mut refused = false;
    while !refused {
        second.post("/a/ok", padded(200_000)).await;
        let answer = second.answer().await;
        refused = answer.status == 400;
        if refused {
            assert!(answer.message().contains("too many requests"));
        }
    }
    first.send(end).await;
    assert_eq!(first.answer().await.status, 201);
}
