//! Any bytes as a `service.yaml` and an action: problems whose places lie within their file, in every format, or an action
//! that runs.
#![no_main]

use std::sync::Arc;

use action_executor::catalog::{Operator, Place, ServiceState, compile_action, compile_service};
use action_executor::diagnostic::{Diagnostic, Source, render_github, render_json, render_sarif, render_text};
use action_executor::document::read_settings;
use action_executor_fuzz::{Desk, call, with_data};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fn check(problems: &[Diagnostic]) {
    for problem in problems {
        let length = problem.source.text().len();
        assert!(problem.span.start <= problem.span.end && problem.span.end <= length, "{problem:?}");
        assert!(!problem.message.is_empty());
    }
    let _ = (render_text(problems, true), render_json(problems), render_sarif(problems), render_github(problems));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (service, action) = text.split_once("\n---8<---\n").unwrap_or(("", text));
    check(&read_settings(Arc::new(Source::new("settings.yaml", action))).1.finish());
    let source = Arc::new(Source::new("service.yaml", service));
    let (service, problems) = compile_service(&source, "desk", &Operator::default());
    check(&problems);
    let service = service.as_ref().map_or(ServiceState::None, ServiceState::Ready);
    let place = Place { service, directory: "desk", default_route: "/desk/action" };
    let (action, problems) = compile_action(&Arc::new(Source::new("action.yaml", action)), place, &Operator::default());
    check(&problems);
    if let Some(action) = action {
        call(&Arc::new(action), with_data(&json!({ "subject": "s", "id": 7 })), &Arc::new(Desk::well()));
    }
});
