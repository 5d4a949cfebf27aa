//! A call with long pure work goes on on another thread, so that its own answers other calls meanwhile.
//!
//! The service keeps the thread that asks it, which tells where a call is. No clock is paused: two threads share it.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::service::{Desk, Reaction, Service};
use crate::call::{Arrival, CallPermits, CallWatch, Calls, CallsParts, Deadlines, LongWork, Outcome};

/// For what happens at once on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The threads on which requests were sent, by their paths.
type Threads = Arc<Mutex<Vec<(String, ThreadId)>>>;

fn calls(desk: &Desk) -> Calls<Service> {
    Calls::new(CallsParts {
        context: desk.context.clone(),
        deadlines: Deadlines { all: PATIENCE * 2, services: BTreeMap::new() },
        permits: CallPermits::new(10, None, BTreeMap::new()),
        long_work: Some(LongWork::start().expect("a thread")),
        watch: CallWatch::none(),
    })
}

async fn call(calls: &Calls<Service>, desk: &Desk, data: Value) -> Outcome {
    let arrival = Arrival {
        request_id: Arc::from("1"),
        trace: None,
        action: Arc::clone(&desk.action),
        revision: Arc::from("1"),
        arrived: Instant::now(),
        began: SystemTime::now(),
    };
    calls.run(arrival, json!({ "data": data }).to_string().into_bytes(), |_| Ok(())).await
}

fn noted(threads: &Threads, path: &str) {
    let mut threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.push((path.to_owned(), thread::current().id()));
}

/// Whether the request to each path was sent from another thread than this one.
fn elsewhere(threads: &Threads) -> Vec<(String, bool)> {
    let threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().map(|(path, thread)| (path.clone(), *thread != thread::current().id())).collect()
}

fn lines(count: usize) -> Value {
    json!({ "lines": vec![0; count], "path": if count > 1 { "heavy" } else { "light" } })
}

const SQUARE: &str = "\
input: { data: { path: {}, lines: { type: list } } }
request:
  path: \"/{{data.path}}\"
  method: POST
  json: { text: \"{{#each data.lines}}{{#each @root.data.lines}}{{/each}}{{/each}}\" }
response: { message: done }
";

#[tokio::test]
async fn a_light_call_is_answered_while_a_heavy_one_on_its_thread_works() {
    let threads = Threads::default();
    let (release, released) = channel::<()>();
    let released: Mutex<Receiver<()>> = Mutex::new(released);
    let seen = Arc::clone(&threads);
    let desk = Desk::new(SQUARE, move |_, request| {
        noted(&seen, request.url.path());
        if request.url.path() == "/heavy" {
            // The thread of the heavy call is held until the light one has been answered.
            let released = released.lock().unwrap_or_else(PoisonError::into_inner);
            released.recv_timeout(PATIENCE).expect("the light call is answered first");
        }
        Reaction::Answers(201, json!({}))
    });
    let calls = calls(&desk);
    let heavy = call(&calls, &desk, lines(600));
    let light = async {
        let outcome = call(&calls, &desk, lines(1)).await;
        release.send(()).expect("the heavy call waits");
        outcome
    };
    let (heavy, light) = tokio::join!(heavy, light);
    assert_eq!((heavy.as_str(), light.as_str()), ("done", "done"), "{heavy:?}");
    assert_eq!(elsewhere(&threads), [("/light".to_owned(), false), ("/heavy".to_owned(), true)]);
}

const TWO_STEPS: &str = "\
steps:
  - id: first
    request: { path: /first, method: POST }
    capture: { id: { path: $.id, required: true } }
  - id: second
    request: { path: \"/second/{{vars.id}}\", method: POST }
response: { message: done }
";

#[tokio::test]
async fn a_long_answer_is_read_on_another_thread() {
    for (size, expected) in [(1_000, false), (1_000_000, true)] {
        let threads = Threads::default();
        let seen = Arc::clone(&threads);
        let desk = Desk::new(TWO_STEPS, move |_, request| {
            noted(&seen, request.url.path());
            Reaction::Answers(201, json!({ "id": 1, "text": "x".repeat(size) }))
        });
        let outcome = call(&calls(&desk), &desk, json!({})).await;
        assert_eq!(outcome.as_str(), "done", "{outcome:?}");
        assert_eq!(elsewhere(&threads), [("/first".to_owned(), false), ("/second/1".to_owned(), expected)]);
    }
}
