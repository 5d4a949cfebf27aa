//! Any template over any values renders or says why not; any text in any position reads back as itself.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use action_executor::budget::{Budget, BudgetBounds};
use action_executor::catalog::Action;
use action_executor::template::{CallClock, Scope, Template};
use action_executor_fuzz::{Desk, action, call, with_data};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

static JSON: LazyLock<Arc<Action>> =
    LazyLock::new(|| positions("json: { v: \"{{data.v}}\", mixed: \"<{{data.v}}>\", list: [\"{{data.v}}\"] }"));
static FORM: LazyLock<Arc<Action>> = LazyLock::new(|| positions("form: { v: \"{{data.v}}\" }"));
static XML: LazyLock<Arc<Action>> =
    LazyLock::new(|| positions("xml: { root: { \"@a\": \"{{data.v}}\", v: \"{{data.v}}\" } }"));

fn positions(body: &str) -> Arc<Action> {
    action(&format!(
        "version: 1\nallowed_hosts: [desk.example.com]\ninput: {{ data: {{ v: {{ required: true, type: any }} }} }}\n\
         request:\n  url: \"https://desk.example.com/a/{{{{data.v}}}}/b\"\n  query: {{ q: \"{{{{data.v}}}}\", \"x&y\": z }}\n  {body}\n\
         response: {{ message: ok }}\n"
    ))
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (template, value) = text.split_once('\n').unwrap_or((text, "{}"));
    let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    if let Ok(template) = Template::compile(template) {
        let clock = CallClock::fixed("2026-01-02T03:04:05Z".parse().expect("an instant"), [0; 16]);
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        let budget = Budget::new(BudgetBounds::default(), until);
        let scope = Scope::new(&clock, &budget).with("data", &value);
        let _ = (template.value(&scope), template.string(&scope));
    }
    let data = json!({ "v": text });
    for (kind, action) in [("json", &*JSON), ("form", &*FORM), ("xml", &*XML)] {
        let desk = Arc::new(Desk::well());
        call(action, with_data(&data), &desk);
        for request in desk.sent() {
            let url = &request.url;
            assert_eq!((url.host_str(), url.fragment(), url.username()), (Some("desk.example.com"), None, ""));
            let segments: Vec<&str> = url.path_segments().expect("a path").collect();
            let [a, v, b] = segments.as_slice() else { panic!("{url}") };
            assert_eq!((*a, *b, &*percent_decode_str(v).decode_utf8().expect("UTF-8")), ("a", "b", text));
            let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            assert_eq!(query, [("q".to_owned(), text.to_owned()), ("x&y".to_owned(), "z".to_owned())]);
            match kind {
                "json" => {
                    let sent: Value = serde_json::from_slice(&request.body).expect("JSON");
                    assert_eq!(sent, json!({ "v": text, "mixed": format!("<{text}>"), "list": [text] }));
                }
                "form" => {
                    let sent: Vec<_> = url::form_urlencoded::parse(&request.body).into_owned().collect();
                    assert_eq!(sent, [("v".to_owned(), text.to_owned())]);
                }
                _ => {
                    let xml = std::str::from_utf8(&request.body).expect("UTF-8");
                    assert_eq!(xml.matches("<root").count() + xml.matches("<v").count(), 2, "{xml}");
                }
            }
        }
    }
});
