//! The gate and hyper must agree where each request begins and ends, whatever is sent.
//!
//! The oracle is a plain reading of all bytes at once, by the gate's rules for heads and bodies.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::{Buf, Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::wire::soon;
use crate::server::Limits;
use crate::server::checked_heads::CheckedHeads;
use crate::server::framing::Remaining;
use crate::server::gate::Gate;
use crate::server::head::{self, Verdict};
use crate::server::preface::{FirstBytes, Protocol};

const LINES: &[&str] = &[
    "POST /a HTTP/1.1\r\nHost: x\r\n",
    "POST /a HTTP/1.0\r\nConnection: keep-alive\r\n",
    "GET /b HTTP/1.1\nhost: y\n",
];

const HEADERS: &[&str] = &[
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "content-length: 12\n",
    "Content-Length: 7\r\n",
    "Transfer-Encoding: chunked\r\n",
    "transfer-encoding:chunked \r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "X: y\r\n",
    " folded\r\n",
];

const ENDS: &[&str] = &["\r\n", "\n"];

const BODIES: &[&str] = &[
    "\r",
    "\n",
    "5\r\nhe(lo\r\n",
    "05;x=y\r\nhe(lo\r\n",
    "5 \t\r\nhe(lo\r\n",
    "10\r\n0123456789(bcdef\r\n",
    "C\r\nPOST /c HTT\r\n",
    "he(lo",
    "he(lo, he(lo",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "0;\"\r\n\r\n",
];

/// Mostly a request, its body rarely that of its headers; sometimes a piece that is out of place.
fn piece() -> impl Strategy<Value = String> {
    let any = |words: &'static [&'static str], count: std::ops::Range<usize>| {
        prop::collection::vec(prop::sample::select(words), count).prop_map(|words| words.concat())
    };
    let request = (any(LINES, 1..2), any(HEADERS, 0..3), any(ENDS, 1..2), any(BODIES, 0..3));
    prop_oneof![
        6 => request.prop_map(|(line, headers, end, body)| [line, headers, end, body].concat()),
        1 => any(LINES, 1..2),
        1 => any(HEADERS, 1..2),
        1 => any(BODIES, 1..2),
    ]
}

/// A request: its first line without the version, or that it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Served(String),
    Refused,
}

/// Sends the pieces; the requests that hyper made of them.
async fn exchange(pieces: Vec<Vec<u8>>) -> Vec<Seen> {
    let (theirs, ours) = tokio::io::duplex(1 << 20);
    let heads = Arc::new(CheckedHeads::default());
    let first = FirstBytes { protocol: Protocol::Http1, bytes: BytesMut::new(), arrived: tokio::time::Instant::now() };
    let gate = Gate::new(ours, first, Arc::new(Limits::default()), Arc::clone(&heads));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Incoming>| {
        let head = heads.next().expect("a request without a head");
        let served = || Seen::Served(format!("{} {}", request.method(), request.uri()));
        noted.lock().expect("no panic").push(head.refusal.map_or_else(served, |_| Seen::Refused));
        async move {
            // Also after an error: how a body ends is not the question here.
            drop(request.into_body().collect().await);
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
        }
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).half_close(true).serve_connection(TokioIo::new(gate), service);
    let client = async {
        let (mut reading, mut writing) = tokio::io::split(theirs);
        for piece in pieces {
            drop(writing.write_all(&piece).await);
            tokio::task::yield_now().await;
        }
        drop(writing.shutdown().await);
        drop(reading.read_to_end(&mut Vec::new()).await);
    };
    drop(soon(async { tokio::join!(connection, client) }).await);
    let seen = seen.lock().expect("no panic");
    seen.clone()
}

/// The requests that the bytes hold.
fn requests_in(mut bytes: &[u8]) -> Vec<Seen> {
    let mut found = Vec::new();
    loop {
        let blank = bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        bytes.advance(blank);
        if bytes.is_empty() {
            return found;
        }
        let Verdict::Good { length, framing } = head::check(bytes, Limits::default().headers) else {
            found.push(Seen::Refused);
            return found;
        };
        let line = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
        found.push(Seen::Served(line.split(' ').take(2).collect::<Vec<_>>().join(" ")));
        bytes.advance(length);
        let mut remaining = Remaining::from(framing);
        while !remaining.is_done() {
            match remaining.count_off(bytes) {
                Ok(count) if count > 0 => bytes.advance(count),
                _ => return found,
            }
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// hyper sees what is there, in this order. It may end sooner: `Connection: close`, HTTP/1.0, a broken body.
#[track_caller]
fn check(whole: &[u8], size: usize) -> Result<(), TestCaseError> {
    let expected = requests_in(whole);
    let pieces: Vec<Vec<u8>> = whole.chunks(size).map(<[u8]>::to_vec).collect();
    let in_pieces = runtime().block_on(exchange(pieces));
    let at_once = runtime().block_on(exchange(vec![whole.to_vec()]));
    prop_assert!(expected.starts_with(&in_pieces), "{in_pieces:?} in pieces of {expected:?}");
    prop_assert!(expected.starts_with(&at_once), "{at_once:?} at once of {expected:?}");
    prop_assert_eq!(in_pieces, at_once);
    Ok(())
}

/// The body takes the first byte of the next head with it, which makes the next request one of method `OST`.
#[test]
fn a_body_longer_than_what_was_meant_shifts_the_next_request() {
    let sent =
        b"POST /a HTTP/1.1\r\nHost: x\r\ncontent-length: 12\r\n\r\nhe(lohe(lo0POST /a HTTP/1.1\r\nHost: x\r\n\r\n";
    let expected = vec![Seen::Served("POST /a".to_owned()), Seen::Served("OST /a".to_owned())];
    assert_eq!(requests_in(sent), expected);
    assert_eq!(runtime().block_on(exchange(vec![sent.to_vec()])), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 6, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_and_hyper_agree_on_every_request(
        pieces in prop::collection::vec(piece(), 1..6),
        size in 1..80_usize,
    ) {
        check(&pieces.concat().into_bytes(), size)?;
    }
}
