//! Tokens over real sockets: fetched once, renewed once, told apart by tenant, never shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::support::{
    Act, Bridge, Definitions, Gate, PATIENCE, ServiceAnswer, StubService, json_answer, post, request,
};

/// A service that counts its tokens; `answer` says what it makes of the newest token and the one it was sent.
struct Desk {
    service: StubService,
    tokens: Arc<AtomicUsize>,
}

impl Desk {
    /// `expires_in` is JSON; `answer` gets the number of tokens given, and the request's own.
    fn start(expires_in: &'static str, answer: fn(usize, &str) -> Vec<u8>) -> Self {
        let tokens = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tokens);
        let service = StubService::start(move |request| {
            let answer = if request.text().contains("grant_type") {
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                json_answer(200, &format!(r#"{{"access_token":"secret-token-{number}","expires_in":{expires_in}}}"#))
            } else {
                answer(counted.load(Ordering::SeqCst), &request.header("authorization").unwrap_or_default())
            };
            vec![Act::Send(answer)]
        });
        Self { service, tokens }
    }

    fn bridge(&self, more: &str) -> (Definitions, Bridge) {
        let definitions = definitions_at(&self.service.url(), more);
        let bridge = Bridge::serve(definitions.root(), &["--log", "debug", "--deadline", "25s"]);
        (definitions, bridge)
    }

    fn tokens(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }
}

fn definitions_at(url: &str, more: &str) -> Definitions {
    let service = format!(
        "version: 1\ntitle: Desk\ninput: {{ auth: {{ id: {{ required: true }}, secret: {{ required: true }}, path: {{ secret: false }} }} }}\n\
         base_url: \"{url}/x{{{{auth.path}}}}\"\nreply_401_on_auth_failure: true\nauthentication:\n  type: oauth2\n  \
         grant: client_credentials\n  token_url: {url}/token\n  \
         client: {{ id: \"{{{{auth.id}}}}\", secret: \"{{{{auth.secret}}}}\" }}\n{more}"
    );
    let action = "version: 1\nrequest: { path: /tickets, json: {} }\n\
                  response: { external_id: { path: $.id, required: true } }\n";
    Definitions::new(&[("desk/service.yaml", &service), ("desk/create.yaml", action)])
}

const CALL: &str = r#"{"auth":{"id":"app","secret":"s3cr3t-of-the-app","path":"1"}}"#;

fn storm(bridge: &Bridge, times: usize, body: &'static str) -> Vec<ServiceAnswer> {
    let address = bridge.public();
    let calls: Vec<_> = (0..times).map(|_| thread::spawn(move || post(address, "/desk/create", body))).collect();
    calls.into_iter().map(|call| call.join().unwrap()).collect()
}

fn created(_: usize, _: &str) -> Vec<u8> {
    json_answer(201, r#"{"id":7}"#)
}

#[test]
fn five_hundred_first_calls_make_one_token_request() {
    let desk = Desk::start("3600", created);
    let (_definitions, bridge) = desk.bridge("");
    let answers = storm(&bridge, 500, CALL);
    assert!(answers.iter().all(|answer| answer.status == 201), "{:?}", answers.first().map(ServiceAnswer::text));
    assert_eq!(desk.tokens(), 1);
    assert!(!bridge.lines().iter().any(|line| line.contains("secret-token") || line.contains("s3cr3t-of")));
}

#[test]
fn a_token_that_all_hold_is_renewed_once_when_it_is_refused() {
    // The first token is refused from the start.
    let desk = Desk::start("3600", |_, sent| match sent {
        "Bearer secret-token-1" => json_answer(401, "{}"),
        _ => json_answer(201, r#"{"id":7}"#),
    });
    let (_definitions, bridge) = desk.bridge("");
    let answers = storm(&bridge, 100, CALL);
    assert!(answers.iter().all(|answer| answer.status == 201), "{:?}", answers.first().map(ServiceAnswer::text));
    assert_eq!(desk.tokens(), 2);
}

#[track_caller]
fn check_expiry(rule: &str, answer: fn(usize, &str) -> Vec<u8>, expected: (u16, usize)) {
    let desk = Desk::start("3600", answer);
    let (_definitions, bridge) = desk.bridge(&format!("  expired_when: {rule}\n"));
    let status = post(bridge.public(), "/desk/create", CALL).status;
    assert_eq!((status, desk.tokens()), expected, "{rule}");
}

#[test]
fn expiry_is_told_by_status_or_by_what_the_answer_says() {
    fn old_is(sent: &str, answer: Vec<u8>) -> Vec<u8> {
        if sent.ends_with("-1") { answer } else { json_answer(201, r#"{"id":7}"#) }
    }
    check_expiry("{ status: 403 }", |_, sent| old_is(sent, json_answer(403, "{}")), (201, 2));
    let by_code = "{ status: 400, when: { eq: [$.code, expired] } }";
    check_expiry(by_code, |_, sent| old_is(sent, json_answer(400, r#"{"code":"expired"}"#)), (201, 2));
    check_expiry(by_code, |_, sent| old_is(sent, json_answer(400, r#"{"code":"other"}"#)), (400, 1));
    let in_success = "{ status: 200, when: { eq: [$.code, expired] } }";
    check_expiry(in_success, |_, sent| old_is(sent, json_answer(200, r#"{"code":"expired"}"#)), (201, 2));
    check_expiry("{ status: [401, 4xx] }", |_, _| json_answer(429, "{}"), (400, 1));
    // Refused twice: the credentials are at fault, and nobody goes on for ever.
    check_expiry("{ status: 401 }", |_, _| json_answer(401, "{}"), (401, 2));
}

#[test]
fn two_tenants_never_share_a_token() {
    let desk = Desk::start("3600", created);
    let (_definitions, bridge) = desk.bridge("");
    for body in [
        CALL,
        r#"{"auth":{"id":"other","secret":"s3cr3t-of-the-app","path":"1"}}"#,
        // The same client at another address.
        r#"{"auth":{"id":"app","secret":"s3cr3t-of-the-app","path":"2"}}"#,
        CALL,
    ] {
        assert_eq!(post(bridge.public(), "/desk/create", body).status, 201);
    }
    assert_eq!(desk.tokens(), 3);
}

#[test]
fn a_life_that_makes_no_sense_is_told_and_one_that_says_nothing_is_an_hour() {
    for (expires_in, status) in
        [("null", 201), ("0", 201), ("-5", 201), (r#""3600""#, 201), (r#""soon""#, 400), ("[1]", 400)]
    {
        let desk = Desk::start(expires_in, created);
        let (_definitions, bridge) = desk.bridge("");
        let answers = [post(bridge.public(), "/desk/create", CALL), post(bridge.public(), "/desk/create", CALL)];
        assert!(answers.iter().all(|answer| answer.status == status), "{expires_in}: {}", answers[0].text());
        assert_eq!(desk.tokens(), 1, "{expires_in}");
    }
}

#[test]
fn a_token_call_that_fails_is_told_and_not_repeated_at_once() {
    let fails: [(&[u8], u16); 5] = [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>", 400),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"access_token\":[\"a\"]}", 400),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 26\r\n\r\n{\"error\":\"invalid_client\"}", 401),
    ];
    for (bytes, status) in fails {
        let service = StubService::start(|_| vec![Act::Send(bytes.to_vec()), Act::Close]);
        let definitions = definitions_at(&service.url(), "");
        let bridge = Bridge::serve(definitions.root(), &["--log", "debug"]);
        let began = Instant::now();
        for answer in storm(&bridge, 50, CALL) {
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(answer.message().starts_with("No access token: "), "{}", answer.text());
            assert!(!answer.text().contains("s3cr3t"));
        }
        // The first pause after a refusal is a second, and each is twice the one before: one request more for each that
        // passed while the calls came in.
        let passed = usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!(service.requests().len() <= 1 + passed, "{}", String::from_utf8_lossy(bytes));
        assert!(!bridge.lines().iter().any(|line| line.contains("s3cr3t")));
    }
}

#[test]
fn calls_that_wait_for_a_token_share_a_failure_that_is_no_answer() {
    let gate = Gate::default();
    let held = gate.clone();
    let service = StubService::start(move |_| vec![Act::Wait(held.clone()), Act::Close]);
    let definitions = definitions_at(&service.url(), "");
    let bridge = Bridge::serve(definitions.root(), &[]);
    let calls = thread::scope(|scope| {
        let storm = scope.spawn(|| storm(&bridge, 20, CALL));
        service.wait_for(1);
        gate.open();
        storm.join().unwrap()
    });
    assert!(calls.iter().all(|answer| answer.status == 400 && answer.message().starts_with("No access token: ")));
    assert!(service.requests().len() < 20, "{} requests", service.requests().len());
    // Not remembered: the next call asks again.
    let before = service.requests().len();
    post(bridge.public(), "/desk/create", CALL);
    assert!(service.requests().len() > before);
}

#[test]
fn a_token_that_ends_is_followed_by_another() {
    let desk = Desk::start("2", created);
    let (_definitions, bridge) = desk.bridge("");
    let until = Instant::now() + PATIENCE;
    while desk.tokens() < 3 {
        assert!(Instant::now() < until, "it is not renewed");
        assert_eq!(post(bridge.public(), "/desk/create", CALL).status, 201);
    }
    // A newer one is never followed by an older one.
    let sent = desk.service.requests();
    let used: Vec<String> = sent.iter().filter_map(|request| request.header("authorization")).collect();
    let used: Vec<&String> = used.iter().filter(|text| text.starts_with("Bearer")).collect();
    assert!(used.len() >= 3 && used.is_sorted(), "{used:?}");
}

#[test]
fn no_page_of_the_operators_holds_a_secret() {
    let desk = Desk::start("3600", created);
    let (_definitions, bridge) = desk.bridge("");
    assert_eq!(post(bridge.public(), "/desk/create", CALL).status, 201);
    for (method, path) in [("GET", "/readyz"), ("GET", "/healthz"), ("GET", "/api/catalog"), ("POST", "/reload")] {
        let page = request(bridge.admin(), method, path);
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text().contains("secret-token") && !page.text().contains("s3cr3t"), "{path}");
    }
}

#[test]
fn refused_twice_is_400_unless_the_service_says_otherwise() {
    let desk = Desk::start("3600", |_, _| json_answer(401, "{}"));
    let definitions = definitions_at(&desk.service.url(), "");
    let service = std::fs::read_to_string(definitions.path("desk/service.yaml")).unwrap();
    definitions.write("desk/service.yaml", &service.replace("reply_401_on_auth_failure: true", ""));
    let bridge = Bridge::serve(definitions.root(), &[]);
    assert_eq!((post(bridge.public(), "/desk/create", CALL).status, desk.tokens()), (400, 2));
}

#[test]
fn a_token_survives_a_reload() {
    let desk = Desk::start("3600", created);
    let (definitions, bridge) = desk.bridge("");
    assert_eq!(post(bridge.public(), "/desk/create", CALL).status, 201);
    let changed = "version: 1\ntitle: Changed\nrequest: { path: /tickets, json: { a: 1 } }\n\
                   response: { external_id: { path: $.id, required: true } }\n";
    definitions.write("desk/create.yaml", changed);
    assert_eq!(request(bridge.admin(), "POST", "/reload").status, 200);
    assert_eq!(post(bridge.public(), "/desk/create", CALL).status, 201);
    assert_eq!(desk.tokens(), 1);
}

#[test]
fn an_address_that_comes_with_a_token_obeys_the_rules() {
    let elsewhere = StubService::answering(json_answer(201, r#"{"id":7}"#));
    let target = elsewhere.url();
    let body = format!(r#"{{"access_token":"t","instance_url":"{target}"}}"#);
    let service = StubService::answering(json_answer(200, &body));
    let url = service.url();
    let host = url.trim_start_matches("http://");
    let definition = format!(
        "version: 1\nbase_url: \"{{{{token.instance_url}}}}\"\nallowed_hosts: [\"{host}\"]\nauthentication:\n  type: oauth2\n  \
         grant: client_credentials\n  token_url: {url}/token\n  client: {{ id: a, secret: b }}\n  \
         token: {{ export: {{ instance_url: {{ path: $.instance_url, required: true }} }} }}\n\
         request: {{ path: /tickets }}\nresponse: {{ message: done }}\n"
    );
    let definitions = Definitions::new(&[("create.yaml", &definition)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let answer = post(bridge.public(), "/create", "{}");
    assert_eq!((answer.status, elsewhere.connections()), (400, 0), "{}", answer.text());
}

#[test]
fn a_refresh_token_in_a_state_that_a_restart_loses_is_a_warning() {
    let service = "version: 1
title: Desk
base_url: https://desk.example.com
allowed_hosts: [desk.example.com]
input: { auth: { refresh: { required: true } } }
authentication:
  type: oauth2
  grant: refresh_token
  refresh_token: \"{{auth.refresh}}\"
  token_url: https://desk.example.com/token
  client: { id: bridge, secret: none, send: body }
";
    let action = "version: 1\ntitle: Act\nrequest: { path: /a, json: {} }\nresponse: { message: Done }\n";
    let definitions = Definitions::new(&[("desk/service.yaml", service), ("desk/act.yaml", action)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let line = bridge.wait_for_line(
        "these services may replace refresh tokens, and a restart loses the new ones: keep the state in Redis",
    );
    assert_eq!(line["services"], "desk");
}
