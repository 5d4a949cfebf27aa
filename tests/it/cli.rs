//! The commands as people and machines use them: exit codes, texts, signals.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{
    Act, Bridge, Client, Definitions, Gate, StubService, command, json_answer, post, request, service_at, ticket,
};

const BROKEN: &str = "version: 1\ntitle: [";
pub(crate) const CALL: &str = "{\"auth\":{\"key\":\"k3y-for-the-desk\"},\"data\":{\"subject\":\"s\"}}";

fn run(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

pub(crate) fn run_with(arguments: &[&str], definitions: &Definitions) -> (i32, String, String) {
    let mut command = command();
    command.args(arguments).arg("--actions").arg(definitions.root());
    run(command)
}

fn run_plain(arguments: &[&str]) -> (i32, String, String) {
    let mut command = command();
    command.args(arguments);
    run(command)
}

pub(crate) fn desk(base_url: &str) -> Definitions {
    Definitions::new(&[
        ("desk/service.yaml", &service_at(base_url)),
        ("desk/one.yaml", &ticket("first")),
        ("desk/two.yaml", &ticket("second")),
    ])
}

/// A directory whose only action has one test that passes and one that does not.
fn tested() -> Definitions {
    let tests = "tests:\n  - name: it works\n    input: { auth: { key: k }, data: { subject: s } }\n    calls:\n\
                 \x20     - answer: { status: 201, json: { id: 7 } }\n    result: { status: 201, body: { message: first 7, external_id: \"7\" } }\n\
                 \x20 - name: it fails\n    input: { auth: { key: k }, data: { subject: s } }\n    calls:\n\
                 \x20     - answer: { status: 201, json: { id: 7 } }\n    result: { status: 201, body: { message: other, external_id: \"7\" } }\n";
    Definitions::new(&[
        ("desk/service.yaml", &service_at("https://desk.example.com")),
        ("desk/one.yaml", &format!("{}{tests}", ticket("first"))),
    ])
}

#[test]
fn check_of_good_definitions_is_0() {
    let (code, stdout, _) = run_with(&["check"], &desk("https://desk.example.com"));
    assert_eq!((code, stdout.as_str()), (0, "2 actions can be served: 0 errors, 0 warnings\n"));
}

#[test]
fn check_of_bad_definitions_is_2_and_tells_every_place() {
    let definitions = desk("https://desk.example.com");
    definitions.write("desk/one.yaml", &ticket("first").replace("data.subject", "data.subjekt"));
    definitions.write("desk/two.yaml", BROKEN);
    let (code, stdout, _) = run_with(&["check"], &definitions);
    assert_eq!(code, 2);
    assert!(stdout.contains("one.yaml:8:") && stdout.contains("two.yaml:2:"), "{stdout}");
    assert!(stdout.contains("`subject`") && !stdout.contains('\u{1b}'), "{stdout}");
}

#[test]
fn check_as_json_has_a_fixed_shape() {
    let definitions = desk("https://desk.example.com");
    definitions.write("desk/two.yaml", BROKEN);
    let (code, stdout, _) = run_with(&["check", "--format", "json"], &definitions);
    let problems: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, 2);
    let problem = problems[0].as_object().unwrap();
    for key in ["severity", "code", "message", "file", "line", "column"] {
        assert!(problem.contains_key(key), "{key} in {problems}");
    }
    assert_eq!(
        (&problem["severity"], &problem["code"], &problem["line"]),
        (&json!("error"), &json!("syntax"), &json!(2))
    );
    let (code, stdout, _) = run_with(&["check", "--format", "json"], &desk("https://desk.example.com"));
    assert_eq!((code, stdout.trim()), (0, "[]"));
}

#[test]
fn a_directory_that_cannot_be_part_of_a_route_is_told() {
    let definitions = Definitions::new(&[
        ("my desk/service.yaml", &service_at("https://desk.example.com")),
        ("my desk/one.yaml", &ticket("first")),
    ]);
    let (code, stdout, _) = run_with(&["check"], &definitions);
    assert_eq!(code, 2);
    assert!(stdout.contains("bad-route") && stdout.contains("my desk"), "{stdout}");
}

#[test]
fn warnings_count_only_when_asked() {
    let definitions = desk("https://desk.example.com");
    definitions.write("desk/one.yaml", &ticket("first").replace("  data:\n", "  data:\n    unused: {}\n"));
    assert_eq!(run_with(&["check"], &definitions).0, 0);
    assert_eq!(run_with(&["check", "--deny-warnings"], &definitions).0, 2);
}

#[test]
fn check_of_a_directory_that_is_not_there_says_so() {
    let (code, _, stderr) = run_plain(&["check", "--actions", "no-such-directory"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: the directory of definitions no-such-directory cannot be read"), "{stderr}");
}

#[test]
fn test_is_1_if_a_test_fails() {
    let (code, stdout, _) = run_with(&["test"], &tested());
    assert_eq!(code, 1);
    assert!(
        stdout.contains("ok      /desk/one · it works") && stdout.contains("FAILED  /desk/one · it fails"),
        "{stdout}"
    );
    assert!(stdout.contains("1 passed, 1 failed"), "{stdout}");
}

#[test]
fn tests_can_be_chosen_by_name_and_route() {
    let definitions = tested();
    assert_eq!(run_with(&["test", "--name", "works"], &definitions).0, 0);
    assert_eq!(run_with(&["test", "desk/one", "--name", "works"], &definitions).0, 0);
    let (code, stdout, _) = run_with(&["test", "crm"], &definitions);
    assert_eq!((code, stdout.trim()), (1, "no tests match"));
    definitions.write("desk/one.yaml", BROKEN);
    assert_eq!(run_with(&["test"], &definitions).0, 2);
}

#[test]
fn run_sends_and_prints_the_response() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub.url());
    let input = definitions.path("call.json");
    std::fs::write(&input, CALL).unwrap();
    let arguments = ["run", "/desk/one", "--allow-private", "127.0.0.0/8", "--input", input.to_str().unwrap()];
    let (code, stdout, stderr) = run_with(&arguments, &definitions);
    assert_eq!((code, stderr.trim()), (0, "201"));
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap(), json!({ "message": "first 7", "external_id": "7" }));
}

#[test]
fn run_reads_standard_input_and_fails_with_1() {
    let stub = StubService::answering(json_answer(422, "{\"message\":\"no such queue\"}"));
    let definitions = desk(&stub.url());
    let mut command = command();
    command
        .args(["run", "desk/one", "--allow-private", "127.0.0.0/8", "--input", "-", "--actions"])
        .arg(definitions.root())
        .stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(CALL.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        json!({ "message": "Desk answered 422: no such queue" })
    );
}

#[test]
fn a_dry_run_sends_nothing_and_masks_secrets() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub.url());
    let input = definitions.path("call.json");
    std::fs::write(&input, CALL).unwrap();
    let (code, stdout, _) =
        run_with(&["run", "/desk/one", "--dry-run", "--input", input.to_str().unwrap()], &definitions);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.starts_with(&format!("POST {}/tickets\n", stub.url())), "{stdout}");
    assert!(stdout.contains("\"subject\": \"s\"") && stdout.contains("x-api-key: "), "{stdout}");
    assert!(!stdout.contains("k3y-for-the-desk"), "{stdout}");
    assert_eq!(stub.connections(), 0);
}

#[test]
fn run_of_an_unknown_route_names_a_near_one() {
    let (code, _, stderr) = run_with(&["run", "/desk/onne", "--input", "-"], &desk("https://desk.example.com"));
    assert_eq!(code, 2);
    assert!(stderr.contains("`/desk/one`"), "{stderr}");
}

#[test]
fn run_of_malformed_input_is_64() {
    let definitions = desk("https://desk.example.com");
    let input = definitions.path("call.json");
    std::fs::write(&input, "{\"auth\":").unwrap();
    let (code, _, stderr) = run_with(&["run", "/desk/one", "--input", input.to_str().unwrap()], &definitions);
    assert_eq!(code, 64);
    assert!(stderr.starts_with("error: "), "{stderr}");
}

#[test]
fn list_shows_every_route() {
    let definitions = desk("https://desk.example.com");
    assert_eq!(
        run_with(&["list"], &definitions),
        (0, "POST /desk/one  Create a ticket\nPOST /desk/two  Create a ticket\n".to_owned(), String::new())
    );
    let (_, stdout, _) = run_with(&["list", "--format", "json"], &definitions);
    let listed: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(listed[0]["route"], "/desk/one");
    assert_eq!(listed[0]["input"]["auth"][0]["secret"], true);
}

#[test]
fn schema_prints_json_schemas() {
    for name in ["action", "service"] {
        let (code, stdout, _) = run_plain(&["schema", name]);
        let schema: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(code, 0);
        assert!(schema["properties"]["version"].is_object(), "{name}");
    }
}

#[test]
fn what_is_not_understood_is_64() {
    for arguments in [
        &["frobnicate"][..],
        &["check", "--no-such-flag"],
        &[],
        &["serve", "--deadline", "26s"],
        &["serve", "--listen", "nowhere"],
    ] {
        let (code, stdout, stderr) = run_plain(arguments);
        assert_eq!((code, stdout.as_str()), (64, ""), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_has_examples_and_no_colours_in_pipes() {
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["check", "--help"],
        &["test", "--help"],
        &["run", "--help"],
        &["list", "--help"],
        &["schema", "--help"],
        &["demo", "--help"],
    ] {
        let (code, stdout, _) = run_plain(arguments);
        assert_eq!(code, 0);
        assert!(stdout.contains("Examples:\n") && !stdout.contains('\u{1b}'), "{arguments:?}: {stdout}");
    }
}

/// As when the list goes to `head`.
#[test]
fn a_reader_that_leaves_is_no_panic() {
    for arguments in [&["schema"][..], &["list"], &["check"], &["--help"]] {
        let definitions = desk("https://desk.example.com");
        let mut command = command();
        command.args(arguments).env("ACTION_EXECUTOR_ACTIONS", definitions.root());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    }
}

#[test]
fn broken_definitions_are_not_served() {
    let definitions = desk("https://desk.example.com");
    definitions.write("crm/service.yaml", BROKEN);
    let (code, _, stderr) = run_with(&["serve", "--listen", "127.0.0.1:0", "--admin", "off"], &definitions);
    assert_eq!(code, 2);
    assert!(stderr.contains("crm/service.yaml:2:") && stderr.contains("--skip-broken"), "{stderr}");
}

#[test]
fn skip_broken_serves_the_rest() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub.url());
    definitions.write("crm/service.yaml", BROKEN);
    definitions.write("crm/one.yaml", &ticket("first"));
    let bridge = Bridge::serve(definitions.root(), &["--skip-broken"]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    assert_eq!(post(bridge.public(), "/crm/one", CALL).status, 404);
    let ready = request(bridge.admin(), "GET", "/readyz");
    assert_eq!(ready.status, 200);
    let services = ready.json()["services"].clone();
    let states: Vec<_> = services
        .as_array()
        .unwrap()
        .iter()
        .map(|service| (service["name"].clone(), service["state"].clone()))
        .collect();
    assert_eq!(states, [(json!("crm"), json!("broken")), (json!("desk"), json!("live"))]);
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for arguments in
        [["serve", "--listen", &address, "--admin", "off"], ["serve", "--listen", "127.0.0.1:0", "--admin", &address]]
    {
        let (code, _, stderr) = run_with(&arguments, &desk("https://desk.example.com"));
        assert_eq!(code, 2);
        assert!(stderr.contains(&address) && stderr.contains("in use"), "{stderr}");
    }
}

#[test]
fn the_admin_listener_stays_on_loopback() {
    let (code, _, stderr) =
        run_with(&["serve", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0"], &desk("https://desk.example.com"));
    assert_eq!(code, 2);
    assert!(stderr.contains("loopback"), "{stderr}");
}

#[test]
fn a_call_in_hand_is_answered_before_the_end() {
    let gate = Gate::default();
    let waits = gate.clone();
    let stub = StubService::start(move |_| vec![Act::Wait(waits.clone()), Act::Send(json_answer(201, "{\"id\":7}"))]);
    let definitions = desk(&stub.url());
    let bridge = Bridge::serve(definitions.root(), &[]);
    let mut client = Client::connect(bridge.public());
    client.send("POST", "/desk/one", "Content-Type: application/json\r\n", CALL);
    stub.wait_for(1);
    bridge.signal("TERM");
    bridge.wait_for_line("stopping");
    gate.open();
    assert_eq!(client.receive().status, 201);
    let (status, _, lines) = bridge.wait();
    assert_eq!(status.code(), Some(0), "{}", lines.join("\n"));
}

#[test]
fn the_interrupt_key_ends_it_too() {
    let definitions = desk("https://desk.example.com");
    let bridge = Bridge::serve(definitions.root(), &[]);
    bridge.signal("INT");
    assert_eq!(bridge.wait().0.code(), Some(0));
}

#[test]
fn a_hangup_reloads() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub.url());
    let bridge = Bridge::serve(definitions.root(), &[]);
    definitions.write("desk/three.yaml", &ticket("third"));
    bridge.signal("HUP");
    bridge.wait_for(|line| line["message"] == "catalog reloaded" && line["actions"] == 3);
    assert_eq!(post(bridge.public(), "/desk/three", CALL).status, 201);
}

#[test]
fn the_admin_listener_reloads_and_tells_the_result() {
    let definitions = desk("https://desk.example.com");
    let bridge = Bridge::serve(definitions.root(), &[]);
    definitions.write("desk/three.yaml", &ticket("third"));
    let good = request(bridge.admin(), "POST", "/reload");
    assert_eq!((good.status, good.json()["services"][0]["routes"].as_array().unwrap().len()), (200, 3));
    definitions.write("desk/three.yaml", BROKEN);
    let bad = request(bridge.admin(), "POST", "/reload");
    assert_ne!(bad.status, 200);
    assert_eq!(bad.json()["services"][0]["state"], "last_good");
    assert_eq!(bad.json()["diagnostics"][0]["code"], "syntax");
    let ready = request(bridge.admin(), "GET", "/readyz");
    assert_eq!((ready.status, ready.json()["clean"].clone()), (200, json!(false)));
    assert_eq!(request(bridge.admin(), "GET", "/healthz").status, 200);
    assert_eq!(request(bridge.admin(), "GET", "/reload").status, 405);
}

#[test]
fn every_flag_is_also_a_variable() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub.url());
    definitions.write("crm/service.yaml", BROKEN);
    let mut serve = command();
    serve.arg("serve").envs([
        ("ACTION_EXECUTOR_LISTEN", "127.0.0.1:0"),
        ("ACTION_EXECUTOR_ADMIN", "off"),
        ("ACTION_EXECUTOR_LOG_FORMAT", "json"),
        ("ACTION_EXECUTOR_ALLOW_PRIVATE", "10.0.0.0/8,127.0.0.0/8"),
        ("ACTION_EXECUTOR_SKIP_BROKEN", "1"),
        ("ACTION_EXECUTOR_ALLOW_HTTP", "yes"),
        ("ACTION_EXECUTOR_BASE_PATH", "/bridge"),
        ("ACTION_EXECUTOR_DEADLINE", "5s"),
    ]);
    serve.env("ACTION_EXECUTOR_ACTIONS", definitions.root());
    let bridge = Bridge::start(serve);
    assert_eq!(post(bridge.public(), "/bridge/desk/one", CALL).status, 201);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 404);
}

#[test]
fn a_variable_that_says_no_is_no() {
    let definitions = desk("https://desk.example.com");
    definitions.write("crm/service.yaml", BROKEN);
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--actions"]).arg(definitions.root());
    serve.env("ACTION_EXECUTOR_SKIP_BROKEN", "false");
    assert_eq!(run(serve).0, 2);
}

#[test]
fn secrets_come_from_the_environment_or_files() {
    let definitions = desk("https://desk.example.com");
    definitions
        .write("desk/service.yaml", &service_at("https://desk.example.com").replace("auth.key}}", "secrets.partner}}"));
    assert_eq!(run_with(&["check", "--secret", "partner=env:PATH"], &definitions).0, 0);
    let (code, _, stderr) = run_with(&["check", "--secret", "partner=env:NO_SUCH_VARIABLE_HERE"], &definitions);
    assert_eq!(code, 2);
    assert!(stderr.contains("NO_SUCH_VARIABLE_HERE"), "{stderr}");
    let (code, _, stderr) = run_with(&["check", "--secret", "partner=plain-secret-value"], &definitions);
    assert_eq!(code, 2);
    assert!(!stderr.contains("plain-secret-value"), "{stderr}");
}

fn demo() -> Bridge {
    let mut demo = command();
    demo.args(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    Bridge::start(demo)
}

/// Two demos at once: one of them does not get the port that the definitions name.
#[test]
fn the_demo_needs_no_certain_port() {
    let body = json!({ "auth": { "key": "demo" }, "data": { "subject": "Call missed" } }).to_string();
    for bridge in [demo(), demo()] {
        let answered = post(bridge.public(), "/demo/create_ticket", &body);
        assert_eq!((answered.status, answered.message().as_str()), (201, "Ticket 1001 created"));
    }
}

#[test]
fn the_demo_answers_every_action() {
    let bridge = demo();
    let call = |action: &str, data: Value| {
        let body = json!({ "auth": { "key": "demo" }, "data": data, "meta": { "contact_external_id": 7 } });
        post(bridge.public(), &format!("/demo/{action}"), &body.to_string())
    };
    let calls = [
        ("create_ticket", json!({ "subject": "Call missed", "description": "He said \"hi\"" }), "Ticket 1001 created"),
        ("upsert_contact", json!({ "email": "ana@example.com", "name": "Ana" }), "Saved ana@example.com"),
        ("upsert_contact", json!({ "email": "ana@example.com", "phone": "+351 21 000 000" }), "Saved ana@example.com"),
        (
            "log_call",
            json!({ "call_id": "c1", "started": "2026-01-31 12:00:00 UTC", "duration": "65" }),
            "Call logged as 1003",
        ),
        ("log_call", json!({ "call_id": "c1" }), "Call logged as 1003"),
        ("add_notes", json!({ "notes": "called back, wants a quote" }), "2 notes added: 1004, 1005"),
        ("create_order", json!({ "parts": "valve, hose" }), "Order SO-1006 placed"),
        ("legacy_case", json!({ "subject": "Tom & <Jerry>" }), "Case 1007 opened"),
    ];
    for (action, data, message) in calls {
        let answered = call(action, data);
        assert_eq!((answered.status, answered.message().as_str()), (201, message), "{action}: {}", answered.text());
    }
    let refused =
        post(bridge.public(), "/demo/create_ticket", "{\"auth\":{\"key\":\"wrong\"},\"data\":{\"subject\":\"x\"}}");
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (400, "The helpdesk does not accept the API key: The API key is not known")
    );
    let public = bridge.public();
    bridge.signal("TERM");
    let (status, stdout, _) = bridge.wait();
    assert_eq!(status.code(), Some(0));
    let curl = stdout.lines().find(|line| line.trim_start().starts_with("curl ")).unwrap();
    let data = curl.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        data,
        json!({ "auth": { "key": "demo" }, "data": { "subject": "Call missed", "description": "He said \"hi\"" } })
    );
    assert!(curl.contains(&format!("http://{public}/demo/create_ticket ")), "{curl}");
}
