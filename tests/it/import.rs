//! `import`: what is made of what vendors publish passes `check` and its own test.
//!
//! `tests/cases/import/curl/NAME.txt` is a line, `NAME.yaml` what `--input all --print` makes of it;
//! `tests/cases/import/openapi/NAME` is a document, `NAME.expected` what comes of it. `UPDATE_EXPECT=1` rewrites what
//! is expected.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::support::command;

/// Credentials of the lines; none may stand in a file.
const SECRETS: [&str; 5] = ["sk_test_4eC39", "xoxb-not-a-real-token", "session=abc", "admin:secret", "token=abc"];

fn import(arguments: &[&str], input: &str) -> Output {
    let mut child = command()
        .arg("import")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input does not wait for it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The files of a folder of cases, but those that tell what is expected.
fn cases(kind: &str, expected: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import").join(kind);
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_none_or(|extension| extension != expected));
    found.sort();
    assert!(!found.is_empty());
    found
}

fn lines() -> Vec<PathBuf> {
    cases("curl", "yaml")
}

/// Compares, or rewrites.
fn expect(path: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, found).unwrap();
    }
    let differs = fs::read_to_string(path).unwrap_or_default() != found;
    differs.then(|| format!("UPDATE_EXPECT=1 rewrites this: {}\n{found}", path.display()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The directory's files, by name.
fn written(directory: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_line_becomes_a_tested_action() {
    for path in lines() {
        let line = fs::read_to_string(&path).unwrap();
        for wishes in [&[][..], &["--input", "all"]] {
            let directory = tempfile::tempdir().unwrap();
            let actions = directory.path().display().to_string();
            let output = import(&[&["curl", "--service", "acme", "--actions", &actions], wishes].concat(), &line);
            let said = text(&output.stdout);
            assert!(output.status.success(), "{}: {said}{}", path.display(), text(&output.stderr));
            assert!(said.ends_with("1 passed, 0 failed\n"), "{}: {said}", path.display());
            for (name, text) in written(&directory.path().join("acme")) {
                for secret in SECRETS {
                    assert!(!text.contains(secret), "{}: {name} holds `{secret}`", path.display());
                }
            }
        }
    }
}

#[test]
fn files_read_as_an_author_would_write_them() {
    let mut wrong = Vec::new();
    for path in lines() {
        let line = fs::read_to_string(&path).unwrap();
        let output =
            import(&["curl", "--service", "acme", "--actions", "/nowhere", "--input", "all", "--print"], &line);
        wrong.extend(expect(&path.with_extension("yaml"), &text(&output.stdout)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_becomes_a_tested_action() {
    let mut wrong = Vec::new();
    for path in cases("openapi", "expected") {
        let file = path.display().to_string();
        let directory = tempfile::tempdir().unwrap();
        let actions = directory.path().display().to_string();
        let arguments = ["openapi", &file, "--service", "acme", "--all", "--actions", &actions];
        let output = import(&arguments, "");
        let said = text(&output.stdout);
        assert!(output.status.success() && said.ends_with(" passed, 0 failed\n"), "{said}{}", text(&output.stderr));
        let printed = import(&[&arguments[..6], &["/nowhere", "--print"]].concat(), "");
        wrong.extend(expect(&PathBuf::from(format!("{file}.expected")), &text(&printed.stdout)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_request_of_a_collection_becomes_a_tested_action() {
    let mut wrong = Vec::new();
    for path in cases("postman", "expected") {
        let file = path.display().to_string();
        let directory = tempfile::tempdir().unwrap();
        let actions = directory.path().display().to_string();
        let arguments = ["postman", &file, "--service", "acme", "--input", "subject", "--actions", &actions];
        let output = import(&arguments, "");
        let (said, left_out) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && said.ends_with("3 passed, 0 failed\n"), "{said}{left_out}");
        assert!(
            left_out.contains("left out: Elsewhere: the service calls `https://desk.example.com/api"),
            "{left_out}"
        );
        let printed = import(&[&arguments[..6], &["--actions", "/nowhere", "--print"]].concat(), "");
        wrong.extend(expect(&PathBuf::from(format!("{file}.expected")), &text(&printed.stdout)));
        let listed = text(&import(&["postman", &file, "--list"], "").stdout);
        assert!(
            listed.contains("Tickets / Create a ticket  POST https://desk.example.com/api/v1/tickets\n"),
            "{listed}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operations_are_listed_and_chosen() {
    let file = cases("openapi", "expected").into_iter().find(|path| path.ends_with("desk.yaml")).unwrap();
    let file = file.display().to_string();
    let listed = text(&import(&["openapi", &file, "--list"], "").stdout);
    assert!(listed.starts_with("createTicket  POST /tickets  Create a ticket\n"), "{listed}");
    let chosen = ["openapi", &file, "--operation", "GET /contacts/search", "--print", "--actions", "/nowhere"];
    let printed = text(&import(&chosen, "").stdout);
    assert!(printed.contains("get_contacts_search.yaml") && !printed.contains("create_ticket"), "{printed}");
    for (arguments, expected) in [
        (vec!["openapi", &file], "which operation? `--list` shows them"),
        (vec!["openapi", &file, "--operation", "createTickets"], "did you mean `createTicket`?"),
        (vec!["openapi", "/nowhere.yaml", "--all"], "/nowhere.yaml: No such file"),
        (vec!["openapi", "-", "--all"], "standard input"),
    ] {
        let output = import(&arguments, "openapi: 3.0.0\npaths: { /a: { get: {} } }\n");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let no_server = expected == "standard input" && said.contains("give its address with `--base-url");
        assert!(no_server || said.contains(expected), "{said}");
    }
}

#[test]
fn a_second_action_joins_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let actions = directory.path().display().to_string();
    let arguments = ["curl", "--service", "acme", "--actions", &actions];
    let bearer = "-H 'Authorization: Bearer t'";
    let first = format!("curl https://{{subdomain}}.example.com/api/v2/tickets {bearer} --json '{{\"a\": 1}}'");
    assert!(import(&arguments, &first).status.success());
    let service = written(&directory.path().join("acme")).pop().unwrap();
    let second =
        format!("curl -X PUT https://{{subdomain}}.example.com/api/v2/tickets/{{id}} {bearer} --json '{{\"a\": 2}}'");
    let output = import(&arguments, &second);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let files = written(&directory.path().join("acme"));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["create_ticket.yaml", "service.yaml", "update_ticket.yaml"]);
    assert!(files.contains(&service), "the service is as it was");
    assert!(files[2].1.contains("path: /tickets/{{data.id}}") || files[2].1.contains("path: \"/tickets/{{data.id}}\""));
}

#[test]
fn nothing_is_replaced_unless_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let actions = directory.path().display().to_string();
    let arguments = ["curl", "--service", "acme", "--actions", &actions];
    let line = "curl https://api.example.com/tickets --json '{\"a\": 1}'";
    assert!(import(&arguments, line).status.success());
    let path = directory.path().join("acme/create_ticket.yaml");
    fs::write(&path, "mine").unwrap();
    let output = import(&arguments, line);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is there already; `--force` replaces it"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert!(import(&[&arguments[..], &["--force"]].concat(), line).status.success());
    assert_ne!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn what_cannot_be_imported_is_told() {
    for (line, expected) in [
        ("wget https://example.com", "does not begin with `curl`"),
        ("curl 'https://example.com", "a quote ' is opened and never closed"),
        ("curl -H", "`-H` is at the end"),
        ("curl -d a=b", "the line holds no address"),
        ("curl ftp://example.com/a", "is no address that can be called"),
        (
            "curl https://example.com --json '{\"a\": }'",
            "the body is not JSON (expected value, line 1, column 7 of the body)",
        ),
    ] {
        let output = import(&["curl", "--service", "acme", "--print", "--actions", "/nowhere"], line);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(text(&output.stderr).contains(expected), "{line}: {}", text(&output.stderr));
    }
    let line = "curl https://example.com/a --json '{\"a\": 1}'";
    let output = import(&["curl", "--service", "acme", "--print", "--input", "b"], line);
    assert!(text(&output.stderr).contains("nothing in the request is called `b`"));
}

#[test]
fn what_is_begun_with_is_right_as_it_stands() {
    for auth in ["bearer", "basic", "api-key", "none"] {
        let directory = tempfile::tempdir().unwrap();
        let actions = directory.path().display().to_string();
        let run = |arguments: &[&str]| command().args(arguments).args(["--actions", &actions]).output().unwrap();
        let made =
            run(&["new", "service", "acme_desk", "--base-url", "https://api.acme.example.com/v1/", "--auth", auth]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let made = run(&["new", "action", "acme_desk/create_case"]);
        assert!(made.status.success(), "{auth}: {}{}", text(&made.stdout), text(&made.stderr));
        assert!(text(&made.stdout).ends_with("2 passed, 0 failed\n"), "{}", text(&made.stdout));
        assert!(run(&["check", "--deny-warnings"]).status.success(), "{auth}");
        let again = run(&["new", "action", "acme_desk/create_case"]);
        assert!(text(&again.stderr).contains("is there already; `--force` replaces it"));
        let nowhere = run(&["new", "action", "other/create_case"]);
        assert!(
            text(&nowhere.stderr).contains("`action-executor new service other` makes one"),
            "{}",
            text(&nowhere.stderr)
        );
    }
    let directory = tempfile::tempdir().unwrap();
    let actions = directory.path().display().to_string();
    let run = |arguments: &[&str]| command().args(arguments).args(["--actions", &actions]).output().unwrap();
    assert!(run(&["new", "service", "acme", "--auth", "oauth2"]).status.success());
    assert!(run(&["check"]).status.success());
}
