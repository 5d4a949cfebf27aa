//! Diagnostics as SARIF 2.1.0, which code scanning services read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::explain::{explanation, summary};
use super::{Code, Diagnostic, Severity};

/// The problems as one run of one tool.
#[must_use]
pub fn render_sarif(problems: &[Diagnostic]) -> Value {
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect::<BTreeSet<_>>().into_iter().collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "action-executor",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": problems.iter().map(|problem| result(problem, &codes)).collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": summary(code) },
        "help": { "text": explanation(code), "markdown": explanation(code) },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(problem: &Diagnostic, codes: &[Code]) -> Value {
    let (line, column) = problem.line_column();
    let (end_line, end_column) = problem.source.line_column(problem.span.end);
    let text = match &problem.help {
        Some(help) => format!("{} Help: {help}", problem.message),
        None => problem.message.to_string(),
    };
    json!({
        "ruleId": problem.code.as_str(),
        "ruleIndex": codes.iter().position(|code| *code == problem.code),
        "level": level(problem.severity()),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(problem.source.name()) },
            "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
        } }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a URI reference: slashes, and nothing that would need encoding.
fn uri(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(&path.replace('\\', "/"), KEPT).to_string()
}
