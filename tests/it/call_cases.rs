//! Every folder of `tests/cases/call`: definitions whose own `tests` must pass.

use std::fs;
use std::path::{Path, PathBuf};

use action_executor::catalog::{Operator, build, load};
use action_executor::diagnostic::render_text;
use action_executor::testing::run_case;
use serde_json::{Map, Value};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/call");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The operator of these definitions: one secret, nothing allowed.
fn operator() -> Operator {
    let secrets = Map::from_iter([("app_key".to_owned(), Value::String("operators-key".to_owned()))]);
    Operator { secrets: Some(secrets), ..Operator::default() }
}

#[tokio::test]
async fn every_test_of_every_folder_passes() {
    let mut failures = Vec::new();
    for folder in folders() {
        let catalog = build(&load(&folder).unwrap(), &operator(), None);
        let problems = catalog.diagnostics();
        if !problems.is_empty() {
            failures.push(format!("{}\n{}", folder.display(), render_text(&problems, false)));
        }
        for action in catalog.actions() {
            if action.tests().is_empty() {
                failures.push(format!("{}: has no tests", action.source().name()));
            }
            for case in action.tests() {
                let lines = run_case(action, case).await.differences;
                if !lines.is_empty() {
                    failures.push(format!(
                        "{}:{}: {}\n    {}",
                        action.source().name(),
                        case.line,
                        case.name,
                        lines.join("\n    ")
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}
