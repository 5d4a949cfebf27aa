//! The problems of every file, as `check` finds them, in the protocol's form.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::place::Encoding;
use super::workspace::Workspace;
use crate::catalog::{LoadError, build};
use crate::diagnostic::{Diagnostic, Severity};

/// The problems by file; a file without any is not in it.
///
/// # Errors
/// Only if the directory itself cannot be read.
pub(super) fn diagnostics(
    workspace: &Workspace,
    encoding: Encoding,
) -> Result<BTreeMap<PathBuf, Vec<Value>>, LoadError> {
    let catalog = build(&workspace.files()?, workspace.operator(), None);
    let mut found: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for problem in catalog.diagnostics() {
        found.entry(PathBuf::from(problem.source.name())).or_default().push(shown(&problem, encoding));
    }
    Ok(found)
}

fn shown(problem: &Diagnostic, encoding: Encoding) -> Value {
    let code = problem.code.as_str();
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let severity = match problem.severity() {
        Severity::Error => 1,
        Severity::Warning => 2,
    };
    json!({
        "range": encoding.range(problem.source.text(), &problem.span.range()),
        "severity": severity,
        "code": code,
        "source": "action-executor",
        "message": format!("{}{help}\nmore: action-executor explain {code}", problem.message),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::catalog::Operator;

    const GOOD: &str = "version: 1\ntitle: T\nbase_url: https://desk.example.com\nrequest: { path: /t }\nresponse: { message: done }\n";

    #[track_caller]
    fn check(text: &str, codes: &[&str]) -> Vec<Value> {
        let home = tempfile::TempDir::new().unwrap();
        fs::write(home.path().join("a.yaml"), GOOD).unwrap();
        let mut workspace = Workspace::new(home.path(), Operator::default());
        workspace.write(&home.path().join("a.yaml"), text.to_owned());
        let found: Vec<Value> = diagnostics(&workspace, Encoding::Utf16).unwrap().into_values().flatten().collect();
        assert_eq!(found.iter().filter_map(|one| one["code"].as_str()).collect::<Vec<_>>(), codes, "{found:#?}");
        found
    }

    #[test]
    fn a_good_text_has_none() {
        check(GOOD, &[]);
    }

    #[test]
    fn an_unsaved_mistake_is_told_with_what_to_do() {
        let found = check(&GOOD.replace("title: T", "titel: T😀 {{data.x}}"), &["unknown-key"]);
        let unknown = &found[0];
        assert_eq!(unknown["range"]["start"], json!({ "line": 1, "character": 0 }));
        let message = unknown["message"].as_str().unwrap();
        assert!(message.contains("help: ") && message.ends_with("action-executor explain unknown-key"), "{message}");
    }
}
