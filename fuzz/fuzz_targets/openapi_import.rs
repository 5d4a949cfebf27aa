//! Any text as an OpenAPI document: an error, or files that are YAML.
#![no_main]

use std::sync::Arc;

use action_executor::authoring::openapi::{Document, OpenapiOptions, drafts_of};
use action_executor::diagnostic::{Code, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(document) = Document::read("api.yaml", text) else { return };
    let operations = document.operations();
    let options = OpenapiOptions {
        service: "desk".to_owned(),
        base_url: Some("https://desk.example.com".to_owned()),
        existing: None,
        origin: Vec::new(),
    };
    let Ok((_, actions)) = drafts_of(&document, &operations, &options) else { return };
    for action in actions {
        let source = Arc::new(Source::new("action.yaml", action.to_file().text));
        for problem in action_executor::document::read_action(source).1.finish() {
            assert!(
                !matches!(problem.code, Code::Syntax | Code::DuplicateKey),
                "{problem:?}\n{}",
                problem.source.text()
            );
        }
    }
});
