//! Any path over any answer: nodes of that answer, or why not, in bounded work; a singular path finds at most one.
#![no_main]

use std::time::Duration;

use action_executor::budget::{Budget, BudgetBounds};
use action_executor::json_path::{JsonPath, Reading};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (path, answer) = text.split_once('\n').unwrap_or((text, "{\"a\":[{\"b\":1},{\"b\":\"x\"}]}"));
    let Ok(path) = JsonPath::compile(path) else { return };
    let Ok(answer) = serde_json::from_str::<Value>(answer) else { return };
    let budget = Budget::new(BudgetBounds::default(), tokio::time::Instant::now() + Duration::from_secs(60));
    for reading in [Reading::Json, Reading::Xml] {
        if let Ok(nodes) = path.nodes_as(&answer, reading, &budget) {
            assert!(!path.is_singular() || nodes.len() <= 1);
        }
        let _ = path.missed(&answer, reading, &budget);
    }
});
