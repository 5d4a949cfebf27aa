//! What authors of definitions run: `run --explain`, `explain`, the formats of `check`, the reports of `test`, `record`.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::cli::{CALL, desk, run_with};
use crate::support::{Definitions, StubService, command, json_answer};

#[test]
fn run_explains_what_happened_and_what_is_near() {
    let stub = StubService::answering(json_answer(201, "{\"ticket\":{\"id\":7}}"));
    let definitions = desk(&stub.url());
    let input = definitions.path("call.json");
    std::fs::write(&input, CALL).unwrap();
    let arguments =
        ["run", "/desk/one", "--allow-private", "127.0.0.0/8", "--explain", "--input", input.to_str().unwrap()];
    let (code, _, stderr) = run_with(&arguments, &definitions);
    assert_eq!(code, 1, "{stderr}");
    for expected in ["step `request`\n  → POST http://127.0.0.1", "← 201 after", "\"id\": 7", "  a success\n", "400"]
    {
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
}

#[test]
fn explain_shows_a_page_and_names_a_near_code() {
    let output = command().args(["explain", "unknown-key"]).output().unwrap();
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        page.starts_with("unknown-key (error)\n") && page.contains("  find_contact.yaml\n    version: 1\n"),
        "{page}"
    );
    let output = command().args(["explain", "unknown-keys"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `unknown-key`?"));
    let output = command().arg("explain").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 43);
}

#[test]
fn check_speaks_to_code_scanning_and_workflows() {
    let definitions = Definitions::new(&[]);
    definitions
        .write("a.yaml", "version: 1\nbase_url: https://api.example.com\nrequest: { method: GET, path: /x, bdy: 1 }\n");
    let (code, stdout, _) = run_with(&["check", "--format", "sarif"], &definitions);
    let sarif: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &sarif["version"]), (2, &json!("2.1.0")));
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["ruleIndex"], &result["level"]),
        (&json!("unknown-key"), &json!(0), &json!("error"))
    );
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], "unknown-key");
    let (_, stdout, _) = run_with(&["check", "--format", "github"], &definitions);
    assert!(stdout.starts_with("::error file=") && stdout.contains(",line=3,endLine=3,col="), "{stdout}");
}

#[test]
fn a_recorded_call_is_a_test_without_its_secrets() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7,\"token\":\"fresh-token\",\"echo\":\"s3cr3t-key\"}"));
    let definitions = Definitions::new(&[(
        "desk.yaml",
        &format!(
            "version: 1\ntitle: Desk\nbase_url: {}\ninput: {{ auth: {{ key: {{ required: true }} }}, data: {{ subject: {{}} }} }}\n\
             authentication: {{ type: api_key, header: X-Key, value: \"{{{{auth.key}}}}\" }}\n\
             request: {{ path: /tickets, query: {{ notify: \"yes\" }}, json: {{ subject: \"{{{{data.subject}}}}\", key: \"{{{{auth.key}}}}\" }} }}\n\
             response: {{ external_id: {{ path: $.id, required: true }} }}\n",
            stub.url()
        ),
    )]);
    let input = definitions.path("call.json");
    std::fs::write(
        &input,
        json!({ "auth": { "key": "s3cr3t-key" }, "data": { "subject": "He said \"hi\"" } }).to_string(),
    )
    .unwrap();
    let record = |name: &str, write: &[&str]| {
        let arguments =
            ["record", "/desk", "--allow-private", "127.0.0.0/8", "--name", name, "--input", input.to_str().unwrap()];
        run_with(&[&arguments, write].concat(), &definitions)
    };
    let (code, printed, _) = record("as printed", &[]);
    assert_eq!(code, 0);
    assert!(printed.starts_with("tests:\n  - name: as printed\n"), "{printed}");
    for name in ["first", "second"] {
        let (code, _, stderr) = record(name, &["--write"]);
        assert_eq!(code, 0, "{stderr}");
    }
    let file = std::fs::read_to_string(definitions.path("desk.yaml")).unwrap();
    assert!(!file.contains("s3cr3t") && !file.contains("fresh-token"), "{file}");
    assert!(file.contains("auth: { key: example-key }") && file.contains("query: { notify: \"yes\" }"), "{file}");
    let (code, stdout, stderr) = run_with(&["test"], &definitions);
    assert_eq!((code, stdout.lines().last()), (0, Some("2 passed, 0 failed")), "{stdout}{stderr}");
    let arguments = ["record", "/desk", "--name", "blocked", "--input", input.to_str().unwrap(), "--write"];
    let (code, _, stderr) = run_with(&arguments, &definitions);
    assert_eq!(code, 1);
    assert!(stderr.contains("nothing is recorded: the service did not answer"), "{stderr}");
    let (code, _, stderr) = record("first", &["--write"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("has a test `first` already"), "{stderr}");
}

#[test]
fn results_are_told_to_people_and_to_tools() {
    let definitions = Definitions::new(&[(
        "find.yaml",
        "version: 1\ntitle: Find\nbase_url: https://api.example.com\ninput: { data: { q: {} } }\n\
         request: { method: GET, path: /x, query: { q: \"{{data.q}}\" } }\n\
         errors: [ { status: 404, message: Not there } ]\n\
         tests:\n  - name: right & <good>\n    result: { status: 201 }\n    calls: [ { answer: { json: {} } } ]\n\
         \x20 - name: wrong\n    input: { data: { q: a } }\n    calls: [ { request: { query: { q: a quite long text that is expected } }, answer: { json: {} } } ]\n    result: { status: 201 }\n",
    )]);
    let junit = definitions.path("junit.xml");
    let (code, stdout, _) = run_with(&["test", "--coverage", "--junit", junit.to_str().unwrap()], &definitions);
    assert_eq!(code, 1);
    assert!(
        stdout.contains(
            "request 1: query.q\n            - \"a quite long text that is expected\"\n            + \"a\"\n"
        ),
        "{stdout}"
    );
    assert!(stdout.contains("find.yaml  1 of 2\n    line 6: never: the error rule is met\n"), "{stdout}");
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(
        junit.contains("<testsuites tests=\"2\" failures=\"1\">")
            && junit.contains("name=\"right &amp; &lt;good&gt;\""),
        "{junit}"
    );
    let (_, stdout, _) = run_with(&["test", "--quiet"], &definitions);
    assert!(!stdout.contains("right") && stdout.ends_with("1 passed, 1 failed\n"), "{stdout}");
    let (_, stdout, _) = run_with(&["test", "--format", "json"], &definitions);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["tests"][1]["requests"][0]["url"], "https://api.example.com/x?q=a");
    assert_eq!((&report["tests"][0]["passed"], &report["coverage"][0]["total"]), (&json!(true), &json!(2)));
}

#[test]
fn tests_run_again_when_a_file_changes() {
    let action = "version: 1\ntitle: Find\nbase_url: https://api.example.com\nrequest: { method: GET, path: /x }\n\
                  tests: [ { name: a, calls: [ { answer: { json: {} } } ], result: { status: 201 } } ]\n";
    let definitions = Definitions::new(&[("find.yaml", action)]);
    let mut command = command();
    command.args(["test", "--watch", "--actions"]).arg(definitions.root()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut until = |expected: &str| assert!(lines.by_ref().any(|line| line.unwrap() == expected), "{expected}");
    until("1 passed, 0 failed");
    definitions.write("find.yaml", &action.replace("status: 201", "status: 400"));
    until("0 passed, 1 failed");
    child.kill().unwrap();
    child.wait().unwrap();
}
