//! The admin listener.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::wire::Wire;
use crate::secret::Secret;
use crate::server::{
    Admin, Asset, Console, Control, Drained, Limits, Listener, PageRequest, PageResponse, Secrets, Serving,
};
use crate::telemetry::{Metrics, RecentFilter};

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

    fn diagnostics(&self) -> Value {
        json!({"diagnostics": []})
    }

    fn calls(&self, filter: &RecentFilter) -> Value {
        json!({"limit": filter.limit})
    }

    fn call(&self, name: &str) -> Option<Value> {
        (name == "NUMBER").then(|| json!({"number": 1}))
    }

    fn settings(&self) -> Value {
        json!({"listen": "127.0.0.1:8080"})
    }

    fn upstream(&self) -> Value {
        json!({"hosts": []})
    }

    fn metrics(&self) -> String {
        "# EOF\n".to_owned()
    }
}

/// A console of one page.
pub(super) struct Pages;

impl Console for Pages {
    async fn visit(&self, visit: PageRequest) -> PageResponse {
        match visit.path.as_str() {
            "" => PageResponse::Page(format!("signed in: {}, form: {:?}", visit.signed_in, visit.form.is_some())),
            _ => PageResponse::Missing("missing".to_owned()),
        }
    }

    fn asset(&self, name: &str) -> Option<Asset> {
        (name == "a.css").then_some(Asset { media_type: "text/css", bytes: b"a{}" })
    }

    fn sign_in(&self, wrong: bool) -> String {
        format!("sign in, wrong: {wrong}")
    }
}

pub(super) struct Site {
    pub(super) address: SocketAddr,
    served: JoinHandle<std::io::Result<Drained>>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.served.abort();
    }
}

fn start(good: bool) -> Site {
    guarded(good, None)
}

pub(super) fn guarded(good: bool, token: Option<Secrets>) -> Site {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = listener.local_addr();
    let admin = Admin::new(Stub { good: Mutex::new(good) }, Pages, token, false);
    let meter = Arc::new(Metrics::default()).listener("admin");
    let serving = Serving { limits: Limits::default(), certificates: None, meter, workers: None };
    let served = tokio::spawn(listener.serve(admin, serving, std::future::pending()));
    Site { address, served }
}

async fn check(good: bool, line: &str, status: u16, body: Value) {
    let site = start(good);
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, &answer.body), (status, &body), "{line}");
}

async fn check_method(line: &str, allow: &str) {
    let site = start(true);
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
}

#[tokio::test]
async fn health_and_readiness_are_answered() {
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
    wire.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    let answer = wire.answer().await;
    for address in answer.body.as_object().expect("an index").keys() {
        let method = if address == "/reload" { "POST" } else { "GET" };
        wire.send(format!("{method} {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).await;
        if address == "/console/" {
            wire.until("text/html").await;
            wire.until("form: false").await;
            continue;
        }
        if address == "/metrics" {
            wire.until("openmetrics-text").await;
            wire.until("# EOF\n").await;
            continue;
        }
        assert_eq!(wire.answer().await.status, 200, "{address}");
    }
    wire.send("HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert_eq!(wire.answer_to_head().await.status, 200);
}

async fn status(site: &Site, line: &str, headers: &str) -> (u16, Value) {
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\n{headers}\r\n")).await;
    let answer = wire.answer().await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn with_a_token_only_probes_go_without_it() {
    let token = Secret::new("a token of thirty-two characters".to_owned());
    let site = guarded(true, Some(Secrets::any_of(&[token]).expect("long enough")));
    let bearer = "Host: desk.example\r\nAuthorization: Bearer a token of thirty-two characters\r\n";
    let without = "Host: desk.example\r\n";
    assert_eq!(status(&site, "GET /healthz", without).await.0, 200);
    assert_eq!(status(&site, "GET /readyz", without).await, (200, json!({ "ready": true })));
    assert_eq!(status(&site, "GET /readyz", bearer).await.1, json!({"services": {"zendesk": {"current": true}}}));
    for (line, there) in [("GET /api/catalog", 200), ("POST /reload", 200), ("GET /api/settings", 200)] {
        assert_eq!(status(&site, line, without).await.0, 401, "{line}");
        let wrong = "Host: x\r\nAuthorization: Bearer a token of thirty-two characterS\r\n";
        assert_eq!(status(&site, line, wrong).await.0, 401, "{line}");
        assert_eq!(status(&site, line, bearer).await.0, there, "{line}");
    }
}

#[tokio::test]
async fn without_a_token_no_page_of_another_site_asks() {
    let site = start(true);
    assert_eq!(status(&site, "GET /api/catalog", "Host: evil.example\r\n").await.0, 403);
    assert_eq!(status(&site, "POST /reload", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n").await.0, 403);
    assert_eq!(status(&site, "POST /reload", "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n").await.0, 200);
    assert_eq!(status(&site, "POST /reload", "Host: 127.0.0.1\r\nOrigin: https://127.0.0.1\r\n").await.0, 200);
    assert_eq!(status(&site, "GET /api/catalog", "Host: \u{e4}\r\n").await.0, 403);
    assert_eq!(status(&site, "GET /healthz", "Host: evil.example\r\n").await.0, 200);
}

#[tokio::test]
async fn calls_are_filtered_by_what_is_known() {
    let own = "Host: localhost:8081\r\n";
    let site = start(true);
    assert_eq!(status(&site, "GET /api/calls?limit=3", own).await, (200, json!({ "limit": 3 })));
    assert_eq!(status(&site, "GET /api/calls?limt=3", own).await.0, 400);
    assert_eq!(status(&site, "GET /api/calls/nobody", own).await.0, 404);
}
