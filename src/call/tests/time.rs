//! A request that changes something is not begun without the time to be answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::service::{Desk, Reaction};
use crate::call::Outcome;

const CREATE: &str = "authentication: { type: none }
retry: { max: 0 }
limits: { concurrent: 2 }
request: { path: /tickets, json: { a: 1 } }
response: { message: Created, external_id: { path: $.id, required: true } }
";

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_permit_is_sent_only_with_time_to_be_answered() {
    let created = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&created);
    let desk = Desk::new(CREATE, move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Reaction::AnswersAfter(Duration::from_millis(900), 201, json!({ "id": 1 }))
    });
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.call(json!({})).await })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        match call.await.unwrap() {
            Outcome::Done(_) => done += 1,
            outcome => {
                let message = outcome.message().unwrap().to_string();
                assert!(message.contains("sent") && !message.contains("may or may not"), "{message}");
            }
        }
    }
    assert_eq!((done, created.load(Ordering::Relaxed)), (16, 16), "each request that was begun was answered");
}

#[tokio::test(start_paused = true)]
async fn a_look_up_may_use_the_last_moment() {
    let text = CREATE.replace("path: /tickets", "method: GET, path: /tickets").replace(", json: { a: 1 }", "");
    let desk = Desk::new(&text, |_, _| Reaction::AnswersAfter(Duration::from_millis(900), 200, json!({ "id": 1 })));
    let calls: Vec<_> = (0..18)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.call(json!({})).await })
        })
        .collect();
    for call in calls {
        let _ = call.await.unwrap();
    }
    assert_eq!(desk.requests().len(), 18, "the last two are begun 800 ms before the deadline");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_repeated_only_with_time_to_be_answered() {
    let text = CREATE.replace("max: 0", "max: 3, for: [503]").replace("limits: { concurrent: 2 }\n", "");
    let mut desk =
        Desk::new(&text, |_, _| Reaction::AnswersAfter(Duration::from_millis(700), 503, json!({ "message": "busy" })));
    desk.deadline = Duration::from_secs(2);
    let message = desk.message(json!({})).await;
    assert_eq!(message, "The service answered 503: busy", "its last answer, not the clock, ends the call");
    assert_eq!(desk.requests().len(), 2);
}
