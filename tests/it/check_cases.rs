//! Every folder of `tests/cases/check`: definitions, and the exact text that `check` prints about them.
//!
//! A folder is named after a code, or after a code and what is special about it: `unknown-field-in-escapes`.
//! `UPDATE_EXPECT=1` rewrites the expected texts.

use std::fs;
use std::path::{Path, PathBuf};

use action_executor::catalog::{Operator, build, load};
use action_executor::diagnostic::{Code, render_text};

/// A folder that must not be diagnosed at all begins so.
const ACCEPTED: &str = "accepted";

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

/// The code a folder is named after; of several that fit the longest.
fn code_of(folder: &Path) -> Option<&'static str> {
    let name = name_of(folder);
    let fits = |code: &&str| name.strip_prefix(*code).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    Code::ALL.iter().map(|code| code.as_str()).filter(fits).max_by_key(|code| code.len())
}

/// What `check` prints about a folder, with names as if it were run inside it.
fn printed(folder: &Path) -> String {
    let catalog = build(&load(folder).unwrap(), &operator(), None);
    let prefix = format!("{}/", folder.display());
    let text = render_text(&catalog.diagnostics(), false).replace(&prefix, "");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_end())
}

#[test]
fn every_folder_is_diagnosed_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for folder in folders() {
        let (path, found) = (folder.join("expected.txt"), printed(&folder));
        if update {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            wrong.push(format!("{}\n--- expected\n{expected}--- found\n{found}", name_of(&folder)));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 rewrites these:\n\n{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_folder_that_shows_it() {
    let folders = folders();
    let shown: Vec<&str> = folders.iter().filter_map(|folder| code_of(folder)).collect();
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "no folder for {}", missing.join(", "));
    for folder in folders {
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
        match code_of(&folder) {
            Some(code) => {
                assert!(expected.contains(&format!("[{code}]")), "{} does not show its code", name_of(&folder));
            }
            None => {
                assert!(name_of(&folder).starts_with(ACCEPTED), "{} is named after no code", name_of(&folder));
                assert_eq!(expected.trim(), "", "{} is diagnosed", name_of(&folder));
            }
        }
    }
}

/// An operator with no secrets, which is not the same as one whose secrets are not known.
fn operator() -> Operator {
    Operator { secrets: Some(serde_json::Map::new()), ..Operator::default() }
}
