//! Every file and command of the documentation is run as it stands in the text.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use action_executor::catalog::{Operator, build, load};
use action_executor::diagnostic::{Code, Severity, Source, explanation, summary};
use action_executor::document::{action_schema, read_settings, service_schema, settings_schema};
use action_executor::template::helpers;
use serde_json::Value;

/// Pages that people wrote: README and the documentation, without what is made from the program.
fn pages() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/howto"] {
        let entries =
            fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        found.extend(entries.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}/{name}")));
    }
    found.retain(|name| name != "docs/SUMMARY.md" && name != "docs/helpers.md");
    found.sort();
    assert!(found.len() > 12);
    found
}

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

/// Writes a block's file: a definition below `actions.d`, anything else beside it.
fn write_block(page: &str, info: &str, body: &str, directory: &Path) -> bool {
    let (kind, file) = info.split_once(" file=").unwrap_or((info, ""));
    assert!(kind != "yaml" || !file.is_empty(), "{page}: a YAML block without `file=`");
    if file.is_empty() {
        return false;
    }
    let is_definition = kind == "yaml" && !["settings.yaml", "values.yaml"].contains(&file);
    let path = if is_definition { directory.join("actions.d").join(file) } else { directory.join(file) };
    fs::create_dir_all(directory.join("actions.d")).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, body).unwrap();
    if file == "settings.yaml" {
        let source = std::sync::Arc::new(Source::new(file, body));
        let problems = read_settings(source).1.finish();
        assert_eq!(problems, [], "{page}");
    }
    is_definition
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

/// Commands that serve until they are stopped, or need what no test has; each is run elsewhere:
/// `demo` and `serve` by the tests of the command line, `curl` against the demo there.
const ELSEWHERE: [&str; 4] = [
    "cargo run --release -- demo",
    "curl -i http://127.0.0.1:8080/demo/create_ticket",
    "action-executor serve",
    "cargo test",
];

#[test]
fn every_file_and_command_on_a_page_works_as_it_stands() {
    let (mut files, mut commands) = (0, 0);
    for name in pages() {
        let directory = tempfile::tempdir().unwrap();
        let (mut imported, mut defined) = (false, false);
        for (info, body) in blocks(&page(&name)) {
            let is_definition = write_block(&name, &info, &body, directory.path());
            files += usize::from(is_definition);
            defined |= is_definition;
            if info != "sh" {
                continue;
            }
            for line in body.lines().filter(|line| !ELSEWHERE.iter().any(|known| line.starts_with(known))) {
                succeeds(line, directory.path());
                imported |= line.contains(" import ");
                defined |= imported || line.contains(" new ");
                commands += 1;
            }
        }
        if defined {
            // What a request alone tells is not everything: an import without an answer is warned of.
            succeeds(
                if imported { "action-executor check" } else { "action-executor check --deny-warnings" },
                directory.path(),
            );
            succeeds("action-executor test", directory.path());
        }
    }
    assert!(files >= 30 && commands >= 25, "{files} files, {commands} commands");
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
    let made = ["ARCHITECTURE.md", "docs/SUMMARY.md", "docs/reference/diagnostics.md", "docs/reference/services.md"];
    for name in pages().iter().map(String::as_str).chain(made) {
        let text = page(name);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(name) } else { root().join(name).parent().unwrap().join(file) };
            assert!(path.exists(), "{name}: {target}");
            if anchor.is_empty() {
                continue;
            }
            let headings = fs::read_to_string(&path).unwrap();
            let known = headings.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
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
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, body).unwrap();
    }
    let catalog = build(&load(directory.path()).unwrap(), &Operator::default(), None);
    catalog.diagnostics().iter().map(|problem| problem.code.as_str().to_owned()).collect()
}

#[test]
fn every_code_has_a_page_whose_examples_are_wrong_and_right() {
    for code in Code::ALL {
        let page = explanation(*code);
        assert!(page.starts_with(&format!("# {}\n", code.as_str())), "{}", code.as_str());
        let (wrong, right) = page.split_once("## Right\n").expect("a page has a right example");
        assert_eq!(codes_of(right), [""; 0], "{}: the right example", code.as_str());
        let (_, wrong) = wrong.split_once("## Wrong\n").expect("a page has a wrong example");
        let mut codes = codes_of(wrong);
        codes.dedup();
        assert_eq!(codes, [code.as_str()], "the wrong example");
    }
}

/// Compares a page that is made from the program, or rewrites it.
fn is_current(name: &str, text: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{name}: run `just expect`");
}

#[test]
fn the_page_of_diagnostics_is_current() {
    let mut text = String::from(
        "# Diagnostics\n\nWhat `check` and the editor report, by the code in brackets. `action-executor explain CODE` shows the same pages. This\nlist is made from the program.\n\n| Code | | Meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
        let name = code.as_str();
        writeln!(text, "| [{name}](../diagnostics/{name}.md) | {severity} | {} |", summary(*code).replace('|', "\\|"))
            .unwrap();
    }
    is_current("docs/reference/diagnostics.md", &text);
}

#[test]
fn the_page_of_keys_is_current() {
    let mut text = String::from(
        "# Every key\n\nMade from the schemas, which editors use as well. What the keys mean together is told in [the language](../language.md).\n",
    );
    for (file, schema) in [("service.yaml", service_schema()), ("an action", action_schema())] {
        writeln!(text, "\n## {file}\n").unwrap();
        table_of_keys(&schema, &mut text);
    }
    let mut seen = std::collections::BTreeMap::new();
    for schema in [service_schema(), action_schema()] {
        for (name, part) in schema["definitions"].as_object().unwrap() {
            if part["properties"].as_object().is_some_and(|keys| !keys.is_empty()) {
                seen.insert(title(name), part.clone());
            }
        }
    }
    for (name, part) in seen {
        writeln!(text, "\n## {name}\n\n{}\n", part["description"].as_str().unwrap_or_default()).unwrap();
        table_of_keys(&part, &mut text);
    }
    is_current("docs/reference/keys.md", &text);
}

#[test]
fn the_page_of_settings_is_current() {
    let mut text = String::from(
        "# Every setting\n\nMade from the schema (`action-executor schema settings`). How to use them is told in [Running it](../operations.md). \
         Every key may be left out; paths are taken from where the settings file stands; `env:VARIABLE` and `file:PATH` say where a secret is.\n",
    );
    let schema = settings_schema();
    text.push_str("\n## The file\n\n");
    table_of_keys(&schema, &mut text);
    for (name, part) in schema["definitions"].as_object().unwrap() {
        if part["properties"].as_object().is_some_and(|keys| !keys.is_empty()) {
            writeln!(text, "\n## {}\n\n{}\n", title(name), part["description"].as_str().unwrap_or_default()).unwrap();
            table_of_keys(part, &mut text);
        }
    }
    is_current("docs/reference/settings.md", &text);
}

/// `ErrorRuleDocument` → `error rule`
fn title(name: &str) -> String {
    let mut words = String::new();
    for c in name.trim_end_matches("Document").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn table_of_keys(schema: &Value, text: &mut String) {
    text.push_str("| Key | | Meaning |\n|---|---|---|\n");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (key, rules) in schema["properties"].as_object().unwrap() {
        let must = if required.contains(&Value::String(key.clone())) { "required" } else { "" };
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let meaning = cell(rules["description"].as_str().unwrap_or_default());
        let choices: Vec<String> = rules["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| format!("`{}`", cell(&value.to_string())))
            .collect();
        let choices = if choices.is_empty() { String::new() } else { format!(" One of {}.", choices.join(", ")) };
        let example = rules["examples"][0].clone();
        let example =
            if example.is_null() { String::new() } else { format!(" For example `{}`.", cell(&example.to_string())) };
        writeln!(text, "| `{key}` | {must} | {meaning}{choices}{example} |").unwrap();
    }
}

#[test]
fn the_page_of_services_is_current() {
    let directory = root().join("actions.d");
    let catalog = build(&load(&directory).unwrap(), &Operator::default(), None);
    let (mut text, mut services, mut actions) = (String::new(), 0, 0);
    for unit in catalog.directories() {
        let service = unit.service().expect("a shipped action has a service");
        let source = fs::read_to_string(directory.join(unit.name()).join("service.yaml")).unwrap();
        let verified = verification(&source);
        writeln!(text, "\n## {}\n\n{}\n", service.title(), service.description().unwrap_or_default()).unwrap();
        if unit.name() != "demo" {
            let verified = verified.unwrap_or_else(|| panic!("{}: `# Verified against: …` is missing", unit.name()));
            writeln!(text, "Verified against: {verified}.\n").unwrap();
        }
        text.push_str("| Route | |\n|---|---|\n");
        for action in unit.actions() {
            writeln!(text, "| `{}` | {} |", action.route(), action.description().unwrap_or(action.title())).unwrap();
            assert!(!action.tests().is_empty(), "{} has no test", action.route());
        }
        services += 1;
        actions += unit.actions().len();
    }
    let head = format!(
        "# The service library\n\n{services} services with {actions} actions ship in `actions.d`. Each file names the vendor's documentation that it was written\nfrom, and has tests for success, refusal, bad credentials and what is peculiar to the service. Copy what you need, and change it. This page\nis made from the files.\n"
    );
    is_current("docs/reference/services.md", &format!("{head}{text}"));
}

/// What a service's header says it was verified against: one sentence, on as many comment lines as it needs.
fn verification(source: &str) -> Option<String> {
    let mut lines = source.lines().skip_while(|line| !line.starts_with("# Verified against: "));
    let mut sentence = lines.next()?.trim_start_matches("# Verified against: ").to_owned();
    while !sentence.ends_with('.') {
        let line = lines.next()?.strip_prefix("# ")?;
        sentence = format!("{sentence} {line}");
    }
    Some(sentence.trim_end_matches('.').to_owned())
}

#[test]
fn the_book_holds_every_page() {
    let listed = page("docs/SUMMARY.md");
    let mut left = vec![root().join("docs")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("SUMMARY.md") {
            let name = path.strip_prefix(root().join("docs")).unwrap().display().to_string();
            assert!(listed.contains(&format!("({name})")), "docs/SUMMARY.md has no {name}");
        }
    }
}
