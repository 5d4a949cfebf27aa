//! What operators set and ask: the settings file, checks of callers, TLS, the admin listener, traces.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::support::{
    Bridge, Client, Definitions, StubService, authority, command, json_answer, post, request, respond,
    second_authority, service_at, ticket, tls_file,
};

const CALL: &str = "{\"auth\":{\"key\":\"k\"},\"data\":{\"subject\":\"Hi\"}}";

const KEY: &str = "a key that nobody else could guess";

fn desk(stub: &StubService) -> Definitions {
    Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", &ticket("Done"))])
}

/// A bridge under a settings file beside its definitions; ports and loopback are added.
fn serve(definitions: &Definitions, settings: &str, arguments: &[&str]) -> Bridge {
    Bridge::start(serving(definitions, settings, arguments))
}

fn serving(definitions: &Definitions, settings: &str, arguments: &[&str]) -> Command {
    let path = definitions.root().join(".settings");
    let own = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nactions: .\nlog: { format: json }\n";
    let network = if settings.contains("network:") { "" } else { "network: { allow_private: [127.0.0.0/8] }\n" };
    fs::write(&path, format!("{own}{network}{settings}")).unwrap();
    let mut serve = command();
    serve.arg("serve").arg("--settings").arg(path).args(arguments).env("BRIDGE_KEY", KEY);
    serve
}

fn get(address: SocketAddr, path: &str, headers: &str) -> (u16, Value) {
    let mut client = Client::connect(address);
    client.send("GET", path, headers, "");
    let answered = client.receive();
    (answered.status, answered.json())
}

#[test]
fn settings_stand_behind_flags_and_variables() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge =
        serve(&definitions, "base_path: /file\ndeadline: 5s\nlimits: { calls: 7 }\n", &["--base-path", "/flag"]);
    assert_eq!(post(bridge.public(), "/flag/desk/one", CALL).status, 201);
    assert_eq!(post(bridge.public(), "/file/desk/one", CALL).status, 404);
    let (status, shown) = get(bridge.admin(), "/api/settings", "");
    assert_eq!((status, &shown["deadline"], &shown["limits"]["calls"]), (200, &json!("5s"), &json!(7)));
    assert_eq!((&shown["base_path"], &shown["drain"]), (&json!("/flag"), &json!("30s")));
}

#[test]
fn wrong_settings_are_all_told_at_once_and_nothing_starts() {
    let definitions = Definitions::new(&[]);
    let wrong =
        "dedline: 5s\ndrain: soon\ncallers: { header: { name: X-Key, secret: hunter2 } }\nlimits: { calls: 0 }\n";
    let output = serving(&definitions, wrong, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    for part in
        ["did you mean `deadline`?", "not a duration", "not a place of a secret", "lets nothing through", "4 errors"]
    {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    let checked = command()
        .arg("check")
        .arg("--format")
        .arg("json")
        .arg("--settings")
        .arg(definitions.root().join(".settings"))
        .output();
    let problems: Value = serde_json::from_slice(&checked.unwrap().stdout).unwrap();
    assert_eq!(problems.as_array().map(Vec::len), Some(4));
}

#[test]
fn a_secret_given_in_place_of_where_it_stands_is_not_repeated() {
    let definitions = Definitions::new(&[]);
    for (flag, told) in [
        ("--admin-token", "--admin-token: expected env:VARIABLE or file:PATH"),
        ("--state-key", "--state-key: expected env:VARIABLE or file:PATH"),
        ("--state", "--state: expected `memory`"),
        ("--proxy", "--proxy: expected an address"),
    ] {
        let output = serving(&definitions, "", &[flag, "hunter2:hunter2@hunter2"]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{stderr}");
        assert!(stderr.contains(told) && !stderr.contains("hunter2"), "{stderr}");
    }
    let wrong = "state: { redis: hunter2 }\nadmin_token: 4711\ntraces: { endpoint: \"user:hunter2@\" }\nx: 1\n";
    let output = serving(&definitions, wrong, &[]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("4 errors") && !stderr.contains("hunter2") && !stderr.contains("4711"), "{stderr}");
}

#[test]
fn commands_within_commands_read_the_settings_too() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    fs::write(definitions.path("../settings.yaml"), "actions: actions.d\n").unwrap();
    let settings = definitions.path("../settings.yaml");
    let output = command()
        .args(["export", "openapi", "--base-url", "https://bridge.example.com", "--settings"])
        .arg(&settings)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("/desk/one"), "{output:?}");
}

#[test]
fn settings_that_would_do_nothing_or_never_rest_are_told() {
    let definitions = Definitions::new(&[]);
    let bridge = serve(&definitions, "services: { desk: { calls: 1 } }\n", &[]);
    assert_eq!(bridge.wait_for_line("the settings name a service that has no definitions")["service"], "desk");
    let output = serving(&definitions, "poll: 0s\n", &[]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("This is no time at all."));
    assert_eq!(serving(&definitions, "", &["--poll", "0s"]).output().unwrap().status.code(), Some(64));
}

#[test]
fn a_secret_of_the_operator_leaves_in_no_field_whichever_way_it_is_written() {
    let stub = StubService::answering(json_answer(201, &format!("{{\"id\":\"x {KEY}\"}}")));
    let given = ticket("Done");
    let linked = given.replace(
        "external_id: { path: $.id, required: true }",
        "contact_external_url: \"https://{{secrets.place}}.example.com/7\"",
    );
    let linked = linked.replace("{{response.external_id}}", "it");
    let service = service_at(&stub.url());
    let files = [("desk/service.yaml", &*service), ("desk/given.yaml", &*given), ("desk/linked.yaml", &*linked)];
    let definitions = Definitions::new(&files);
    let mut serve = serving(&definitions, "secrets: { partner: env:BRIDGE_KEY, place: env:PLACE }\n", &[]);
    serve.env("PLACE", "acme-europe");
    let bridge = Bridge::start(serve);
    let refused = post(bridge.public(), "/desk/given", CALL);
    assert!(refused.message().contains("carried out the request"), "{}", refused.text());
    assert!(refused.message().contains("`response.external_id` would hold a secret"), "{}", refused.text());
    assert!(!refused.text().contains(KEY));
    let linked = post(bridge.public(), "/desk/linked", CALL);
    assert_eq!((linked.status, linked.text()), (201, "{\"message\":\"Done it\"}".to_owned()));
}

#[test]
fn secrets_of_the_settings_reach_definitions_and_no_page() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let action =
        ticket("Done").replace("path: /tickets", "path: /tickets\n  headers: { X-Partner: \"{{secrets.partner}}\" }");
    let definitions = Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", &action)]);
    let bridge = serve(&definitions, "secrets: { partner: env:BRIDGE_KEY }\n", &[]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    assert_eq!(stub.requests()[0].header("x-partner").as_deref(), Some(KEY));
    for path in ["/api/settings", "/api/catalog", "/api/calls", "/api/calls/1", "/readyz"] {
        let (_, shown) = get(bridge.admin(), path, "");
        assert!(!shown.to_string().contains(KEY), "{path}");
    }
    let checked = command().arg("check").arg("--settings").arg(definitions.root().join(".settings")).output().unwrap();
    assert_eq!(checked.status.code(), Some(0), "an author need not know the value");
}

#[test]
fn a_secret_that_is_missing_or_short_refuses_to_start() {
    let definitions = Definitions::new(&[]);
    for (settings, told) in [
        (
            "callers: { path: { secret: env:NOBODY_SETS_THIS } }\n",
            "callers.path.secret: the variable NOBODY_SETS_THIS is not set",
        ),
        ("callers: { auth: { field: key, secret: file:short } }\n", "callers.auth.secret: it is shorter than 16 bytes"),
        ("admin_token: file:short\n", "--admin-token: it is shorter than 16 bytes"),
        ("tls: { certificate: short, key: short }\n", "it holds no certificate in PEM form"),
    ] {
        fs::write(definitions.root().join("short"), "hunter2\n").unwrap();
        let output = serving(&definitions, settings, &[]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told) && !stderr.contains("hunter2"), "{told}:\n{stderr}");
    }
}

#[test]
fn a_caller_that_shows_nothing_gets_403_and_a_line() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = serve(&definitions, "callers: { header: { name: X-Bridge-Key, secret: env:BRIDGE_KEY } }\n", &[]);
    let refused = post(bridge.public(), "/desk/one", CALL);
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (403, "This caller does not show what the server asks of callers.")
    );
    assert_eq!(bridge.wait_for_line("caller refused")["check"], "header");
    let mut client = Client::connect(bridge.public());
    client.send("POST", "/desk/one", &format!("Content-Type: application/json\r\nX-Bridge-Key: {KEY}\r\n"), CALL);
    assert_eq!(client.receive().status, 201);
    assert!(!bridge.lines().iter().any(|line| line.contains("callers are not checked") || line.contains(KEY)));
}

#[test]
fn an_admin_listener_off_loopback_needs_a_token() {
    let definitions = Definitions::new(&[]);
    let output = serving(&definitions, "", &["--admin", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a token"));
    let bridge = serve(&definitions, "", &["--admin", "0.0.0.0:0", "--admin-token", "env:BRIDGE_KEY"]);
    let admin = SocketAddr::from(([127, 0, 0, 1], bridge.admin().port()));
    assert_eq!(get(admin, "/api/settings", "").0, 401);
    let (status, shown) = get(admin, "/api/settings", &format!("Authorization: Bearer {KEY}\r\n"));
    assert_eq!((status, &shown["admin_token"]), (200, &json!("env:BRIDGE_KEY")));
}

#[test]
fn a_service_has_its_own_rules() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = serve(&definitions, "network: {}\n", &[]);
    assert!(post(bridge.public(), "/desk/one", CALL).message().contains("network that the operator has not allowed"));
    let bridge = serve(&definitions, "network: {}\nservices: { desk: { allow_private: [127.0.0.0/8] } }\n", &[]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    let narrowed = "services: { desk: { allowed_hosts: [desk.example.com] } }\n";
    let bridge = serve(&definitions, narrowed, &[]);
    assert!(post(bridge.public(), "/desk/one", CALL).message().contains("not one that the operator's settings allow"));
}

#[test]
fn calls_and_metrics_are_told_without_values() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = serve(&definitions, "", &[]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    assert_eq!(post(bridge.public(), "/desk/one", "{}").status, 400);
    let (_, calls) = get(bridge.admin(), "/api/calls", "");
    let outcomes: Vec<&Value> = calls["calls"].as_array().unwrap().iter().map(|call| &call["outcome"]).collect();
    assert_eq!(outcomes, ["input", "done"]);
    let (_, call) = get(bridge.admin(), "/api/calls/1", "");
    assert_eq!(
        (&call["service_status"], &call["route"], &call["attempts"]),
        (&json!(201), &json!("/desk/one"), &json!(1))
    );
    let kinds: Vec<(&Value, &Value)> =
        call["spans"].as_array().unwrap().iter().map(|span| (&span["kind"], &span["parent"])).collect();
    assert_eq!(kinds, [(&json!("step"), &Value::Null), (&json!("attempt"), &json!(0))]);
    let line = bridge.wait_for_line("call");
    assert_eq!((&line["service_status"], &line["attempts"]), (&json!(201), &json!(1)));
    let metrics = request(bridge.admin(), "GET", "/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for series in [
        "action_executor_calls_total{route=\"/desk/one\",outcome=\"done\"} 1",
        "action_executor_requests_total{service=\"desk\",step=\"request\",result=\"2xx\"} 1",
        "action_executor_calls_limit 1024",
        "action_executor_service_state{service=\"desk\",state=\"live\"} 1",
    ] {
        assert!(metrics.text().contains(series), "{series}\n{}", metrics.text());
    }
}

#[test]
fn a_trace_goes_from_caller_to_service_and_collector() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let collector = StubService::answering(respond(200, "Content-Type: application/x-protobuf\r\n", ""));
    let definitions = desk(&stub);
    let traces = format!("traces: {{ endpoint: \"{}\", authorization: env:BRIDGE_KEY }}\n", collector.url());
    let bridge = serve(&definitions, &traces, &[]);
    let mut client = Client::connect(bridge.public());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers =
        format!("Content-Type: application/json\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\ntracestate: v=1\r\n");
    client.send("POST", "/desk/one", &headers, CALL);
    assert_eq!(client.receive().status, 201);
    assert_eq!(bridge.wait_for_line("call")["trace"], trace);
    bridge.signal("TERM");
    assert!(bridge.wait().0.success());
    let sent = stub.requests();
    let parent = sent[0].header("traceparent").unwrap();
    assert!(
        parent.starts_with(&format!("00-{trace}-")) && parent.ends_with("-01") && !parent.contains("00f067aa0ba902b7")
    );
    assert_eq!(sent[0].header("tracestate").as_deref(), Some("v=1"));
    let exported = collector.requests();
    assert_eq!(exported[0].target, "/v1/traces");
    assert_eq!(exported[0].header("authorization").as_deref(), Some(KEY));
    let body = &exported[0].body;
    let holds = |wanted: &[u8]| body.windows(wanted.len()).any(|window| window == wanted);
    let attempt = hex::decode(&parent[36..52]).unwrap();
    for wanted in
        [&hex::decode(trace).unwrap()[..], &attempt, b"POST /desk/one", b"step request", b"http.response.status_code"]
    {
        assert!(holds(wanted), "{}", String::from_utf8_lossy(wanted));
    }
    assert!(!holds(b"Hi") && !holds(KEY.as_bytes()));
}

#[test]
fn a_collector_that_is_gone_is_told_once_and_no_call_waits() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = serve(&definitions, "traces: { endpoint: \"http://127.0.0.1:9\" }\n", &[]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    bridge.signal("TERM");
    let (status, _, lines) = bridge.wait();
    assert!(status.success());
    assert_eq!(lines.iter().filter(|line| line.contains("traces cannot be sent")).count(), 1);
}

/// A client over TLS; with a certificate of its own if named.
fn tls_post(address: SocketAddr, identity: Option<&str>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(name) => {
            let chain = CertificateDer::pem_file_iter(tls_file(&format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(tls_file(&format!("{name}.key.pem"))).unwrap();
            builder.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
        }
    };
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap());
    let mut stream = StreamOwned::new(connection.unwrap(), TcpStream::connect(address)?);
    let length = CALL.len();
    write!(
        stream,
        "POST /desk/one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{CALL}"
    )?;
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer)?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

/// The certificate and the key of the tests' own `localhost`, apart.
fn own_certificate(directory: &Path) {
    fs::copy(tls_file("localhost.pem"), directory.join("tls.pem")).unwrap();
}

#[test]
fn the_public_listener_speaks_tls_and_takes_up_a_new_certificate() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    own_certificate(definitions.root());
    let bridge = serve(&definitions, "tls: { certificate: tls.pem, key: tls.pem }\npoll: 50ms\n", &[]);
    assert_eq!(tls_post(bridge.public(), None).unwrap(), "HTTP/1.1 201 Created");
    let metrics = request(bridge.admin(), "GET", "/metrics").text();
    assert!(metrics.contains("action_executor_certificate_expiry_seconds{listener=\"public\"} "), "{metrics}");
    let good = fs::read(definitions.root().join("tls.pem")).unwrap();
    fs::write(definitions.root().join("tls.pem"), "broken").unwrap();
    bridge.wait_for_line("certificate not reloaded, the one before is served on");
    assert_eq!(tls_post(bridge.public(), None).unwrap(), "HTTP/1.1 201 Created");
    fs::copy(tls_file("expired.pem"), definitions.root().join("tls.pem")).unwrap();
    bridge.wait_for_line("certificate reloaded");
    assert!(tls_post(bridge.public(), None).is_err());
    fs::write(definitions.root().join("tls.pem"), good).unwrap();
    bridge.wait_for(|_| tls_post(bridge.public(), None).is_ok());
}

#[test]
fn a_client_without_a_certificate_of_the_authority_is_refused() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    own_certificate(definitions.root());
    let settings = format!(
        "tls: {{ certificate: tls.pem, key: tls.pem, client_authorities: \"{}\" }}\n",
        second_authority().display()
    );
    let bridge = serve(&definitions, &settings, &[]);
    assert_eq!(tls_post(bridge.public(), Some("partner")).unwrap(), "HTTP/1.1 201 Created");
    assert!(tls_post(bridge.public(), None).is_err());
    assert!(tls_post(bridge.public(), Some("stranger")).is_err());
}

#[test]
fn a_process_that_leaves_says_so_and_still_answers() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = serve(&definitions, "drain_delay: 1500ms\n", &[]);
    assert_eq!(request(bridge.admin(), "GET", "/readyz").status, 200);
    bridge.signal("TERM");
    bridge.wait_for_line("stopping");
    let (status, told) = get(bridge.admin(), "/readyz", "");
    assert_eq!((status, &told["stopping"]), (503, &json!(true)));
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    assert!(bridge.wait().0.success());
}

#[cfg(target_os = "linux")]
#[test]
fn sockets_are_taken_over_and_the_service_manager_is_told() {
    use std::os::unix::net::UnixDatagram;
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let notify = definitions.root().join(".notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let inner = serving(&definitions, "", &[]);
    // As systemd hands a socket over: descriptor 3, and the number of the process itself.
    let mut outer = Command::new("sh");
    outer.arg("-c").arg("LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0").arg(inner.get_program()).args(inner.get_args());
    outer.stdin(Stdio::from(std::os::fd::OwnedFd::from(socket))).stdout(Stdio::piped()).stderr(Stdio::piped());
    outer.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "public").env("NOTIFY_SOCKET", &notify);
    let bridge = Bridge::start(outer);
    assert_eq!(bridge.public(), address);
    let told = |wanted: &str| {
        let mut space = [0; 256];
        let length = manager.recv(&mut space).unwrap();
        let text = String::from_utf8_lossy(&space[..length]).into_owned();
        assert!(text.starts_with(wanted), "{text}");
    };
    told("READY=1");
    assert_eq!(post(address, "/desk/one", CALL).status, 201);
    bridge.signal("HUP");
    told("RELOADING=1");
    told("READY=1");
    bridge.signal("TERM");
    told("STOPPING=1");
    assert!(bridge.wait().0.success());
}

#[test]
fn shells_and_man_get_what_they_read() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = command().args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("allow-private"), "{shell}");
    }
    let pages = tempfile::tempdir().unwrap();
    let output = command()
        .arg("man")
        .arg("--write")
        .arg(pages.path())
        .env("ACTION_EXECUTOR_STATE", "redis://:hunter2@x")
        .output();
    assert!(output.unwrap().status.success());
    let page = fs::read_to_string(pages.path().join("action-executor-serve.1")).unwrap();
    assert!(page.contains("\\-\\-drain") && !page.contains("hunter2"), "{page}");
}
