//! The one line that every call leaves in the log.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::site::Site;
use super::wire::post;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What is logged of one request. The runtime of the test has one thread, so its subscriber sees all.
async fn check(request: impl AsRef<[u8]>, expected: &[Value]) {
    let lines = Lines::default();
    let writer = lines.clone();
    // With a listener for the whole process, no other test can make the line uninteresting for good
    // between its first use and this subscriber.
    let _ = tracing_subscriber::fmt().with_writer(std::io::sink).try_init();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let site = Site::start();
    let mut wire = site.wire().await;
    wire.send(request).await;
    wire.answer().await;
    drop(guard);
    let written = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let written = String::from_utf8(written).expect("text");
    assert!(!written.contains("hunter2"), "{written}");
    let found: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| line["target"] == "action_executor::call")
        .map(|mut line| {
            assert!(line["fields"]["milliseconds"].is_u64());
            line["fields"]["milliseconds"] = Value::Null;
            json!([line["level"], line["fields"]])
        })
        .collect();
    assert_eq!(found, expected);
}

fn line(level: &str, route: &str, outcome: &str, cause: Option<&str>) -> Value {
    let mut fields = json!({
        "message": "call", "request_id": "me", "route": route, "outcome": outcome, "attempts": 0, "milliseconds": null,
        "revision": "r1",
    });
    if let Some(cause) = cause {
        fields["cause"] = cause.into();
    }
    json!([level, fields])
}

/// As [`line`], of a call whose service answered.
fn answered(route: &str, outcome: &str, cause: Option<&str>, status: u16) -> Value {
    let mut line = line("INFO", route, outcome, cause);
    line[1]["attempts"] = 1.into();
    line[1]["service_status"] = status.into();
    line
}

fn sent(path: &str, body: &str) -> Vec<u8> {
    post(path, "X-Request-Id: me\r\n", body.as_bytes())
}

#[tokio::test]
async fn a_call_leaves_one_line_without_its_body() {
    let body = r#"{"auth":{"password":"hunter2"}}"#;
    check(sent("/a/ok/?p=hunter2", body), &[answered("/a/ok", "done", None, 201)]).await;
    check(sent("/a/refused", body), &[answered("/a/refused", "rejected", Some("step request: status 422"), 422)]).await;
    check(sent("/a/ok", "\"hunter2\""), &[line("INFO", "/a/ok", "input", None)]).await;
    let typed = post("/a/ok", "X-Request-Id: me\r\nContent-Type: text/hunter2\r\n", b"hunter2");
    check(typed, &[line("INFO", "/a/ok", "input", None)]).await;
}

#[tokio::test]
async fn a_defect_is_an_error() {
    check(sent("/a/panic", "{}"), &[line("ERROR", "/a/panic", "bug", Some("the call panicked"))]).await;
}

#[tokio::test]
async fn what_is_no_call_leaves_none() {
    check(sent("/a/hunter2", "{}"), &[]).await;
    check("GET /a/ok HTTP/1.1\r\nHost: x\r\n\r\n", &[]).await;
}
