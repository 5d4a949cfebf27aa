//! The admin listener.

use std::net::SocketAddr;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::wire::Wire;
use crate::server::{Admin, Control, Drained, Limits, Listener};

struct Stub {
    good: Mutex<bool>,
}

impl Control for Stub {
    fn readiness(&self) -> (bool, Value) {
        let good = self.good.lock().map(|good| *good).unwrap_or_default();
        (good, json!({"services": {"zendesk": {"current": good}}}))
    }

    async fn reload(&self) -> (bool, Value) {
        let (good, _) = self.readiness();
        (good, json!({"problems": []}))
    }

    fn catalog(&self) -> Value {
        json!({"actions": ["/zendesk/create_ticket"]})
    }
}

struct Site {
    address: SocketAddr,
    served: JoinHandle<std::io::Result<Drained>>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.served.abort();
    }
}

fn start(good: bool) -> Site {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = listener.local_addr();
    let admin = Admin::new(Stub { good: Mutex::new(good) });
    let served = tokio::spawn(listener.serve(admin, Limits::default(), std::future::pending()));
    Site { address, served }
}

async fn check(good: bool, line: &str, status: u16, body: Value) {
    let site = start(good);
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, &answer.body), (status, &body), "{line}");
}

async fn check_method(line: &str, allow: &str) {
    let site = start(true);
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
}

#[tokio::test]
async fn health_and_readiness_are_told() {
    check(false, "GET /healthz", 200, json!({"status": "ok"})).await;
    check(true, "GET /readyz?verbose", 200, json!({"services": {"zendesk": {"current": true}}})).await;
    check(false, "GET /readyz", 503, json!({"services": {"zendesk": {"current": false}}})).await;
}

#[tokio::test]
async fn a_reload_answers_with_its_result() {
    check(true, "POST /reload", 200, json!({"problems": []})).await;
    check(false, "POST /reload", 422, json!({"problems": []})).await;
}

#[tokio::test]
async fn the_catalog_is_shown() {
    check(true, "GET /api/catalog", 200, json!({"actions": ["/zendesk/create_ticket"]})).await;
}

#[tokio::test]
async fn other_methods_and_addresses_are_not_served() {
    check_method("GET /reload", "POST").await;
    check_method("POST /healthz", "GET, HEAD").await;
    check_method("DELETE /", "GET, HEAD").await;
    let nothing = json!({"message": "Nothing is served at this address"});
    check(true, "GET /zendesk/create_ticket", 404, nothing.clone()).await;
    check(true, "GET /healthz/", 404, nothing).await;
}

#[tokio::test]
async fn the_index_names_every_address() {
    let site = start(true);
    let mut wire = Wire::to(site.address).await;
    wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = wire.answer().await;
    for address in answer.body.as_object().expect("an index").keys() {
        let method = if address == "/reload" { "POST" } else { "GET" };
        wire.send(format!("{method} {address} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(wire.answer().await.status, 200, "{address}");
    }
    wire.send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(wire.answer_to_head().await.status, 200);
}
