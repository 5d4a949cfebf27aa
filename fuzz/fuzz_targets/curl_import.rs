//! Any text as a `curl` line: an error, or two files that are YAML, of which the second's test passes once both compile.
#![no_main]

use std::sync::Arc;

use action_executor::authoring::curl::read_curl;
use action_executor::authoring::sample::{SampleOptions, Wish, draft_of};
use action_executor::catalog::{Operator, compile_service};
use action_executor::diagnostic::{Code, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for line in [text.to_owned(), format!("curl {text}")] {
        let Ok(sample) = read_curl(&line) else { continue };
        for wishes in [Vec::new(), vec![Wish::All]] {
            let options = SampleOptions { service: "desk".to_owned(), wishes, ..SampleOptions::default() };
            let Ok((service, action)) = draft_of(sample.clone(), &options) else { continue };
            let source = Arc::new(Source::new("service.yaml", service.to_file().text));
            let (_, problems) = compile_service(&source, "desk", &Operator::default());
            let source = Arc::new(Source::new("action.yaml", action.to_file().text));
            let (_, more) = action_executor::document::read_action(source);
            let problems = problems.into_iter().chain(more.finish());
            for problem in problems {
                let is_form =
                    matches!(problem.code, Code::Syntax | Code::DuplicateKey | Code::UnknownKey | Code::WrongType);
                assert!(!is_form, "{problem:?}\n{}", problem.source.text());
            }
        }
    }
});
