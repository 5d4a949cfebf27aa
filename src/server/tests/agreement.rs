//! The gate and hyper must agree where each request ends, whatever is sent.
//!
//! The head that stands in for a refused one is the only one for `/`. If the two ever counted requests differently, the
//! refusal would meet another request, or that head would meet no refusal.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::wire::soon;
use crate::server::Limits;
use crate::server::gate::{Gate, Refusals};

const WORDS: &[&str] = &[
    "POST /a HTTP/1.1\r\nHost: x\r\n",
    "POST /a HTTP/1.0\r\nConnection: keep-alive\r\n",
    "GET /b HTTP/1.1\nhost: y\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "content-length: 12\n",
    "Transfer-Encoding: chunked\r\n",
    "transfer-encoding:chunked \r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "X: y\r\n",
    " folded\r\n",
    "\r\n",
    "\n",
    "\r",
    "5\r\nhe(lo\r\n",
    "05;x=y\r\nhe(lo\r\n",
    "5 \t\r\nhe(lo\r\n",
    "10\r\n0123456789(bcdef\r\n",
    "C\r\nPOST /c HTT\r\n",
    "he(lo",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "0;\"\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe(lo",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe(lo\r\n0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n",
];

/// Sends the pieces and tells how many requests hyper made of them, and the first disagreement.
async fn exchange(pieces: Vec<Vec<u8>>) -> (usize, Option<String>) {
    let (theirs, ours) = tokio::io::duplex(1 << 20);
    let refusals = Arc::new(Refusals::default());
    let gate = Gate::new(ours, BytesMut::new(), Arc::new(Limits::default()), Arc::clone(&refusals));
    let (count, disagreement) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
    let (counted, noted) = (Arc::clone(&count), Arc::clone(&disagreement));
    let service = service_fn(move |request: Request<Incoming>| {
        let refusal = refusals.next();
        counted.fetch_add(1, Ordering::SeqCst);
        let stands_in = request.uri() == "/" && request.method() == Method::GET && request.headers().len() == 1;
        let aligned = stands_in || ["POST /a", "GET /b"].contains(&line(&request).as_str());
        if refusal.is_some() != stands_in || !aligned {
            *noted.lock().expect("no panic") = Some(format!("{refusal:?} for {request:?}"));
        }
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
    let disagreement = disagreement.lock().expect("no panic").take();
    (count.load(Ordering::SeqCst), disagreement)
}

/// The chunk that looks like a request is for `/c`: it must never be taken for one.
fn line(request: &Request<Incoming>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_and_hyper_agree_on_every_request(
        words in prop::collection::vec(prop::sample::select(WORDS), 1..14),
        size in 1..80_usize,
    ) {
        let whole = words.concat().into_bytes();
        let pieces: Vec<Vec<u8>> = whole.chunks(size).map(<[u8]>::to_vec).collect();
        let (in_pieces, disagreement) = runtime().block_on(exchange(pieces));
        prop_assert_eq!(disagreement, None);
        let (at_once, disagreement) = runtime().block_on(exchange(vec![whole]));
        prop_assert_eq!(disagreement, None);
        prop_assert_eq!(in_pieces, at_once);
    }
}
