//! A server that is asked to stop finishes what is in flight, and nothing else holds it up.

use super::site::{SHORT, Site};
use super::wire::Wire;
use crate::server::{CallLimits, Drained, Limits};
use tokio::net::TcpStream;

const CLEAN: Drained = Drained { cut: 0, unfinished: false };

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    assert_eq!(Site::start().stopped().await, CLEAN);
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let mut site = Site::start();
    let (mut silent, mut idle, mut begun) = (site.wire().await, site.wire().await, site.wire().await);
    idle.post("/a/ok", "{}").await;
    assert_eq!(idle.answer().await.status, 201);
    begun.post("/a/ok", "{}").await;
    assert_eq!(begun.answer().await.status, 201);
    begun.send("POST /a/o").await;
    site.stop();
    assert_eq!(silent.rest().await, "");
    assert_eq!(idle.rest().await, "");
    drop(begun);
    assert_eq!(site.stopped().await, CLEAN);
}

#[tokio::test]
async fn a_call_in_flight_is_answered_and_then_closed() {
    let mut site = Site::start();
    let (mut wire, mut idle) = (site.wire().await, site.wire().await);
    idle.post("/a/ok", "{}").await;
    assert_eq!(idle.answer().await.status, 201);
    wire.post("/a/held", "{}").await;
    site.stub.held().await;
    site.stop();
    // The idle one ends first, so the server is known to be stopping.
    assert_eq!(idle.rest().await, "");
    assert!(TcpStream::connect(site.address).await.is_err());
    site.stub.let_go();
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes()), (201, true));
    assert_eq!(wire.rest().await, "");
    assert_eq!(site.stopped().await, CLEAN);
}

#[tokio::test]
async fn a_call_whose_caller_left_is_waited_for() {
    let mut site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/held", "{}").await;
    site.stub.held().await;
    drop(wire);
    site.stop();
    site.stub.let_go();
    let stub = std::sync::Arc::clone(&site.stub);
    assert_eq!(site.stopped().await, CLEAN);
    assert_eq!(stub.finished.available_permits(), 1);
}

#[tokio::test]
async fn the_drain_has_an_end() {
    let site = Site::with(Limits { drain: SHORT, ..Limits::default() }, CallLimits::default());
    let mut wire: Wire = site.wire().await;
    wire.post("/a/held", "{}").await;
    site.stub.held().await;
    assert_eq!(site.stopped().await, Drained { cut: 1, unfinished: true });
    assert_eq!(wire.rest().await, "");
}
