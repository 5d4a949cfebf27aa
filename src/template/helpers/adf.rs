//! `adf`: a text as an Atlassian document.
//!
//! The Atlassian Document Format, version 1: paragraphs at blank lines, hard breaks at others.

use serde_json::{Value, json};

use super::{Example, Helper};
use crate::value::{MEMBER_SIZE, NODE_SIZE};

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
    call: |arguments| {
        let Some(text) = arguments.text(0)? else { return Ok(None) };
        let lines = text.split(['\n', '\r']).count();
        arguments.visit(lines)?;
        arguments.afford(text.len().saturating_add(lines.saturating_mul(LINE_SIZE)))?;
        Ok(Some(document(&text)))
    },
};

/// What a line becomes: a text and a break, or a paragraph, each a map with two members.
const LINE_SIZE: usize = 6 * NODE_SIZE + 4 * MEMBER_SIZE;

fn document(text: &str) -> Value {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let all: Vec<&str> = text.lines().collect();
    let paragraphs = all.split(|line| line.trim().is_empty()).filter(|part| !part.is_empty());
    let content: Vec<Value> = paragraphs.map(|part| json!({ "type": "paragraph", "content": nodes(part) })).collect();
    json!({ "version": 1, "type": "doc", "content": content })
}

/// The lines of a paragraph, none of them blank.
fn nodes(lines: &[&str]) -> Vec<Value> {
    let mut nodes = Vec::new();
    for line in lines {
        if !nodes.is_empty() {
            nodes.push(json!({ "type": "hardBreak" }));
        }
        nodes.push(json!({ "type": "text", "text": line }));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_blanks_ends_a_paragraph_and_any_line_end_breaks() {
        let text = |text: &str| json!({ "type": "text", "text": text });
        let expected = json!([
            { "type": "paragraph", "content": [text("a"), { "type": "hardBreak" }, text("b")] },
            { "type": "paragraph", "content": [text("c")] },
        ]);
        assert_eq!(document("\na\rb\r\n  \nc\n")["content"], expected);
        assert_eq!(document(" \n")["content"], json!([]));
    }
}
