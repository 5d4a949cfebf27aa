//! What is charged, settled and sent again after an answer.

use std::time::Duration;

use serde_json::json;

use super::service::{Desk, PARTNER, Reaction};
use crate::call::{FailureKind, Outcome};
use crate::upstream::SendError;

const CREATE: &str = "authentication: { type: none }
input: { data: { call: {}, note: {} } }
idempotency: { key: \"{{data.call}}\", ttl: 1h }
retry: { max: 3, for: [connect, 503] }
request: { path: /tickets, json: { note: \"{{data.note}}\" } }
response: { message: Created }
";

#[tokio::test(start_paused = true)]
async fn a_create_that_may_have_arrived_is_sent_once() {
    let desk = Desk::new(CREATE, |_, _| Reaction::Fails(SendError::Cut));
    let message = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(message.ends_with("; it may or may not have carried out the request"), "{message}");
    assert_eq!(desk.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_without_a_connection_leaves_no_doubt() {
    let desk = Desk::new(CREATE, |_, _| Reaction::Fails(SendError::Connect));
    for sent in [4, 8] {
        let message = desk.message(json!({ "data": { "call": "1" } })).await;
        assert!(!message.contains("carried out"), "{message}");
        assert_eq!(desk.requests().len(), sent, "each attempt, and those of the same call made again");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_judged_leaves_doubt_where_its_status_is_a_success() {
    let text = CREATE.replace("response:", "success: { when: { gt: [$.n, 0] } }\nresponse:");
    let desk = Desk::new(&text, |_, _| Reaction::Answers(201, json!({ "n": "many" })));
    let message = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(message.contains("cannot be judged"), "{message}");
    assert!(message.ends_with("; it may have carried out the request"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_required_capture_that_is_missing_proves_nothing() {
    let text = "authentication: { type: none }\n\
                steps:\n  - { id: create, request: { path: /a, json: { a: 1 } }, capture: { id: { path: $.id, required: true } } }\n\
                response: { message: Created }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(201, json!({})));
    let message = desk.message(json!({})).await;
    assert!(message.ends_with("; it may have carried out the request"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_capture_that_is_secret_is_named_in_no_failure() {
    let text = "authentication: { type: none }\nsteps:\n\
                \x20 - { id: create, request: { path: /a, json: { a: 1 } }, capture: { id: $.id, pin: { path: $.pin, secret: true } } }\n\
                \x20 - { id: note, request: { path: /b, json: { a: 1 } } }\nresponse: { message: Created }\n";
    let desk = Desk::new(text, |number, _| match number {
        0 => Reaction::Answers(201, json!({ "id": 17, "pin": "998877665" })),
        _ => Reaction::Answers(422, json!({})),
    });
    let message = desk.message(json!({})).await;
    assert!(message.ends_with("(already done before that: `create` with id 17)"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_charged_as_a_request() {
    let mut desk = Desk::new(CREATE, |_, _| Reaction::Answers(503, json!({})));
    desk.context.bounds.requests = 2;
    let message = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(message.contains("more than 2 requests in one call"), "{message}");
    assert_eq!(desk.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_charged_the_bytes_that_it_copies() {
    let mut desk = Desk::new(CREATE, |_, _| Reaction::Answers(503, json!({})));
    desk.context.bounds.bytes = 500 * 1024;
    let message = desk.message(json!({ "data": { "call": "1", "note": "x".repeat(100 * 1024) } })).await;
    assert!(message.contains("more than 500 KiB built or read"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_challenge_is_charged_and_the_challenge_leaves_no_doubt() {
    let text = "authentication: { type: digest, username: \"{{auth.user}}\", password: \"{{auth.password}}\" }\n\
                input: { auth: { user: { secret: false }, password: {} } }\nretry: { max: 0 }\n\
                request: { path: /a, json: { a: 1 } }\nresponse: { message: Created }\n";
    let challenge = "Digest realm=\"desk\", nonce=\"abc\", qop=\"auth\"";
    let mut desk = Desk::new(text, move |number, _| match number {
        0 => Reaction::Challenges(challenge),
        _ => Reaction::Answers(422, json!({ "message": "no" })),
    });
    let auth = json!({ "auth": { "user": "u", "password": "password-1" } });
    assert_eq!(desk.message(auth.clone()).await, "The service answered 422: no");
    assert_eq!(desk.requests().len(), 2);
    desk = Desk::new(text, move |_, _| Reaction::Challenges(challenge));
    desk.context.bounds.requests = 1;
    let message = desk.message(auth).await;
    assert!(message.contains("more than 1 requests"), "{message}");
}

/// The second of two steps is told that its token has expired, after that of the first was replaced.
const TWO_STEPS: &str = "input: { auth: { secret: {} } }
allowed_hosts: [desk.example.com]
authentication:
  type: oauth2
  grant: client_credentials
  token_url: https://desk.example.com/token
  client: { id: bridge, secret: \"{{auth.secret}}\" }
retry: { max: 0 }
steps:
  - { id: one, request: { path: /one, json: { a: 1 } } }
  - { id: two, request: { path: /two, json: { a: 1 } } }
response: { message: Created }
";

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_once_in_a_call_and_by_another() {
    let desk = Desk::new(TWO_STEPS, |number, request| match (request.url.path(), number) {
        ("/token", number) => Reaction::Answers(200, json!({ "access_token": format!("token-number-{number}") })),
        ("/one", 1) | ("/two", _) => Reaction::Answers(401, json!({})),
        _ => Reaction::Answers(201, json!({})),
    });
    let outcome = desk.call(json!({ "auth": { "secret": "secret-of-a" } })).await;
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Auth), "{outcome:?}");
    let paths: Vec<String> = desk.requests().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/token", "/one", "/token", "/one", "/two"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_token_had_expired_leaves_no_doubt() {
    let desk = Desk::new(TWO_STEPS, |number, request| match (request.url.path(), number) {
        ("/token", number) => Reaction::Answers(200, json!({ "access_token": format!("token-number-{number}") })),
        (_, 1) => Reaction::Answers(401, json!({})),
        _ => Reaction::Answers(422, json!({ "message": "no" })),
    });
    let message = desk.message(json!({ "auth": { "secret": "secret-of-a" } })).await;
    assert_eq!(message, "The service answered 422: no");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_masked_in_messages() {
    let desk = Desk::new(TWO_STEPS, |_, request| match request.url.path() {
        "/token" => Reaction::Answers(200, json!({ "access_token": "the-access-token" })),
        _ => Reaction::Answers(422, json!({ "message": "the-access-token is weak" })),
    });
    let message = desk.message(json!({ "auth": { "secret": "secret-of-a" } })).await;
    assert_eq!(message, "The service answered 422: «redacted» is weak");
}

#[tokio::test(start_paused = true)]
async fn a_status_of_too_many_calls_never_says_that_a_token_has_expired() {
    let text = TWO_STEPS.replace("  client:", "  expired_when: { status: [4xx] }\n  client:");
    let desk = Desk::new(&text, |number, request| match request.url.path() {
        "/token" => Reaction::Answers(200, json!({ "access_token": format!("token-number-{number}") })),
        _ => Reaction::Answers(429, json!({})),
    });
    let outcome = desk.call(json!({ "auth": { "secret": "secret-of-a" } })).await;
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Busy), "{outcome:?}");
    assert_eq!(desk.count("/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn errors_of_graphql_are_no_success() {
    let text = "authentication: { type: none }\nrequest: { path: /g, graphql: { query: \"mutation { create { id } }\" } }\n\
                response: { message: Created }\n";
    for (errors, expected) in
        [(json!([{ "message": "is taken" }]), "The service answered 200: is taken"), (json!([]), "Created")]
    {
        let desk = Desk::new(text, move |_, _| Reaction::Answers(200, json!({ "errors": errors })));
        assert_eq!(desk.message(json!({})).await, expected);
    }
}

/// A step that goes back to the one before it.
#[tokio::test(start_paused = true)]
async fn a_call_goes_back_once() {
    let text = "authentication: { type: none }\nretry: { max: 0 }\nsteps:\n\
                \x20 - { id: find, request: { method: GET, path: /find }, capture: { id: $.id } }\n\
                \x20 - { id: create, when: { absent: vars.id }, request: { path: /a, json: { a: 1 } }, errors: [ { status: 409, rerun_from: find } ] }\n\
                response: { message: Saved }\n";
    let desk = Desk::new(text, |_, request| match request.url.path() {
        "/find" => Reaction::Answers(200, json!({})),
        _ => Reaction::Answers(409, json!({ "message": "is there" })),
    });
    assert_eq!(desk.message(json!({})).await, "The service answered 409: is there");
    assert_eq!((desk.count("/find"), desk.count("/a")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_message_is_masked_before_it_is_cut() {
    let text = "authentication: { type: none }\ninput: { data: { note: {} } }\nrequest: { path: /a, json: { a: 1 } }\n\
                response: { message: \"{{data.note}}\" }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(201, json!({})));
    let message = desk.message(json!({ "data": { "note": format!("{} {PARTNER}", "x".repeat(1990)) } })).await;
    assert!(!message.contains("partner"), "{message}");
}

/// Work for which a stretch is too short, and an id that is drawn before it.
const HEAVY: &str = "authentication: { type: none }
input: { data: { list: { type: list } } }
request: { path: /a, json: { id: \"{{uuid}}\", list: { $each: { in: \"{{data.list}}\", as: one }, $item: { a: \"{{one}}\", b: \"{{one}}\" } } } }
response: { message: Created }
";

#[tokio::test(start_paused = true)]
async fn work_that_is_begun_anew_draws_the_same_ids() {
    let id = async |count: usize| {
        let desk = Desk::new(HEAVY, |_, _| Reaction::Answers(201, json!({})));
        let message = desk.message(json!({ "data": { "list": vec!["x"; count] } })).await;
        assert_eq!(message, "Created");
        let sent: serde_json::Value = serde_json::from_slice(&desk.requests()[0].body).expect("JSON");
        sent["id"].clone()
    };
    assert_eq!(id(1).await, id(6000).await);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_ends_in_its_own_time() {
    let mut desk = Desk::new(CREATE, |_, _| Reaction::NeverAnswers);
    let first = tokio::spawn({
        let desk = desk.clone();
        async move { desk.message(json!({ "data": { "call": "1" } })).await }
    });
    tokio::task::yield_now().await;
    desk.deadline = Duration::from_secs(1);
    let began = tokio::time::Instant::now();
    let message = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(message.starts_with("The same call is still being carried out"), "{message}");
    assert!(began.elapsed() < desk.deadline);
    first.abort();
}
