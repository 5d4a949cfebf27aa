//! `adf`: a text as an Atlassian document.
//!
//! The Atlassian Document Format, version 1: paragraphs at blank lines, hard breaks at others.

use serde_json::{Value, json};

use super::{Example, Helper};

/// `adf text`
pub(super) static ADF: Helper = Helper {
    name: "adf",
    signature: "adf text",
    summary: "The text as an Atlassian document, for Jira: a paragraph for each part between blank lines. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{adf data.x}}"#,
        data: r#"{"x":"a\nb"}"#,
        gives: r#"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"b"}]}]}"#,
    }],
    call: |arguments| Ok(arguments.text(0)?.map(|text| document(&text))),
};

fn document(text: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.trim().is_empty());
    let content: Vec<Value> = paragraphs.map(|part| json!({ "type": "paragraph", "content": lines(part) })).collect();
    json!({ "version": 1, "type": "doc", "content": content })
}

/// The lines of a paragraph; an empty text node is not allowed.
fn lines(paragraph: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    for (number, line) in paragraph.split('\n').enumerate() {
        if number > 0 {
            nodes.push(json!({ "type": "hardBreak" }));
        }
        if !line.is_empty() {
            nodes.push(json!({ "type": "text", "text": line }));
        }
    }
    nodes
}
