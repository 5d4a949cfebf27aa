//! HTTP/2 with prior knowledge, on the port that also speaks HTTP/1.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::site::{SHORT, Site};
use super::wire::soon;
use crate::server::{CallLimits, Limits};

type Connection = (SendRequest<Full<Bytes>>, JoinHandle<hyper::Result<()>>);

async fn connect(site: &Site) -> Connection {
    let stream = TcpStream::connect(site.address).await.expect("a connection");
    let (send, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("a handshake");
    (send, tokio::spawn(connection))
}

fn request(method: &str, path: &str, body: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(format!("http://x{path}")).header("x-request-id", "two");
    request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).expect("a request")
}

async fn read(response: Response<Incoming>) -> (u16, Value) {
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    assert_eq!(header("x-request-id").as_deref(), Some("two"));
    assert!(header("connection").is_none());
    let (status, length) = (response.status().as_u16(), header("content-length").expect("a length"));
    let body = soon(response.into_body().collect()).await.expect("a body").to_bytes();
    if body.is_empty() {
        return (status, Value::Null);
    }
    assert_eq!(length, body.len().to_string());
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn calls_are_answered_as_over_http_1() {
    let site = Site::start();
    let (mut send, _) = connect(&site).await;
    let done = json!({"message": "Done ✓"});
    let large = " ".repeat(300_000);
    for (method, path, body, status) in [
        ("POST", "/a/ok?x", "{}", 201),
        ("POST", "/a/panic", "{}", 400),
        ("POST", "/a/ok", "[]", 400),
        ("POST", "/a/unknown", "{}", 404),
        ("GET", "/a/ok", "", 405),
        ("HEAD", "/a/ok", "", 405),
        ("POST", "/a/ok", large.as_str(), 400),
        ("POST", "/a/ok", "{}", 201),
    ] {
        let response = soon(send.send_request(request(method, path, body))).await.expect("an answer");
        let (found, body) = read(response).await;
        assert_eq!(found, status, "{method} {path}");
        assert_eq!(body == done, status == 201);
        assert_eq!(body.is_null(), method == "HEAD");
    }
}

#[tokio::test]
async fn calls_run_side_by_side() {
    let site = Site::start();
    let (mut send, _) = connect(&site).await;
    let held = send.send_request(request("POST", "/a/held", "{}"));
    let held = tokio::spawn(held);
    site.stub.held().await;
    let quick = soon(send.send_request(request("POST", "/a/ok", "{}"))).await.expect("an answer");
    assert_eq!(read(quick).await.0, 201);
    site.stub.let_go();
    let held = soon(held).await.expect("no panic").expect("an answer");
    assert_eq!(read(held).await.0, 201);
}

#[tokio::test]
async fn a_call_in_flight_is_finished_before_the_server_stops() {
    let mut site = Site::start();
    let (mut send, connection) = connect(&site).await;
    let held = tokio::spawn(send.send_request(request("POST", "/a/held", "{}")));
    site.stub.held().await;
    site.stop();
    site.stub.let_go();
    let held = soon(held).await.expect("no panic").expect("an answer");
    assert_eq!(read(held).await.0, 201);
    soon(connection).await.expect("no panic").expect("a clean end");
    assert!(!site.stopped().await.unfinished);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limits = Limits { idle_timeout: SHORT, ..Limits::default() };
    let site = Site::with(limits, CallLimits::default());
    let (mut send, connection) = connect(&site).await;
    let response = soon(send.send_request(request("POST", "/a/ok", "{}"))).await.expect("an answer");
    assert_eq!(read(response).await.0, 201);
    soon(connection).await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_client_that_only_says_that_it_speaks_http2_is_closed() {
    let limits = Limits { idle_timeout: SHORT, head_timeout: SHORT, ..Limits::default() };
    let site = Site::with(limits, CallLimits::default());
    let mut wire = site.wire().await;
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    wire.rest().await;
}

#[tokio::test]
async fn a_call_goes_on_when_its_caller_resets_it() {
    let site = Site::start();
    let (mut send, connection) = connect(&site).await;
    let held = tokio::spawn(send.send_request(request("POST", "/a/held", "{}")));
    site.stub.held().await;
    held.abort();
    connection.abort();
    site.stub.let_go();
    soon(site.stub.finished.acquire()).await.expect("finished").forget();
}
