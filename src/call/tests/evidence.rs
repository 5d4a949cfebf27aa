//! What may have been done is remembered, said, and not sent again.

use std::time::Duration;

use serde_json::json;

use super::service::{Desk, Reaction};
use crate::call::{FailureKind, Outcome};
use crate::upstream::SendError;

/// A POST that names itself anew in each call, so that it may be sent twice in one call and not in two.
const MARKED: &str = "authentication: { type: none }
input: { data: { call: { required: true } } }
idempotency: { key: \"{{data.call}}\", ttl: 1h }
retry: { max: 1, for: [connect] }
request: { path: /tickets, headers: { Idempotency-Key: \"{{uuid}}\" }, json: { a: 1 } }
response: { message: Created, external_id: { path: $.id, required: true } }
";

#[track_caller]
fn check_forgotten_attempt(status: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let desk = Desk::new(MARKED, move |number, _| match number {
            0 => Reaction::Fails(SendError::Cut),
            1 => Reaction::Answers(status, json!({ "message": "no" })),
            _ => Reaction::Answers(201, json!({ "id": 2 })),
        });
        let first = desk.message(json!({ "data": { "call": "1" } })).await;
        assert!(first.contains("an earlier attempt may have carried out the request"), "{first}");
        let second = desk.call(json!({ "data": { "call": "1" } })).await;
        assert!(matches!(&second, Outcome::Failed(failure) if failure.kind == FailureKind::Conflict), "{second:?}");
        assert_eq!(desk.requests().len(), 2, "the repetition is not sent");
    });
}

#[test]
fn an_attempt_that_may_have_created_is_remembered_after_503() {
    check_forgotten_attempt(503);
}

#[test]
fn an_attempt_that_may_have_created_is_remembered_after_422() {
    check_forgotten_attempt(422);
}

#[tokio::test(start_paused = true)]
async fn a_success_after_a_doubtful_attempt_is_a_success() {
    let desk = Desk::new(MARKED, |number, _| match number {
        0 => Reaction::Fails(SendError::Cut),
        _ => Reaction::Answers(201, json!({ "id": 2 })),
    });
    for _ in 0..2 {
        let outcome = desk.call(json!({ "data": { "call": "1" } })).await;
        assert!(matches!(&outcome, Outcome::Done(reply) if reply.external_id.as_deref() == Some("2")), "{outcome:?}");
    }
    assert_eq!(desk.requests().len(), 2);
}

/// A look-up, a creation, and a note; the note's service allows one request in an hour.
const STEPS: &str = "authentication: { type: none }
input: { data: { call: {} } }
retry: { max: 0 }
steps:
  - { id: find, request: { method: GET, path: /find } }
  - { id: create, request: { path: /contacts, json: { a: 1 } }, capture: { contact_id: { path: $.id, required: true } } }
  - { id: note, request: { path: /notes, json: { a: 1 } }, limits: { rate: 1/1h } }
response: { message: Saved }
";

#[tokio::test(start_paused = true)]
async fn a_limit_after_a_step_was_done_says_so() {
    let desk = Desk::new(STEPS, |_, _| Reaction::Answers(201, json!({ "id": 17 })));
    assert_eq!(desk.message(json!({})).await, "Saved");
    let limited = desk.message(json!({})).await;
    assert!(!limited.contains("nothing was sent"), "{limited}");
    assert!(limited.contains("the request of step `note` was not sent"), "{limited}");
    assert!(limited.contains("may do again what was done"), "{limited}");
    assert!(limited.ends_with("(already done before that: `create` with contact_id 17)"), "{limited}");
}

#[tokio::test(start_paused = true)]
async fn only_where_nothing_left_is_it_said_that_nothing_was_sent() {
    let text = STEPS.replace("path: /find } }", "path: /find }, limits: { rate: 1/1h } }");
    let desk = Desk::new(&text, |_, _| Reaction::Answers(201, json!({ "id": 17 })));
    desk.message(json!({})).await;
    let limited = desk.message(json!({})).await;
    assert!(limited.contains("nothing was sent, try again in"), "{limited}");
}

#[tokio::test(start_paused = true)]
async fn a_success_whose_id_is_missing_is_not_called_done() {
    let text = "authentication: { type: none }\nrequest: { path: /tickets, json: { a: 1 } }\n\
                response: { message: Created, external_id: { path: $.id, required: true } }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(200, json!({ "page": "maintenance" })));
    let message = desk.message(json!({})).await;
    assert!(message.ends_with("; it may have carried out the request"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_says_it_did_not_do_is_sent_again() {
    let text = "authentication: { type: none }\nretry: { max: 1 }\n\
                errors:\n  - { status: 403, when: { eq: [$.code, THROTTLED] }, carried_out: false, message: slow down }\n\
                request: { path: /tickets, json: { a: 1 } }\nresponse: { message: Created, external_id: $.id }\n";
    let desk = Desk::new(text, |number, _| match number {
        0 => Reaction::Answers(403, json!({ "code": "THROTTLED" })),
        _ => Reaction::Answers(201, json!({ "id": 1 })),
    });
    assert_eq!(desk.message(json!({})).await, "Created");
    let always = Desk::new(text, |_, _| Reaction::Answers(403, json!({ "code": "THROTTLED" })));
    assert_eq!(always.message(json!({})).await, "slow down");
    assert_eq!((desk.requests().len(), always.requests().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ended_in_the_middle_of_a_request_is_in_doubt() {
    let text = MARKED.replace("{{uuid}}", "x").replace("headers: { Idempotency-Key: \"x\" }, ", "");
    let mut desk = Desk::new(&text, |_, _| Reaction::NeverAnswers);
    desk.deadline = Duration::from_secs(2);
    let first = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(first.contains("may or may not have carried out the request"), "{first}");
    desk.message(json!({ "data": { "call": "1" } })).await;
    assert_eq!(desk.requests().len(), 1);
}
