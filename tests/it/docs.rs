//! Every file and command of the documentation is run as it stands in the text.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use action_executor::diagnostic::{Code, explanation};
use action_executor::template::helpers;

const PAGES: [&str; 6] = [
    "README.md",
    "docs/language.md",
    "docs/authentication.md",
    "docs/reliability.md",
    "docs/operations.md",
    "docs/helpers.md",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Blocks fenced by ``` as (what stands behind the fence, text).
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    assert_eq!(open, None, "a block is not closed");
    found
}

/// The definitions of a page, written into a directory of their own.
fn definitions(name: &str, directory: &Path) -> usize {
    let mut count = 0;
    for (info, body) in blocks(&page(name)) {
        let Some(rest) = info.strip_prefix("yaml") else { continue };
        let file = rest.trim().strip_prefix("file=").unwrap_or_else(|| panic!("{name}: a YAML block without `file=`"));
        let path = directory.join("actions.d").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, body).unwrap();
        count += 1;
    }
    count
}

fn shell(line: &str, directory: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_action-executor")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    Command::new("sh").args(["-c", line]).current_dir(directory).env("PATH", path).output().unwrap()
}

#[track_caller]
fn succeeds(line: &str, directory: &Path) -> String {
    let output = shell(line, directory);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{line}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn every_definition_on_a_page_is_right_and_tested() {
    let mut total = 0;
    for name in PAGES {
        let directory = tempfile::tempdir().unwrap();
        let count = definitions(name, directory.path());
        if count > 0 {
            succeeds("action-executor check --deny-warnings", directory.path());
            succeeds("action-executor test", directory.path());
        }
        total += count;
    }
    assert!(total >= 9, "{total} definitions");
}

/// Commands that serve until they are stopped, or need what no test has; each is run elsewhere:
/// `demo` and `serve` by the tests of the command line, `curl` against the demo there.
const ELSEWHERE: [&str; 4] = [
    "cargo run --release -- demo",
    "curl -i http://127.0.0.1:8080/demo/create_ticket",
    "action-executor serve",
    "cargo test",
];

#[test]
fn every_command_on_a_page_works() {
    let mut run = 0;
    for name in PAGES {
        let directory = tempfile::tempdir().unwrap();
        definitions(name, directory.path());
        for (_, body) in blocks(&page(name)).iter().filter(|(info, _)| info == "sh") {
            for line in body.lines().filter(|line| !ELSEWHERE.iter().any(|known| line.starts_with(known))) {
                succeeds(line, directory.path());
                run += 1;
            }
        }
    }
    assert!(run >= 3, "{run} commands");
}

#[test]
fn the_page_of_helpers_is_current() {
    let mut text = String::from(
        "# Helpers\n\nCalled as `{{helper argument name=value}}`, nested in parentheses. This page is made from the helpers themselves; every\nexample is run by a test. The blocks `#if`, `#unless`, `#each` and `#with` are described with the [language](language.md#templates).\n",
    );
    for helper in helpers() {
        write!(
            text,
            "\n## {}\n\n`{{{{{}}}}}`\n\n{}\n\n| Template | `data` | Value |\n|---|---|---|\n",
            helper.name, helper.signature, helper.summary
        )
        .unwrap();
        for example in helper.examples {
            let cell = |text: &str| text.replace('|', "\\|");
            writeln!(text, "| `{}` | `{}` | `{}` |", cell(example.template), cell(example.data), cell(example.gives))
                .unwrap();
        }
    }
    let path = root().join("docs/helpers.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "run `just expect`");
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    for name in PAGES.into_iter().chain(["ARCHITECTURE.md"]) {
        let text = page(name);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(name) } else { root().join(name).parent().unwrap().join(file) };
            assert!(path.exists(), "{name}: {target}");
            let headings = fs::read_to_string(&path).unwrap();
            let known = anchor.is_empty()
                || headings.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
            assert!(known, "{name}: {target}");
        }
    }
}

fn slug(heading: &str) -> String {
    heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-")
}

/// The files of one part of a page, written into a directory, and the codes that `check` reports about them.
fn codes_of(part: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for (info, body) in blocks(part) {
        let file = info.strip_prefix("yaml file=").expect("a file has a name");
        fs::write(directory.path().join(file), body).unwrap();
    }
    let operator = action_executor::catalog::Operator::default();
    let catalog =
        action_executor::catalog::build(&action_executor::catalog::load(directory.path()).unwrap(), &operator, None);
    catalog.diagnostics().iter().map(|problem| problem.code.as_str().to_owned()).collect()
}

#[test]
fn every_code_has_a_page_whose_examples_are_wrong_and_right() {
    for code in Code::ALL {
        let page = explanation(*code);
        assert!(page.starts_with(&format!("# {}\n", code.as_str())), "{}", code.as_str());
        let (wrong, right) = page.split_once("## Right\n").expect("a page has a right example");
        assert_eq!(codes_of(right), [""; 0], "{}: the right example", code.as_str());
        match wrong.split_once("## Wrong\n") {
            Some((_, wrong)) => {
                let mut codes = codes_of(wrong);
                codes.dedup();
                assert_eq!(codes, [code.as_str()], "the wrong example");
            }
            // No text shows a file that is no text.
            None => assert_eq!(*code, Code::UnreadableFile),
        }
    }
}
