//! Tokens across calls: renewed beside them, refused only by their endpoint, rotated without a loss.

use std::time::Duration;

use serde_json::{Value, json};

use super::service::{Desk, Reaction};
use crate::call::{FailureKind, Outcome};
use crate::upstream::{OutboundRequest, SendError};

const CLIENT: &str = "input: { auth: { secret: {} } }
allowed_hosts: [desk.example.com]
authentication:
  type: oauth2
  grant: client_credentials
  token_url: https://desk.example.com/token
  client: { id: bridge, secret: \"{{auth.secret}}\" }
retry: { max: 0 }
request: { path: /tickets, json: { a: 1 } }
response: { message: Created }
";

const REFRESH: &str = "input: { auth: { refresh: {} } }
allowed_hosts: [desk.example.com]
authentication:
  type: oauth2
  grant: refresh_token
  refresh_token: \"{{auth.refresh}}\"
  token_url: https://desk.example.com/token
  client: { id: bridge, secret: none, send: body }
retry: { max: 0 }
request: { path: /tickets, json: { a: 1 } }
response: { message: Created }
";

fn input() -> Value {
    json!({ "auth": { "secret": "s3cr3t-of-a", "refresh": "refresh-0000" } })
}

fn is_token(request: &OutboundRequest) -> bool {
    request.url.path() == "/token"
}

/// The refresh tokens that were sent, in order.
fn refreshes(desk: &Desk) -> Vec<String> {
    let form = |request: &OutboundRequest| {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        pairs.into_iter().find(|(name, _)| name == "refresh_token").map(|(_, value)| value).unwrap_or_default()
    };
    desk.requests().iter().filter(|request| is_token(request)).map(form).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_costs_no_call_while_the_token_is_good() {
    let mut desk = Desk::new(CLIENT, |number, request| match (number, is_token(request)) {
        (0, _) => Reaction::Answers(200, json!({ "access_token": "token-1", "expires_in": 100 })),
        (_, true) => Reaction::NeverAnswers,
        (_, false) => Reaction::Answers(201, json!({})),
    });
    assert_eq!(desk.message(input()).await, "Created");
    // Less than a tenth of its life is left: it is renewed, beside the calls.
    desk.now += 95;
    for _ in 0..3 {
        let began = tokio::time::Instant::now();
        assert_eq!(desk.message(input()).await, "Created");
        assert_eq!(began.elapsed(), Duration::ZERO, "the call waits for nothing");
        tokio::task::yield_now().await;
    }
    assert_eq!(desk.count("/token"), 2, "one renewal is under way, and no second one is begun");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let mut desk = Desk::new(CLIENT, |number, request| match is_token(request) {
        true => Reaction::Answers(200, json!({ "access_token": format!("token-{number}"), "expires_in": 3600 })),
        false => Reaction::Answers(201, json!({})),
    });
    desk.message(input()).await;
    // Renewals take the time of the process; the token's is a day away.
    desk.now += 3595;
    desk.message(input()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(desk.count("/token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_s_own_deadline_is_no_refusal_for_others() {
    let mut desk = Desk::new(CLIENT, |number, request| match (number, is_token(request)) {
        (0, _) => Reaction::NeverAnswers,
        (_, true) => Reaction::Answers(200, json!({ "access_token": "token-1" })),
        (_, false) => Reaction::Answers(201, json!({})),
    });
    desk.deadline = Duration::from_secs(1);
    let outcome = desk.call(input()).await;
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Timeout), "{outcome:?}");
    assert_eq!(desk.message(input()).await, "Created");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_endpoint_is_remembered_for_a_while() {
    let desk = Desk::new(CLIENT, |_, _| Reaction::Answers(400, json!({ "error": "invalid_client" })));
    for _ in 0..5 {
        let outcome = desk.call(input()).await;
        assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Auth), "{outcome:?}");
    }
    assert_eq!(desk.count("/token"), 1);
    tokio::time::sleep(Duration::from_millis(1001)).await;
    desk.call(input()).await;
    desk.call(input()).await;
    assert_eq!(desk.count("/token"), 2);
    // The pause doubles.
    tokio::time::sleep(Duration::from_millis(1999)).await;
    desk.call(input()).await;
    assert_eq!(desk.count("/token"), 2);
    tokio::time::sleep(Duration::from_millis(2)).await;
    desk.call(input()).await;
    assert_eq!(desk.count("/token"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_call_answered_200_with_an_error_is_a_refusal() {
    let refusal = json!({ "error": "invalid_grant", "error_description": "The account is locked" });
    let desk = Desk::new(CLIENT, move |_, _| Reaction::Answers(200, refusal.clone()));
    let outcome = desk.call(input()).await;
    let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.kind, FailureKind::Auth);
    assert_eq!(&*failure.message, "No access token: The service answered 200: The account is locked");
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_says_it_is_down_does_not_refuse_the_credentials() {
    for status in [200, 400] {
        let down = json!({ "error": "temporarily_unavailable", "error_description": "Try later" });
        let desk = Desk::new(CLIENT, move |_, _| Reaction::Answers(status, down.clone()));
        let outcome = desk.call(input()).await;
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert_eq!(failure.kind, FailureKind::Unavailable);
        assert_eq!(failure.message.as_str(), format!("No access token: The service answered {status}: Try later"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_beside_an_empty_error_is_a_token() {
    let answer = json!({ "access_token": "token-1", "error": "" });
    let desk = Desk::new(CLIENT, move |_, request| match is_token(request) {
        true => Reaction::Answers(200, answer.clone()),
        false => Reaction::Answers(201, json!({})),
    });
    assert_eq!(desk.message(input()).await, "Created");
}

/// A service that takes each refresh token once.
fn rotating(number: usize, request: &OutboundRequest) -> Reaction {
    match is_token(request) {
        true => Reaction::Answers(
            200,
            json!({ "access_token": format!("token-{number}"), "expires_in": 10, "refresh_token": format!("refresh-{number:04}x") }),
        ),
        false => Reaction::Answers(201, json!({})),
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_changes_is_used_from_then_on() {
    let mut desk = Desk::new(REFRESH, rotating);
    for _ in 0..3 {
        assert_eq!(desk.message(input()).await, "Created");
        desk.now += 20;
    }
    assert_eq!(refreshes(&desk), ["refresh-0000", "refresh-0000x", "refresh-0002x"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_stays_is_sent_again() {
    let mut desk = Desk::new(REFRESH, |_, request| match is_token(request) {
        true => Reaction::Answers(200, json!({ "access_token": "token", "expires_in": 10 })),
        false => Reaction::Answers(201, json!({})),
    });
    for _ in 0..2 {
        assert_eq!(desk.message(input()).await, "Created");
        desk.now += 20;
    }
    assert_eq!(refreshes(&desk), ["refresh-0000", "refresh-0000"]);
}

#[tokio::test(start_paused = true)]
async fn the_given_refresh_token_is_tried_again_only_after_invalid_grant() {
    let mut desk = Desk::new(REFRESH, |number, request| match (number, is_token(request)) {
        (2, _) => Reaction::Fails(SendError::Timeout),
        (3, _) => Reaction::Answers(503, json!({ "error": "temporarily_unavailable" })),
        (4, _) => Reaction::Answers(400, json!({ "error": "invalid_grant" })),
        _ => rotating(number, request),
    });
    desk.message(input()).await;
    desk.now += 20;
    // A silence, then 5xx: the newer one stays in use.
    desk.message(input()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    desk.message(input()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(desk.message(input()).await, "Created", "{:?}", refreshes(&desk));
    assert_eq!(refreshes(&desk), ["refresh-0000", "refresh-0000x", "refresh-0000x", "refresh-0000x", "refresh-0000"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_the_service_gave_leaves_in_no_field() {
    let text = REFRESH.replace("message: Created", "message: Created, external_id: $.id");
    let desk = Desk::new(&text, |_, request| match is_token(request) {
        true => Reaction::Answers(200, json!({ "access_token": "token-1", "refresh_token": "rotated-9f8e7d" })),
        false => Reaction::Answers(201, json!({ "id": "rotated-9f8e7d" })),
    });
    let outcome = desk.call(input()).await;
    assert!(matches!(&outcome, Outcome::Done(reply) if reply.external_id.is_none()), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_was_refused_is_not_tried_again_at_once() {
    let mut desk = Desk::new(CLIENT, |number, request| match (number, is_token(request)) {
        (0, _) => Reaction::Answers(200, json!({ "access_token": "token-1", "expires_in": 100 })),
        (_, true) => Reaction::Answers(400, json!({ "error": "invalid_client" })),
        (_, false) => Reaction::Answers(201, json!({})),
    });
    desk.message(input()).await;
    desk.now += 95;
    for _ in 0..3 {
        assert_eq!(desk.message(input()).await, "Created");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(desk.count("/token"), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_token_the_pauses_begin_anew() {
    let mut desk = Desk::new(CLIENT, |number, request| match (number, is_token(request)) {
        (1, _) => Reaction::Answers(200, json!({ "access_token": "token-1", "expires_in": 10 })),
        (_, true) => Reaction::Answers(400, json!({ "error": "invalid_client" })),
        (_, false) => Reaction::Answers(201, json!({})),
    });
    for tokens in 1..=4 {
        desk.call(input()).await;
        assert_eq!(desk.count("/token"), tokens);
        desk.now += 20;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waited_for_one_without_time_asks_itself() {
    let desk = Desk::new(CLIENT, |number, request| match (number, is_token(request)) {
        (0, _) => Reaction::NeverAnswers,
        (_, true) => Reaction::Answers(200, json!({ "access_token": "token-1" })),
        (_, false) => Reaction::Answers(201, json!({})),
    });
    let hurried = tokio::spawn({
        let desk = Desk { deadline: Duration::from_secs(1), ..desk.clone() };
        async move { desk.message(input()).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(desk.message(input()).await, "Created");
    assert_ne!(hurried.await.expect("no panic"), "Created");
}
