//! `soql`: a text for a quoted string of SOQL.
//!
//! The escapes of Salesforce's SOQL and SOSL reference; write the quotes around it yourself.

use super::arguments::map_text;
use super::{Example, Helper};

/// `soql text`
pub(super) static SOQL: Helper = Helper {
    name: "soql",
    signature: "soql text",
    summary: "The text escaped for a SOQL string; write the quotes: WHERE Email = '{{soql data.email}}'. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{soql data.x}}"#, data: r#"{"x":"O'Brien"}"#, gives: r#""O\\'Brien""# }],
    call: |arguments| {
        map_text(arguments, |text| {
            let mut escaped = String::with_capacity(text.len());
            for character in text.chars() {
                match character {
                    '\\' | '\'' | '"' => escaped.extend(['\\', character]),
                    '\n' => escaped.push_str("\\n"),
                    '\r' => escaped.push_str("\\r"),
                    '\t' => escaped.push_str("\\t"),
                    '\u{8}' => escaped.push_str("\\b"),
                    '\u{c}' => escaped.push_str("\\f"),
                    other => escaped.push(other),
                }
            }
            Ok(escaped)
        })
    },
};
