//! Any bytes as the body of a call: an outcome that fits the contract, and a text that is sent stays itself.
#![no_main]

use std::sync::{Arc, LazyLock};

use action_executor::call::decode_envelope;
use action_executor::catalog::Action;
use action_executor::server::answer_of;
use action_executor_fuzz::{Desk, action, call};
use libfuzzer_sys::fuzz_target;

static ACTION: LazyLock<Arc<Action>> = LazyLock::new(|| {
    action(
        "version: 1\nallowed_hosts: [desk.example.com]\ninput:\n  auth: { key: { required: true } }\n  data:\n    subject: { required: true, max_length: 200 }\n    \
         count: { type: integer }\n    when: { type: datetime }\n    tags: { type: list }\n    more: { type: any }\n    ok: { type: boolean }\n\
         request:\n  method: POST\n  url: \"https://desk.example.com/t/{{data.subject}}\"\n  query: { c: \"{{data.count}}\" }\n  headers: { X-Key: \"{{auth.key}}\" }\n  \
         json: { subject: \"{{data.subject}}\", count: \"{{data.count}}\", when: \"{{data.when}}\", tags: \"{{data.tags}}\", more: \"{{data.more}}\", ok: \"{{data.ok}}\" }\n\
         response: { message: \"Made {{response.external_id}}\", external_id: { path: $.id, required: true } }\n",
    )
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = decode_envelope(bytes) else { return };
    let subject = envelope.data.get("subject").and_then(|subject| subject.as_str()).map(str::to_owned);
    let desk = Arc::new(Desk::well());
    let outcome = call(&ACTION, envelope, &desk);
    let (status, body) = answer_of(&outcome);
    assert!(matches!(status, 201 | 400) && body["message"].is_string());
    for request in desk.sent() {
        assert_eq!(request.url.host_str(), Some("desk.example.com"));
        let sent: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON is sent");
        if let Some(subject) = &subject {
            assert_eq!(sent["subject"].as_str(), Some(subject.as_str()));
        }
    }
});
