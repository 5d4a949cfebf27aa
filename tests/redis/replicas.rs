//! Two processes with one Redis.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::server::RedisServer;
use crate::support::{Act, Bridge, Definitions, ServiceAnswer, StubService, json_answer, post};

/// Gives tokens, creates tickets, and counts both.
struct Desk {
    service: StubService,
    tokens: Arc<AtomicUsize>,
    created: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn start() -> Self {
        let (tokens, created) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, noted) = (Arc::clone(&tokens), Arc::clone(&created));
        let service = StubService::start(move |request| {
            let answer = if request.text().contains("grant_type") {
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                json_answer(200, &format!(r#"{{"access_token":"secret-token-{number}","expires_in":3600}}"#))
            } else {
                let mut created = noted.lock().unwrap();
                created.push(request.header("authorization").unwrap_or_default());
                json_answer(201, &format!(r#"{{"id":{}}}"#, created.len()))
            };
            vec![Act::Send(answer)]
        });
        Self { service, tokens, created }
    }

    fn definitions(&self) -> Definitions {
        let url = self.service.url();
        let service = format!(
            "version: 1\ntitle: Desk\ninput: {{ auth: {{ id: {{ required: true }}, secret: {{ required: true }} }} }}\n\
             base_url: {url}\nauthentication:\n  type: oauth2\n  grant: client_credentials\n  token_url: {url}/token\n  \
             client: {{ id: \"{{{{auth.id}}}}\", secret: \"{{{{auth.secret}}}}\" }}\n"
        );
        let action = "version: 1\ninput: { data: { call_id: {} } }\nidempotency: { key: \"{{data.call_id}}\" }\n\
                      request: { path: /tickets, json: {} }\nresponse: { external_id: { path: $.id, required: true } }\n";
        let limited = "version: 1\nlimits: { rate: 5/h }\nrequest: { path: /tickets, json: {} }\n\
                       response: { external_id: { path: $.id, required: true } }\n";
        Definitions::new(&[
            ("desk/service.yaml", &service),
            ("desk/create.yaml", action),
            ("desk/limited.yaml", limited),
        ])
    }
}

/// Two replicas, each with an address of its own.
fn replicas(definitions: &Definitions, server: &RedisServer) -> [Bridge; 2] {
    std::fs::write(definitions.path("../state.key"), "0123456789abcdef0123456789abcdef").unwrap();
    let key = format!("file:{}", definitions.path("../state.key").display());
    [(); 2]
        .map(|()| Bridge::serve(definitions.root(), &["--state", &server.url(), "--state-key", &key, "--log", "debug"]))
}

/// The same call `times` times at once, by turns on both.
fn storm(replicas: &[Bridge; 2], times: usize, body: impl Fn(usize) -> String, route: &str) -> Vec<ServiceAnswer> {
    let calls: Vec<_> = (0..times)
        .map(|number| {
            let (address, body, route) = (replicas[number % 2].public(), body(number), route.to_owned());
            thread::spawn(move || post(address, &route, &body))
        })
        .collect();
    calls.into_iter().map(|call| call.join().unwrap()).collect()
}

fn call(call_id: &str) -> String {
    format!(r#"{{"auth":{{"id":"app","secret":"s3cr3t-of-the-app"}},"data":{{"call_id":"{call_id}"}}}}"#)
}

#[test]
fn one_token_serves_both_and_none_is_kept_in_clear() {
    let (desk, server) = (Desk::start(), RedisServer::start());
    let definitions = desk.definitions();
    let replicas = replicas(&definitions, &server);
    let answers = storm(&replicas, 100, |number| call(&format!("call-{number}")), "/desk/create");
    assert!(answers.iter().all(|answer| answer.status == 201), "{:?}", answers.first().map(ServiceAnswer::text));
    assert_eq!(desk.tokens.load(Ordering::SeqCst), 1);
    assert_eq!(desk.created.lock().unwrap().len(), 100);
    let all = server.everything();
    for secret in ["secret-token", "s3cr3t-of-the-app", "call-1"] {
        assert!(!all.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        for replica in &replicas {
            assert!(!replica.lines().iter().any(|line| line.contains(secret)), "{secret}");
        }
    }
}

#[test]
fn the_same_call_on_both_is_carried_out_once() {
    let (desk, server) = (Desk::start(), RedisServer::start());
    let definitions = desk.definitions();
    let replicas = replicas(&definitions, &server);
    let answers = storm(&replicas, 40, |_| call("the-same"), "/desk/create");
    let bodies: std::collections::BTreeSet<String> = answers.iter().map(ServiceAnswer::text).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(desk.created.lock().unwrap().len(), 1);
}

#[test]
fn a_rate_is_counted_over_both() {
    let (desk, server) = (Desk::start(), RedisServer::start());
    let definitions = desk.definitions();
    let replicas = replicas(&definitions, &server);
    let answers = storm(&replicas, 20, |_| call(""), "/desk/limited");
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    assert_eq!(desk.created.lock().unwrap().len(), 5);
    let told: Vec<Value> = answers.iter().filter(|answer| answer.status == 400).map(ServiceAnswer::json).collect();
    assert!(told.iter().all(|body| body["message"].as_str().is_some_and(|told| told.contains("nothing was sent"))));
}

#[test]
fn calls_go_on_while_redis_is_away() {
    let (desk, mut server) = (Desk::start(), RedisServer::start());
    let definitions = desk.definitions();
    let replicas = replicas(&definitions, &server);
    assert_eq!(post(replicas[0].public(), "/desk/create", &call("first")).status, 201);
    server.end();
    let answers = storm(&replicas, 20, |number| call(&format!("away-{number}")), "/desk/create");
    assert!(answers.iter().all(|answer| answer.status == 201), "{:?}", answers.first().map(ServiceAnswer::text));
    replicas[0].wait_for(|line| line["message"].as_str().is_some_and(|told| told.contains("the shared state is away")));
    server.begin();
    // One call in a second asks for it.
    let until = std::time::Instant::now() + crate::support::PATIENCE;
    while !replicas[0].lines().iter().any(|line| line.contains("the shared state is back")) {
        assert!(std::time::Instant::now() < until, "it does not come back");
        assert_eq!(post(replicas[0].public(), "/desk/create", &call("")).status, 201);
    }
}
