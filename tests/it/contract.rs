//! The contract with the caller, through the whole binary.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

use crate::support::{
    Act, Bridge, Client, Definitions, Gate, ServiceAnswer, StubService, json_answer, post, respond, service_at, ticket,
};

const CALL: &str = "{\"auth\":{\"key\":\"k\"},\"data\":{\"subject\":\"Zoë says \\\"hi\\\" 🙂\"}}";

/// All five fields.
const FULL: &str = "\
version: 1
title: Create a ticket
input:
  data:
    subject: { required: true, label: Subject }
request:
  path: /tickets
  json: { subject: \"{{data.subject}}\" }
response:
  message: \"Ticket {{response.external_id}} created\"
  external_id: { path: $.id, required: true }
  contact_external_id: $.contact
  contact_external_type: lead
  contact_external_url: \"https://desk.example.com/c/{{response.contact_external_id}}\"
";

fn desk(stub: &StubService) -> Definitions {
    Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", FULL)])
}

/// What the caller gets when the service answers this.
#[track_caller]
fn check(answer: Vec<u8>, status: u16, body: &Value) {
    let stub = StubService::answering(answer);
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let answered = post(bridge.public(), "/desk/one", CALL);
    check_form(&answered);
    assert_eq!((answered.status, &answered.json()), (status, body));
}

/// What every response has.
#[track_caller]
fn check_form(answered: &ServiceAnswer) {
    assert_eq!(answered.header("content-type"), Some("application/json"));
    assert_eq!(answered.header("content-length"), Some(answered.body.len().to_string().as_str()));
    assert!(answered.header("x-request-id").is_some_and(|id| !id.is_empty()));
    let body = answered.json();
    assert!(body["message"].is_string(), "{body}");
    assert!(body.as_object().unwrap().values().all(Value::is_string), "{body}");
}

#[test]
fn a_success_is_201_with_the_five_fields() {
    let body = json!({
        "message": "Ticket 12345678901234567890 created", "external_id": "12345678901234567890", "contact_external_id": "7",
        "contact_external_type": "lead", "contact_external_url": "https://desk.example.com/c/7"
    });
    check(json_answer(200, "{\"id\":12345678901234567890,\"contact\":7}"), 201, &body);
}

#[test]
fn ids_keep_their_exact_digits() {
    let body = |id: &str| json!({ "message": format!("Ticket {id} created"), "external_id": id, "contact_external_type": "lead" });
    check(json_answer(202, "{\"id\":\"007\",\"contact\":null}"), 201, &body("007"));
    check(json_answer(201, "{\"id\":1.10}"), 201, &body("1.10"));
    check(json_answer(201, "{\"id\":9007199254740993}"), 201, &body("9007199254740993"));
    check(json_answer(201, "{\"id\":1e3}"), 201, &body("1e3"));
}

#[test]
fn ids_that_are_sent_as_numbers_keep_their_digits() {
    let stub = StubService::answering(json_answer(201, "{\"id\":1}"));
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    for id in ["1e3", "1E3", "2.50e+01", "12345678901234567890"] {
        let body = format!("{{\"auth\":{{\"key\":\"k\"}},\"data\":{{\"subject\":{id}}}}}");
        assert_eq!(post(bridge.public(), "/desk/one", &body).status, 201);
        assert_eq!(stub.requests().last().unwrap().json(), json!({ "subject": id }));
    }
}

#[test]
fn a_refusal_is_400_with_the_services_reason() {
    check(
        json_answer(422, "{\"error\":{\"message\":\"Subject is too long\"}}"),
        400,
        &json!({ "message": "Desk answered 422: Subject is too long" }),
    );
    let page = respond(
        502,
        "Content-Type: text/html\r\n",
        "<html><head><title>x</title></head><body><h1>Bad Gateway</h1></body></html>",
    );
    let stub = StubService::answering(page);
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let message = post(bridge.public(), "/desk/one", CALL).message();
    assert!(message.contains("502") && message.contains("Bad Gateway") && !message.contains('<'), "{message}");
}

#[test]
fn redirects_and_unexpected_answers_are_400() {
    check(
        respond(302, "Location: https://elsewhere.example.com\r\n", ""),
        400,
        &json!({ "message": "Desk answered 302: Found" }),
    );
    let stub = StubService::answering(json_answer(200, "{\"other\":1}"));
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let answered = post(bridge.public(), "/desk/one", CALL);
    assert_eq!(answered.status, 400);
    assert!(answered.message().contains("`$.id` found nothing"), "{}", answered.message());
}

#[test]
fn an_unreachable_service_is_400() {
    let definitions = Definitions::new(&[
        ("desk/service.yaml", &service_at(&format!("http://{}", StubService::resetting()))),
        ("desk/one.yaml", FULL),
    ]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let answered = post(bridge.public(), "/desk/one", CALL);
    check_form(&answered);
    assert_eq!(answered.status, 400);
    assert!(answered.message().contains("may or may not"), "{}", answered.message());
}

#[test]
fn missing_fields_are_told_before_anything_is_sent() {
    let stub = StubService::answering(json_answer(201, "{\"id\":1}"));
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    for (call, told) in [
        ("{\"auth\":{\"key\":\"k\"},\"data\":{\"subject\":\"{{contact.name}}\"}}", "`subject` (Subject) is missing"),
        ("{}", "`subject` (Subject) is missing"),
        ("{\"auth\":null,\"data\":null,\"meta\":null}", "`auth.key` is missing"),
        ("{\"auth\":{\"key\":\"k\"},\"data\":[]}", "data"),
        ("[1]", ""),
        ("", ""),
        ("{\"data\":{\"subject\":\"a\",\"subject\":\"b\"}}", ""),
    ] {
        let answered = post(bridge.public(), "/desk/one", call);
        check_form(&answered);
        assert_eq!(answered.status, 400, "{call}");
        assert!(answered.message().contains(told), "{call}: {}", answered.message());
    }
    assert_eq!(stub.connections(), 0);
}

#[test]
fn an_auth_failure_is_401_only_if_the_service_says_so() {
    let stub = StubService::answering(json_answer(401, "{\"message\":\"token expired\"}"));
    let opted = format!("{}reply_401_on_auth_failure: true\n", service_at(&stub.url()));
    let definitions = Definitions::new(&[
        ("desk/service.yaml", &service_at(&stub.url())),
        ("desk/one.yaml", FULL),
        ("oauth/service.yaml", &opted),
        ("oauth/one.yaml", FULL),
    ]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    for (path, status) in [("/desk/one", 400), ("/oauth/one", 401)] {
        let answered = post(bridge.public(), path, CALL);
        check_form(&answered);
        assert_eq!((answered.status, answered.message().as_str()), (status, "Desk answered 401: token expired"));
    }
}

#[test]
fn a_silent_service_is_answered_for_at_the_deadline() {
    let gate = Gate::default();
    let waits = gate.clone();
    let stub = StubService::start(move |_| vec![Act::Wait(waits.clone())]);
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &["--deadline", "2s"]);
    let answered = post(bridge.public(), "/desk/one", CALL);
    check_form(&answered);
    assert_eq!(answered.status, 400);
    assert!(answered.message().contains("did not answer in time"), "{}", answered.message());
    let line = bridge.wait_for(|line| line["message"] == "call");
    assert_eq!(line["outcome"], "timeout");
    gate.open();
}

#[test]
fn a_caller_that_leaves_does_not_stop_its_call() {
    let (first, second) = (Gate::default(), json_answer(201, "{\"id\":7}"));
    let waits = first.clone();
    let stub = StubService::start(move |_| vec![Act::Wait(waits.clone()), Act::Send(second.clone())]);
    let twice = FULL
        .replace("request:\n  path: /tickets\n  json: { subject: \"{{data.subject}}\" }\n", "steps:\n  - id: one\n    request: { path: /tickets, json: { subject: \"{{data.subject}}\" } }\n    capture: { id: { path: $.id, required: true } }\n  - id: two\n    request: { path: \"/tickets/{{vars.id}}/notes\" }\n")
        .replace("{ path: $.id, required: true }\n  contact_external_id: $.contact", "\"{{vars.id}}\"\n  contact_external_id: \"{{vars.id}}\"");
    let definitions = Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", &twice)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let mut client = Client::connect(bridge.public());
    client.send("POST", "/desk/one", "Content-Type: application/json\r\n", CALL);
    stub.wait_for(1);
    drop(client);
    first.open();
    let requests = stub.wait_for(2);
    assert_eq!(requests[1].target, "/tickets/7/notes");
    assert_eq!(bridge.wait_for(|line| line["message"] == "call")["outcome"], "done");
}

#[test]
fn the_request_id_comes_back_and_stands_in_the_log() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let mut client = Client::connect(bridge.public());
    let mut call = |id: &str| {
        client.send("POST", "/desk/one", &format!("X-Request-Id: {id}\r\nContent-Type: application/json\r\n"), CALL);
        client.receive().header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(call("talkdesk-42"), "talkdesk-42");
    assert_ne!(call(&"x".repeat(5000)), "x".repeat(5000));
    let line = bridge.wait_for(|line| line["message"] == "call" && line["request_id"] == "talkdesk-42");
    assert_eq!(
        (&line["route"], &line["outcome"], &line["revision"]),
        (&json!("/desk/one"), &json!("done"), &json!("1"))
    );
}

#[test]
fn what_was_asked_arrives_as_it_was_written() {
    let stub = StubService::answering(json_answer(201, "{\"id\":7}"));
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    assert_eq!(post(bridge.public(), "/desk/one", CALL).status, 201);
    let request = &stub.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/tickets"));
    assert_eq!(request.json(), json!({ "subject": "Zoë says \"hi\" 🙂" }));
    assert_eq!(request.header("x-api-key").as_deref(), Some("k"));
    assert_eq!(request.header("content-type").as_deref(), Some("application/json"));
}

/// Everything is logged that can be, and none of it holds a secret.
#[test]
fn no_log_line_holds_a_secret() {
    let secrets = ["s3cret/pass+word", "query key?&=1", "operators own 7", "tok\"en\\x"];
    let [password, key, own, token] = secrets;
    // The service is indiscreet: it tells back all it was sent.
    let stub = StubService::start(|request| {
        let told = format!("{} {:?} {}", request.target, request.headers, request.text());
        vec![Act::Send(json_answer(422, &json!({ "message": told }).to_string()))]
    });
    let with = |authentication: &str| {
        format!(
            "version: 1\ntitle: Desk\ninput:\n  auth:\n    user: {{}}\n    password: {{}}\n    token: {{}}\nbase_url: {}\n\
             authentication: {authentication}\nheaders: {{ X-Own: \"{{{{secrets.own}}}}\", X-Token: \"{{{{auth.token}}}}\" }}\n",
            stub.url()
        )
    };
    let definitions = Definitions::new(&[
        ("basic/service.yaml", &with("{ type: basic, username: \"{{auth.user}}\", password: \"{{auth.password}}\" }")),
        ("basic/one.yaml", &ticket("first").replace("word: first", "word: \"{{auth.token}}\"")),
        ("query/service.yaml", &with("{ type: api_key, query: key, value: \"{{auth.password}}\" }")),
        ("query/one.yaml", &ticket("first").replace("word: first", "word: \"{{auth.user}}\"")),
    ]);
    let mut serve = crate::support::command();
    serve.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log",
        "trace",
    ]);
    serve
        .args(["--allow-private", "127.0.0.0/8", "--secret", "own=env:OWN_SECRET", "--actions"])
        .arg(definitions.root());
    let bridge = Bridge::start({
        serve.env("OWN_SECRET", own);
        serve
    });
    for (path, password) in [("/basic/one", password), ("/query/one", key)] {
        let call = json!({ "auth": { "user": "integration-user", "password": password, "token": token }, "data": { "subject": "the-subject-of-the-call" } });
        let answered = post(bridge.public(), path, &call.to_string());
        assert_eq!(answered.status, 400, "{}", answered.text());
        for secret in [password, token, own] {
            assert!(!answered.message().contains(secret), "{secret}: {}", answered.message());
        }
    }
    assert_eq!(stub.requests().len(), 2);
    bridge.signal("TERM");
    let (_, _, lines) = bridge.wait();
    assert_eq!(lines.iter().filter(|line| line.contains("\"message\":\"steps\"")).count(), 2, "{lines:?}");
    let encoded = STANDARD.encode(format!("integration-user:{password}"));
    let mut forms = vec![encoded, "the-subject-of-the-call".to_owned()];
    for secret in secrets {
        let json = json!(secret).to_string();
        forms.extend([
            secret.to_owned(),
            STANDARD.encode(secret),
            URL_SAFE.encode(secret),
            json.trim_matches('"').to_owned(),
        ]);
        forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
        forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>().replace('+', "%20"));
    }
    for line in &lines {
        // A JSON log line escapes once more.
        let plain = serde_json::from_str::<Value>(line)
            .map_or_else(|_| line.clone(), |line| line.to_string().replace("\\\\", "\\").replace("\\\"", "\""));
        for form in &forms {
            assert!(!line.contains(form.as_str()) && !plain.contains(form.as_str()), "{form} in {line}");
        }
    }
}

/// Whatever is sent, the process lives, and no line tells of a panic.
#[test]
fn nothing_that_is_sent_makes_it_panic() {
    let answers = [
        json_answer(200, "{\"id\":[1,{}]}"),
        json_answer(200, &format!("{}1{}", "[".repeat(500), "]".repeat(500))),
        json_answer(200, "{\"id\":1e99999}"),
        respond(200, "Content-Type: application/xml\r\n", "<a><b></a>"),
        respond(200, "Content-Type: application/json; charset=utf-16\r\n", [0xff, 0xfe, 0x00]),
        respond(204, "", ""),
        respond(999, "", "x"),
        b"\r\n\r\n".to_vec(),
    ];
    let count = answers.len();
    let stub = StubService::queue(answers.into_iter().map(|answer| vec![Act::Send(answer), Act::Close]).collect());
    let definitions = desk(&stub);
    let bridge = Bridge::serve(definitions.root(), &[]);
    for _ in 0..count {
        let answered = post(bridge.public(), "/desk/one", CALL);
        check_form(&answered);
        assert!([400, 201].contains(&answered.status), "{}", answered.text());
    }
    for call in [
        "\u{feff}{}",
        "{\"auth\":{\"key\":\"\\ud800\"}}",
        "{\"data\":{\"subject\":\"\\u0000\"}}",
        &"[".repeat(10_000),
        "nul",
    ] {
        check_form(&post(bridge.public(), "/desk/one", call));
    }
    assert!(!bridge.lines().iter().any(|line| line.contains("panic")), "{:?}", bridge.lines());
    check_form(&post(bridge.public(), "/desk/one", CALL));
}
