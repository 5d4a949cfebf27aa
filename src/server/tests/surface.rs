//! Methods, paths, headers, answers.

use super::site::Site;
use super::wire::post;
use crate::secret::Secret;
use crate::server::{CallLimits, Callers, Limits, Secrets};
use http::HeaderName;
use serde_json::json;

/// Sends one request and tells its status and `Allow`.
async fn check(request: impl AsRef<[u8]>, status: u16) {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send(request.as_ref()).await;
    let answer = wire.answer().await;
    let shown = String::from_utf8_lossy(request.as_ref()).into_owned();
    assert_eq!(answer.status, status, "{shown}");
    assert_eq!(answer.header("allow"), (status == 405).then_some("POST"), "{shown}");
    assert_eq!(site.stub.runs(), usize::from(status == 201), "{shown}");
    assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control") || name == "location"));
}

async fn check_line(method_and_path: &str, status: u16) {
    check(format!("{method_and_path} HTTP/1.1\r\nHost: x\r\n\r\n"), status).await;
}

async fn check_post(path: &str, headers: &str, status: u16) {
    check(post(path, headers, b"{}"), status).await;
}

#[tokio::test]
async fn a_call_reaches_its_action_whole() {
    let site = Site::start();
    let mut wire = site.wire().await;
    let body = r#"{"auth":{"token":"x"},"data":{"a":"Hé \"said\""},"meta":{"m":7},"more":1}"#;
    wire.send(post("/a/ok", "X-Request-Id: abc-1\r\n", body.as_bytes())).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.body.clone()), (201, json!({"message": "Done ✓"})));
    assert_eq!(answer.header("x-request-id"), Some("abc-1"));
    let (action, seen) = site.stub.last();
    assert_eq!(action, "/a/ok");
    assert_eq!(seen, json!({"auth": {"token": "x"}, "data": {"a": "Hé \"said\""}, "meta": {"m": 7}}));
}

#[tokio::test]
async fn an_answer_has_the_five_keys_or_fewer() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/full", "{}").await;
    let all = json!({
        "message": "Done ✓", "external_id": "12345678901234567890", "contact_external_id": "7",
        "contact_external_type": "lead", "contact_external_url": "https://x.example/7",
    });
    assert_eq!(wire.answer().await.body, all);
    wire.post("/a/refused", "{}").await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.body), (400, json!({"message": "No."})));
    wire.post("/a/401", "{}").await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.body), (401, json!({"message": "Token expired."})));
}

#[tokio::test]
async fn only_post_is_served() {
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "Post", "FOO"] {
        check_line(&format!("{method} /a/ok"), 405).await;
    }
    let cors = "OPTIONS /a/ok HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: POST";
    check(format!("{cors}\r\n\r\n"), 405).await;
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let site = Site::start();
    let mut wire = site.wire().await;
    for (path, status) in [("/a/ok", 405), ("/a/unknown", 404), ("/a/ok", 405)] {
        wire.send(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let answer = wire.answer_to_head().await;
        assert_eq!(answer.status, status);
        assert_ne!(answer.header("content-length"), Some("0"));
    }
    wire.send("HEAD /a/ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    wire.answer_to_head().await;
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn an_unknown_address_is_a_404_for_every_method() {
    for method in ["GET", "POST", "OPTIONS", "DELETE", "FOO"] {
        check_line(&format!("{method} /a/unknown"), 404).await;
    }
    for target in ["/", "*", "/reload", "/readyz", "http://x/", "/favicon.ico"] {
        check_line(&format!("GET {target}"), 404).await;
    }
    check_line("CONNECT a.example:443", 404).await;
}

#[tokio::test]
async fn other_spellings_of_an_address_are_unknown() {
    for path in
        ["/a//ok", "//a/ok", "/a/ok//", "/a%2fok", "/a/%6fk", "/a/..%2fok", "/a/../a/ok", "/a/./ok", "/A/ok", "/a"]
    {
        check_post(path, "", 404).await;
    }
}

#[tokio::test]
async fn a_slash_at_the_end_and_a_query_make_no_difference() {
    for path in ["/a/ok", "/a/ok/", "/a/ok?x=1", "/a/ok/?x=//%2f", "http://other.example/a/ok"] {
        check_post(path, "", 201).await;
    }
}

#[tokio::test]
async fn a_base_path_is_the_prefix_of_all_routes() {
    let site = Site::below("/bridge", Limits::default(), CallLimits::default());
    let mut wire = site.wire().await;
    for (path, status) in [("/bridge/a/ok", 201), ("/a/ok", 404), ("/bridgea/ok", 404)] {
        wire.post(path, "{}").await;
        assert_eq!(wire.answer().await.status, status);
        wire = site.wire().await;
    }
}

#[tokio::test]
async fn json_is_read_under_its_names() {
    for kind in ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json", "application/json"] {
        check_post("/a/ok", &format!("Content-Type: {kind}\r\n"), 201).await;
    }
    check_post("/a/ok", "", 201).await;
    check_post("/a/ok", "Accept: text/html\r\nAccept-Encoding: gzip\r\n", 201).await;
}

#[tokio::test]
async fn other_types_charsets_and_encodings_are_refused() {
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"]
    {
        check_post("/a/ok", &format!("Content-Type: {kind}\r\n"), 400).await;
    }
    check_post("/a/ok", "Content-Type: application/json; charset=iso-8859-1\r\n", 400).await;
    check_post("/a/ok", "Content-Encoding: gzip\r\n", 400).await;
}

#[tokio::test]
async fn a_panic_is_a_400_and_the_server_lives() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/panic", "{}").await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 400);
    assert!(answer.message().contains("defect") && !answer.message().contains("secret"));
    wire.post("/a/ok", "{}").await;
    assert_eq!(wire.answer().await.status, 201);
}

#[tokio::test]
async fn too_many_calls_are_refused_at_once() {
    let site = Site::with(Limits::default(), CallLimits { calls: 1, ..CallLimits::default() });
    let (mut first, mut second) = (site.wire().await, site.wire().await);
    first.post("/a/held", "{}").await;
    site.stub.held().await;
    second.post("/a/ok", "{}").await;
    let answer = second.answer().await;
    assert_eq!((answer.status, answer.closes()), (400, false));
    assert!(answer.message().contains("too many calls"));
    site.stub.let_go();
    assert_eq!(first.answer().await.status, 201);
    second.post("/a/ok", "{}").await;
    assert_eq!(second.answer().await.status, 201);
}

#[tokio::test]
async fn connections_over_the_limit_are_answered_at_once() {
    let site = Site::with(Limits { connections: 1, ..Limits::default() }, CallLimits::default());
    let mut first = site.wire().await;
    first.post("/a/held", "{}").await;
    site.stub.held().await;
    let mut second = site.wire().await;
    second.post("/a/ok", "{}").await;
    let answer = second.answer().await;
    assert_eq!((answer.status, answer.closes()), (400, true));
    assert_eq!(answer.message(), "The server has too many connections. Try again later.");
    assert_eq!(second.rest().await, "");
    site.stub.let_go();
    assert_eq!(first.answer().await.status, 201);
    drop(first);
    // The place is free once the server has seen the end of the first.
    loop {
        let mut third = site.wire().await;
        third.post("/a/ok", "{}").await;
        if third.answer().await.status == 201 {
            break;
        }
    }
}

#[tokio::test]
async fn callers_show_what_they_must() {
    let key = Secret::new("a key of thirty-two characters!!".to_owned());
    let callers = Callers::default()
        .with_header(
            HeaderName::from_static("x-key"),
            Secrets::any_of(std::slice::from_ref(&key)).expect("long enough"),
        )
        .with_auth("bridge".to_owned(), Secrets::any_of(&[key]).expect("long enough"));
    let site = Site::whole("", (Limits::default(), CallLimits::default()), callers, None);
    let header = "X-Key: a key of thirty-two characters!!\r\n";
    let auth = br#"{"auth":{"bridge":"a key of thirty-two characters!!","token":"t"}}"#;
    for (path, headers, body, status) in [
        ("/a/ok", "", auth.as_slice(), 403),
        ("/nowhere", "", auth, 403),
        ("/nowhere", header, auth, 404),
        ("/a/ok", header, br#"{"auth":{"bridge":"a key of thirty-two characters!?"}}"#, 403),
        ("/a/ok", header, b"{}", 403),
        ("/a/ok", header, auth, 201),
    ] {
        let mut wire = site.wire().await;
        wire.send(post(path, headers, body)).await;
        assert_eq!(wire.answer().await.status, status, "{path} {headers:?}");
    }
    assert_eq!(site.stub.runs(), 1);
    assert_eq!(site.stub.last().1["auth"], json!({ "token": "t" }));
}

#[tokio::test]
async fn a_call_goes_on_when_its_caller_leaves() {
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/held", "{}").await;
    site.stub.held().await;
    drop(wire);
    site.stub.let_go();
    super::wire::soon(site.stub.finished.acquire()).await.expect("finished").forget();
}

#[tokio::test]
async fn a_caller_that_closes_its_half_is_answered() {
    use tokio::io::AsyncWriteExt;
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.post("/a/held", "{}").await;
    wire.stream.shutdown().await.expect("half closed");
    site.stub.held().await;
    site.stub.let_go();
    assert_eq!(wire.answer().await.status, 201);
    assert_eq!(wire.rest().await, "");
}
