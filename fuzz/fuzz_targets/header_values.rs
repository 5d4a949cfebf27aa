//! Any text in a header: sent as it is, or refused; never a line of its own.
#![no_main]

use std::sync::{Arc, LazyLock};

use action_executor::catalog::Action;
use action_executor_fuzz::{Desk, action, call, with_data};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static ACTION: LazyLock<Arc<Action>> = LazyLock::new(|| {
    action(
        "version: 1\nallowed_hosts: [desk.example.com]\ninput: { data: { v: { required: true, type: any } } }\n\
         authentication: { type: api_key, header: X-Key, value: \"k {{data.v}}\" }\n\
         request: { url: \"https://desk.example.com/t\", headers: { X-One: \"{{data.v}}\", X-Two: \"a{{data.v}}b\" }, json: {} }\nresponse: { message: ok }\n",
    )
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let desk = Arc::new(Desk::well());
    call(&ACTION, with_data(&json!({ "v": text })), &desk);
    for request in desk.sent() {
        for value in request.headers.values() {
            assert!(!value.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
        assert_eq!(request.headers["x-two"].as_bytes(), format!("a{text}b").as_bytes());
    }
});
