//! Any bytes as an answer in XML: a reply, or a failure that says why.
#![no_main]

use std::sync::LazyLock;

use action_executor::catalog::Action;
use action_executor::server::answer_of;
use action_executor_fuzz::{Desk, action, call, with_data};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static ACTION: LazyLock<Action> = LazyLock::new(|| {
    action(
        "version: 1\nallowed_hosts: [desk.example.com]\nrequest: { url: \"https://desk.example.com/t\", json: {}, answer: xml }\n\
         capture:\n  all: { path: $..id, pick: join }\n  first: { path: \"$..a[0]\", pick: first }\n  \
         number: { path: $.n, as: integer }\n  text: { path: $.t, regex: \"([a-z]+)\" }\n\
         errors: [{ status: 4xx, detail: [$.error.message, $.error], message: \"Refused: {{detail}}\" }]\n\
         response: { message: \"{{vars.all}} {{vars.first}} {{vars.text}} {{vars.number}}\", external_id: $.id, contact_external_url: $.url }\n",
    )
});

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let status = [200, 201, 400, 422, 500][usize::from(first % 5)];
    let types = ["application/xml", "application/xml; charset=utf-16", "text/plain", "text/xml; charset=latin1"];
    let content_type = Some(types[usize::from(first / 5 % 4)].to_owned());
    let desk = Desk { status, content_type, body: Bytes::copy_from_slice(body), ..Desk::default() };
    let outcome = call(&ACTION, with_data(&json!({})), &desk);
    let (status, body) = answer_of(&outcome);
    assert!(matches!(status, 201 | 400) && body.as_object().expect("an object").values().all(|value| value.is_string()));
});
