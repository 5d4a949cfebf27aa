//! No text is kept unmasked, and no secret leaves, whichever way a field was written.

use serde_json::{Value, json};

use super::service::{Desk, PARTNER, Reaction};
use crate::call::{Event, Outcome, Trace};

/// A login whose second step is refused with a text that repeats what the first one found.
const LOGIN: &str = "input: { auth: { user: { secret: false } } }
authentication:
  type: login
  steps:
    - { id: open, request: { path: /login, json: { u: \"{{auth.user}}\" } }, capture: { session: { path: $.sid, required: true } } }
    - { id: enter, request: { path: /enter, headers: { X-Session: \"{{vars.session}}\" } } }
  token: { value: \"{{vars.session}}\" }
  apply: { header: X-Session, value: \"{{token.value}}\" }
retry: { max: 0 }
request: { path: /tickets, json: { a: 1 } }
response: { message: Created }
";

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_remembered_was_masked_when_it_was_made() {
    let desk = Desk::new(LOGIN, |_, request| match request.url.path() {
        "/login" => Reaction::Answers(200, json!({ "sid": "session-0f9e8d7c" })),
        _ => Reaction::Answers(403, json!({ "message": "session-0f9e8d7c is locked" })),
    });
    for _ in 0..3 {
        let outcome = desk.call(json!({ "auth": { "user": "u" } })).await;
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert!(failure.message.contains("is locked") && !failure.message.contains("session-0f9e8d7c"));
        assert!(!failure.cause.is_some_and(|cause| cause.contains("session-0f9e8d7c")));
    }
    assert_eq!(desk.count("/enter"), 1, "the second call is answered from what is remembered");
}

#[tokio::test(start_paused = true)]
async fn what_a_login_step_found_is_masked_from_eight_bytes_on() {
    for (found, expected) in [("1234567", "1234567 is locked"), ("12345678", "«redacted» is locked")] {
        let desk = Desk::new(LOGIN, move |_, request| match request.url.path() {
            "/login" => Reaction::Answers(200, json!({ "sid": found })),
            _ => Reaction::Answers(403, json!({ "message": format!("{found} is locked") })),
        });
        let message = desk.message(json!({ "auth": { "user": "u" } })).await;
        assert!(message.ends_with(expected), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_with_a_token_is_masked() {
    let text = LOGIN
        .replace("\" }\n  apply", "\", export: { pin: $.pin } }\n  apply")
        .replace("{ a: 1 }", "{ a: \"{{token.pin}}\" }");
    let desk = Desk::new(&text, |_, request| match request.url.path() {
        "/login" => Reaction::Answers(200, json!({ "sid": "session-0f9e8d7c" })),
        "/enter" => Reaction::Answers(200, json!({ "pin": "pin-code-998877" })),
        _ => Reaction::Answers(422, json!({ "message": "pin-code-998877 is weak" })),
    });
    let message = desk.message(json!({ "auth": { "user": "u" } })).await;
    assert_eq!(message, "The service answered 422: «redacted» is weak");
}

#[tokio::test(start_paused = true)]
async fn a_password_that_looks_like_a_placeholder_is_a_password() {
    let text = "authentication: { type: none }\ninput: { auth: { password: {} }, data: { note: {} } }\n\
                request: { path: /a, headers: { X-Key: \"{{auth.password}}\" }, json: { note: \"{{data.note}}\" } }\n\
                response: { message: Created }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(201, json!({})));
    let looks = "{{contact.name}}";
    desk.call(json!({ "auth": { "password": looks }, "data": { "note": looks } })).await;
    let sent = desk.requests().pop().expect("it is sent");
    assert_eq!((&sent.headers["x-key"], &*sent.body), (&http::HeaderValue::from_static(looks), &b"{}"[..]));
}

#[track_caller]
fn check_reply(response: &str, answer: Value, expected: Result<Value, &str>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let text = format!(
        "input: {{ auth: {{ key: {{}} }} }}\nauthentication: {{ type: none }}\n\
         steps:\n  - {{ id: create, request: {{ path: /tickets, json: {{ a: 1 }} }}, capture: {{ ticket: $.id, hidden: {{ path: $.hidden, secret: true }} }} }}\n\
         response: {{ message: Created, {response} }}\n"
    );
    let desk = Desk::new(&text, move |_, _| Reaction::Answers(201, answer.clone()));
    let outcome = runtime.block_on(desk.call(json!({ "auth": { "key": "callers-own-key" } })));
    match (outcome, expected) {
        (Outcome::Done(reply), Ok(expected)) => {
            assert_eq!(serde_json::from_str::<Value>(&reply.to_json()).unwrap(), expected);
        }
        (Outcome::Failed(failure), Err(part)) => {
            assert!(failure.message.contains(part), "{}", failure.message);
            assert!(failure.is_done && !failure.message.contains(PARTNER), "{failure:?}");
        }
        (outcome, expected) => panic!("{outcome:?}, expected {expected:?}"),
    }
}

#[test]
fn a_secret_of_the_operator_leaves_by_no_way_of_writing_a_field() {
    let done = json!({ "message": "Created" });
    for response in [
        "external_id: $.id",
        "external_id: { path: $.id }",
        "external_id: \"{{vars.ticket}}\"",
        "external_id: \"x-{{secrets.partner}}\"",
        "contact_external_url: \"https://desk.example.com/{{vars.ticket}}\"",
    ] {
        check_reply(response, json!({ "id": PARTNER }), Ok(done.clone()));
    }
    check_reply(
        "external_id: { path: $.id, required: true }",
        json!({ "id": PARTNER }),
        Err("answered, but `response.external_id` would hold a secret"),
    );
}

#[test]
fn a_capture_that_is_secret_leaves_in_no_field() {
    let answer = json!({ "id": "1", "hidden": "pin-code-998877" });
    check_reply("external_id: \"{{vars.hidden}}\"", answer.clone(), Ok(json!({ "message": "Created" })));
    check_reply("external_id: \"{{vars.ticket}}\"", answer, Ok(json!({ "message": "Created", "external_id": "1" })));
}

#[test]
fn ids_are_bounded_and_clean_and_an_optional_one_is_omitted() {
    let long = "9".repeat(1001);
    check_reply("external_id: $.id", json!({ "id": long }), Ok(json!({ "message": "Created" })));
    check_reply("external_id: $.id", json!({ "id": "a\u{202e}b" }), Ok(json!({ "message": "Created" })));
    let fits = "9".repeat(1000);
    check_reply("external_id: $.id", json!({ "id": fits }), Ok(json!({ "message": "Created", "external_id": fits })));
    check_reply("external_id: { path: $.id, required: true }", json!({ "id": long }), Err("is longer than 1000"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_done_and_failed_by_its_reply_is_not_sent_again() {
    let text = "authentication: { type: none }\ninput: { data: { call: {} } }\n\
                idempotency: { key: \"{{data.call}}\", ttl: 1h }\nrequest: { path: /tickets, json: { a: 1 } }\n\
                response: { message: Created, external_id: { path: $.id, required: true } }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(201, json!({ "id": PARTNER })));
    let first = desk.message(json!({ "data": { "call": "1" } })).await;
    let second = desk.message(json!({ "data": { "call": "1" } })).await;
    assert!(first.contains("carried out the request"), "{first}");
    assert!(second.starts_with("This call was made before and was carried out"), "{second}");
    assert_eq!(desk.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn credentials_headers_are_masked_in_traces_whatever_they_hold() {
    let text = "authentication: { type: none }\ninput: { data: { a: {} } }\n\
                headers: { Authorization: \"Key {{data.a}}\", Cookie: \"a={{data.a}}\", X-Other: \"{{data.a}}\" }\n\
                request: { path: /tickets, json: { a: 1 } }\nresponse: { message: Created }\n";
    let desk = Desk::new(text, |_, _| Reaction::Answers(201, json!({})));
    let trace = Trace::on();
    desk.run(json!({ "data": { "a": "plain-value" } }), &trace).await;
    let events = trace.events();
    let sent = events.iter().find_map(|event| if let Event::Sent(sent) = event { Some(sent) } else { None }).unwrap();
    let holding: Vec<&str> =
        sent.headers.iter().filter(|(_, value)| value.contains("plain-value")).map(|(name, _)| name.as_str()).collect();
    assert_eq!(holding, ["x-other"]);
}

#[tokio::test(start_paused = true)]
async fn a_trace_masks_what_only_a_later_capture_tells_to_be_a_secret() {
    let text = "authentication: { type: none }\ninput: { data: { a: {} } }\n\
                request: { path: /tickets, json: { a: 1 } }\n\
                capture: { session: { path: $.session, secret: true } }\nresponse: { message: Created }\n";
    let desk = Desk::new(text, |_, _| {
        Reaction::Answers(201, json!({ "fill": "x".repeat(3950), "session": "session-of-the-service-998877" }))
    });
    let trace = Trace::on();
    desk.run(json!({ "data": {} }), &trace).await;
    let shown = format!("{:?}", trace.events());
    assert!(shown.contains("ServiceAnswer") && !shown.contains("session-of"), "{shown}");
}
