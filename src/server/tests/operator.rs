//! The admin listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::wire::Wire;
use crate::call::{CallFacts, Journal};
use crate::catalog::{Operator, build, load};
use crate::live::{Live, LiveSettings};
use crate::operations::{Operations, Parts};
use crate::secret::Secret;
use crate::server::{Admin, Asset, Drained, Limits, Listener, PageResponse, Pages, Secrets, Serving, Transport};
use crate::telemetry::Metrics;
use crate::upstream::{Network, NetworkSettings};

/// An action without errors, and one with an error.
const GOOD: &str = "version: 1\nbase_url: https://a.example\nrequest: { path: /x }\nresponse: { message: Done }\n";
const BROKEN: &str = "version: 1\nbase_url: https://a.example\nrequest: { path: /x }\nrespond: { message: Done }\n";

/// A console of one page.
fn pages() -> Pages {
    Pages {
        page: Box::new(|request| {
            Box::pin(async move {
                match request.path.as_str() {
                    "" => PageResponse::Page(format!(
                        "signed in: {}, form: {:?}",
                        request.signed_in,
                        request.form.is_some()
                    )),
                    _ => PageResponse::Missing("missing".to_owned()),
                }
            })
        }),
        asset: |name| (name == "a.css").then_some(Asset { media_type: "text/css", bytes: b"a{}" }),
        sign_in: |why| format!("sign in, {why:?}"),
    }
}

pub(super) struct Site {
    pub(super) address: SocketAddr,
    operations: Arc<Operations>,
    _definitions: TempDir,
    served: JoinHandle<std::io::Result<Drained>>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// Definitions that can be served, or cannot.
#[derive(Clone, Copy)]
pub(super) enum Served {
    Good,
    Broken,
}

fn start(served: Served) -> Site {
    guarded(served, None)
}

/// The admin operations of a live catalog over a directory of its own.
pub(super) fn guarded(served: Served, token: Option<Secrets>) -> Site {
    let definitions = tempfile::tempdir().expect("a directory");
    let text = match served {
        Served::Good => GOOD,
        Served::Broken => BROKEN,
    };
    std::fs::create_dir(definitions.path().join("desk")).expect("a directory");
    std::fs::write(definitions.path().join("desk/look.yaml"), text).expect("a file");
    let operator = Operator::default();
    let first = build(&load(definitions.path()).expect("files"), &operator, None);
    let live = Live::start(definitions.path(), operator, first, LiveSettings::default());
    let network = Arc::new(Network::new(&NetworkSettings::default()).expect("a network"));
    let operations = Arc::new(Operations::new(Parts::new(live, network)));

    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = listener.local_addr();
    let admin = Admin::new(Arc::clone(&operations), pages(), token, Transport::Plain);
    let meter = Arc::new(Metrics::default()).listener("admin");
    let serving = Serving { limits: Limits::default(), certificates: None, meter, workers: None };
    let served = tokio::spawn(listener.serve(admin, serving, std::future::pending()));
    Site { address, operations, _definitions: definitions, served }
}

async fn get(site: &Site, path: &str) -> (u16, Value) {
    status(site, &format!("GET {path}"), "Host: 127.0.0.1\r\n").await
}

/// What is answered is what the operation says, as JSON.
fn json_of(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).expect("JSON")
}

async fn check_method(line: &str, allow: &str) {
    let site = start(Served::Good);
    let mut wire = Wire::to(site.address).await;
    wire.send(format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
}

#[tokio::test]
async fn health_and_readiness_are_reported() {
    let (good, broken) = (start(Served::Good), start(Served::Broken));
    assert_eq!(get(&broken, "/healthz").await, (200, json!({ "status": "ok" })));
    let service = |state: &str, routes: &[&str], errors: u8| json!({ "name": "desk", "state": state, "routes": routes, "errors": errors, "warnings": 0 });
    let (status, body) = get(&good, "/readyz?verbose").await;
    let services = [service("live", &["/desk/look"], 0)];
    let expected = json!({
        "ready": true, "stopping": false, "revision": 1, "clean": true, "state": "ok", "services": services,
    });
    assert_eq!((status, body), (200, expected));
    let (status, body) = get(&broken, "/readyz").await;
    let services = [service("broken", &[], 1)];
    let expected = json!({
        "ready": false, "stopping": false, "revision": 1, "clean": false, "state": "ok", "services": services,
    });
    assert_eq!((status, body), (503, expected));
}

#[tokio::test]
async fn a_reload_answers_with_its_result() {
    for (served, expected) in [(Served::Good, 200), (Served::Broken, 422)] {
        let site = start(served);
        let (status, body) = status(&site, "POST /reload", "Host: 127.0.0.1\r\n").await;
        let keys: Vec<_> = body.as_object().expect("a report").keys().cloned().collect();
        assert_eq!(keys, ["revision", "changed", "failed", "milliseconds", "services", "diagnostics"]);
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn the_catalog_is_shown() {
    let site = start(Served::Good);
    let (status, body) = get(&site, "/api/catalog").await;
    assert_eq!((status, &body), (200, &json_of(&site.operations.catalog())));
    assert_eq!(body["actions"][0]["route"], "/desk/look");
    let (_, body) = get(&start(Served::Broken), "/api/diagnostics").await;
    let keys: Vec<_> = body["diagnostics"][0].as_object().expect("a problem").keys().cloned().collect();
    let expected = ["code", "severity", "message", "help", "file", "line", "column", "end_line", "end_column"];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn other_methods_and_addresses_are_not_served() {
    check_method("GET /reload", "POST").await;
    check_method("POST /healthz", "GET, HEAD").await;
    check_method("DELETE /", "GET, HEAD").await;
    let nothing = json!({"message": "Nothing is served at this address"});
    let site = start(Served::Good);
    for path in ["/desk/look", "/healthz/"] {
        assert_eq!(get(&site, path).await, (404, nothing.clone()));
    }
}

#[tokio::test]
async fn the_index_names_every_address() {
    let site = start(Served::Good);
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
        if address == "/api/calls/NUMBER" {
            assert_eq!(wire.answer().await.status, 404, "there is no call yet");
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
    let site = guarded(Served::Good, Some(Secrets::any_of(&[token]).expect("long enough")));
    let bearer = "Host: desk.example\r\nAuthorization: Bearer a token of thirty-two characters\r\n";
    let without = "Host: desk.example\r\n";
    assert_eq!(status(&site, "GET /healthz", without).await.0, 200);
    assert_eq!(status(&site, "GET /readyz", without).await, (200, json!({ "ready": true })));
    assert_eq!(status(&site, "GET /readyz", bearer).await.1, json_of(&site.operations.readiness()));
    for (line, there) in [("GET /api/catalog", 200), ("POST /reload", 200), ("GET /api/settings", 200)] {
        assert_eq!(status(&site, line, without).await.0, 401, "{line}");
        let wrong = "Host: x\r\nAuthorization: Bearer a token of thirty-two characterS\r\n";
        assert_eq!(status(&site, line, wrong).await.0, 401, "{line}");
        assert_eq!(status(&site, line, bearer).await.0, there, "{line}");
    }
}

#[tokio::test]
async fn without_a_token_no_page_of_another_site_asks() {
    let site = start(Served::Good);
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
    let site = start(Served::Good);
    for number in 1..=5_u8 {
        site.operations.recent().note(Arc::new(ended(&format!("id-{number}"))));
    }
    let (answered, body) = status(&site, "GET /api/calls?limit=3", own).await;
    let ids: Vec<_> = body["calls"].as_array().expect("calls").iter().map(|call| call["request_id"].clone()).collect();
    assert_eq!((answered, ids), (200, vec![json!("id-5"), json!("id-4"), json!("id-3")]));
    let (answered, body) = status(&site, "GET /api/calls/2", own).await;
    assert_eq!((answered, &body["request_id"], &body["spans"]), (200, &json!("id-2"), &json!([])));
    assert_eq!(status(&site, "GET /api/calls?limt=3", own).await.0, 400);
    assert_eq!(status(&site, "GET /api/calls/none", own).await.0, 404);
}

/// A call that ended well and did nothing.
fn ended(request_id: &str) -> CallFacts {
    CallFacts {
        began: SystemTime::UNIX_EPOCH,
        request_id: request_id.into(),
        trace: None,
        route: "/desk/look".into(),
        service: "desk".into(),
        revision: "1".into(),
        outcome: "done",
        message: None,
        cause: None,
        elapsed: Duration::ZERO,
        journal: Journal::default(),
    }
}
