//! Calls that come twice, under every fault a service can have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;

use crate::support::{Act, Bridge, Client, Definitions, Gate, ServiceAnswer, StubService, json_answer, post};

/// What a service does with a request to create something.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Refuse,
    Busy,
    Unavailable,
    CreateThenFail,
    CreateThenCut,
    CreateThenStall,
    CreateThenLie,
}

/// Creates, and counts what it created.
struct Desk {
    service: StubService,
    created: Arc<AtomicUsize>,
}

impl Desk {
    /// One fault for each request, the last for all that follow.
    fn start(faults: Vec<Fault>) -> Self {
        let created = Arc::new(AtomicUsize::new(0));
        let (counted, seen) = (Arc::clone(&created), AtomicUsize::new(0));
        let service = StubService::start(move |_| {
            let number = seen.fetch_add(1, Ordering::SeqCst);
            let fault = faults.get(number).or(faults.last()).copied().unwrap_or(Fault::None);
            let creates = !matches!(fault, Fault::Refuse | Fault::Busy | Fault::Unavailable);
            let id = if creates { counted.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
            match fault {
                Fault::None => vec![Act::Send(json_answer(201, &format!(r#"{{"id":{id}}}"#)))],
                Fault::Refuse => vec![Act::Send(json_answer(422, r#"{"message":"no"}"#))],
                Fault::Busy => vec![Act::Send(json_answer(429, "{}"))],
                Fault::Unavailable => vec![Act::Send(json_answer(503, "{}"))],
                Fault::CreateThenFail => vec![Act::Send(json_answer(500, "{}"))],
                Fault::CreateThenCut => vec![Act::Close],
                Fault::CreateThenStall => vec![Act::Wait(Gate::default())],
                Fault::CreateThenLie => vec![Act::Send(json_answer(201, "{}"))],
            }
        });
        Self { service, created }
    }

    fn bridge(&self, deadline: &str) -> (Definitions, Bridge) {
        let definition = format!(
            "version: 1\ntitle: Create\ninput: {{ auth: {{ user: {{}} }}, data: {{ call_id: {{}}, note: {{}} }} }}\n\
             idempotency: {{ key: \"{{{{data.call_id}}}}\" }}\nbase_url: {}\nretry: {{ max: 2 }}\n\
             authentication: {{ type: api_key, header: X-User, value: \"{{{{default auth.user 'nobody'}}}}\" }}\n\
             request: {{ path: /tickets, json: {{ note: \"{{{{data.note}}}}\", key: \"{{{{idempotency_key}}}}\" }} }}\n\
             response: {{ external_id: {{ path: $.id, required: true }} }}\n",
            self.service.url()
        );
        let definitions = Definitions::new(&[("create.yaml", &definition)]);
        let bridge = Bridge::serve(definitions.root(), &["--deadline", deadline]);
        (definitions, bridge)
    }

    fn created(&self) -> usize {
        self.created.load(Ordering::SeqCst)
    }
}

fn call(bridge: &Bridge, user: &str, call_id: &str) -> ServiceAnswer {
    let body = format!(r#"{{"auth":{{"user":"{user}"}},"data":{{"call_id":"{call_id}"}}}}"#);
    post(bridge.public(), "/create", &body)
}

#[test]
fn a_call_that_succeeded_is_answered_again_without_being_carried_out() {
    let desk = Desk::start(vec![Fault::None]);
    let (_definitions, bridge) = desk.bridge("8s");
    let (first, second) = (call(&bridge, "ann", "c1"), call(&bridge, "ann", "c1"));
    assert_eq!((first.status, first.text()), (201, second.text()));
    assert_eq!(desk.created(), 1);
    // Another key, another tenant, and no key at all are other calls.
    call(&bridge, "ann", "c2");
    call(&bridge, "bob", "c1");
    call(&bridge, "ann", "");
    call(&bridge, "ann", "");
    post(bridge.public(), "/create", r#"{"auth":{"user":"ann"}}"#);
    post(bridge.public(), "/create", r#"{"auth":{"user":"ann"}}"#);
    assert_eq!(desk.created(), 7);
}

#[test]
fn calls_in_flight_are_joined() {
    let desk = Desk::start(vec![Fault::None]);
    let (_definitions, bridge) = desk.bridge("8s");
    let address = bridge.public();
    let body = r#"{"data":{"call_id":"c1"}}"#;
    let calls: Vec<_> = (0..50).map(|_| thread::spawn(move || post(address, "/create", body))).collect();
    let answers: Vec<ServiceAnswer> = calls.into_iter().map(|call| call.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text() == answers[0].text()));
    assert_eq!(desk.created(), 1);
}

/// What an action with this header makes of a service that creates, then cuts the first connection.
#[track_caller]
fn check_header(header: &str, expected: (u16, usize)) {
    let seen = AtomicUsize::new(0);
    let service = StubService::start(move |_| match seen.fetch_add(1, Ordering::SeqCst) {
        0 => vec![Act::Close],
        _ => vec![Act::Send(json_answer(201, r#"{"id":1}"#))],
    });
    let definition = format!(
        "version: 1\ninput: {{ auth: {{ user: {{ required: true }} }}, data: {{ call_id: {{}} }} }}\nidempotency: {{ key: \"{{{{data.call_id}}}}\" }}\n\
         base_url: {}\nretry: {{ max: 1 }}\nauthentication: {{ type: api_key, header: X-User, value: \"{{{{auth.user}}}}\" }}\n\
         request: {{ path: /tickets, headers: {{ {header} }}, json: {{}} }}\nresponse: {{ external_id: {{ path: $.id, required: true }} }}\n",
        service.url()
    );
    let definitions = Definitions::new(&[("create.yaml", &definition)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let answer = call(&bridge, "ann", "c1");
    let sent = service.requests();
    assert_eq!((answer.status, sent.len()), expected, "{header}: {}", answer.text());
    let keys: Vec<Option<String>> = sent.iter().map(|request| request.header("idempotency-key")).collect();
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_some()), "{keys:?}");
}

#[test]
fn a_post_is_repeated_after_a_cut_only_if_the_service_can_tell() {
    check_header("X-A: b", (400, 1));
    check_header("Idempotency-Key: always-the-same", (400, 1));
    check_header("Idempotency-Key: \"{{idempotency_key}}\"", (201, 2));
    check_header("Idempotency-Key: \"{{uuid}}\"", (201, 2));
}

#[test]
fn the_key_that_is_sent_on_is_stable_and_each_tenants_own() {
    let desk = Desk::start(vec![Fault::Refuse]);
    let (_definitions, bridge) = desk.bridge("8s");
    for (user, call_id) in [("ann", "c1"), ("ann", "c1"), ("bob", "c1"), ("ann", "c2"), ("ann", "")] {
        assert_eq!(call(&bridge, user, call_id).status, 400);
    }
    let keys: Vec<serde_json::Value> = desk.service.requests().iter().map(|sent| sent.json()["key"].clone()).collect();
    assert_eq!(keys[0], keys[1]);
    assert!(keys[0] != keys[2] && keys[0] != keys[3], "{keys:?}");
    assert!(keys[0].as_str().is_some_and(|key| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert!(keys[4].is_null(), "no key, nothing to send");
}

#[test]
fn a_header_that_differs_from_call_to_call_makes_no_repetition_safe() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let service = StubService::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        vec![Act::Send(json_answer(500, "{}"))]
    });
    let definition = format!(
        "version: 1\ninput: {{ auth: {{ user: {{}} }}, data: {{ call_id: {{}} }} }}\nidempotency: {{ key: \"{{{{data.call_id}}}}\" }}\n\
         base_url: {}\nauthentication: {{ type: api_key, header: X-User, value: \"{{{{auth.user}}}}\" }}\n\
         request: {{ path: /tickets, headers: {{ Idempotency-Key: \"{{{{uuid}}}}\" }}, json: {{}} }}\nresponse: {{ message: done }}\n",
        service.url()
    );
    let definitions = Definitions::new(&[("create.yaml", &definition)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    call(&bridge, "ann", "c1");
    assert!(call(&bridge, "ann", "c1").message().contains("it is unknown"), "the second uuid would be another call");
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[test]
fn a_call_that_never_left_is_carried_out_the_next_time() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nowhere.local_addr().unwrap();
    drop(nowhere);
    let definition = |url: &str| {
        format!(
            "version: 1\ninput: {{ data: {{ call_id: {{}} }} }}\nidempotency: {{ key: \"{{{{data.call_id}}}}\" }}\nbase_url: {url}\n\
             request: {{ path: /tickets, json: {{}} }}\nresponse: {{ message: done }}\n"
        )
    };
    let definitions = Definitions::new(&[("create.yaml", &definition(&format!("http://{address}")))]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let body = r#"{"data":{"call_id":"c1"}}"#;
    assert_eq!(post(bridge.public(), "/create", body).status, 400);
    let up = StubService::answering(json_answer(201, "{}"));
    definitions.write("create.yaml", &definition(&up.url()));
    assert_eq!(crate::support::request(bridge.admin(), "POST", "/reload").status, 200);
    assert_eq!(post(bridge.public(), "/create", body).status, 201);
}

#[test]
fn a_refusal_is_not_remembered() {
    let desk = Desk::start(vec![Fault::Refuse, Fault::None]);
    let (_definitions, bridge) = desk.bridge("8s");
    assert_eq!(call(&bridge, "ann", "c1").status, 400);
    assert_eq!(call(&bridge, "ann", "c1").status, 201);
}

#[test]
fn a_call_whose_outcome_nobody_knows_is_told_so_and_not_repeated() {
    for fault in [Fault::CreateThenStall, Fault::CreateThenCut, Fault::CreateThenFail, Fault::CreateThenLie] {
        let desk = Desk::start(vec![fault, Fault::None]);
        // Only a service that is silent is waited for to the end: time enough for the request to arrive there.
        let (_definitions, bridge) = desk.bridge(if matches!(fault, Fault::CreateThenStall) { "3s" } else { "25s" });
        assert_eq!(call(&bridge, "ann", "c1").status, 400, "{fault:?}");
        let again = call(&bridge, "ann", "c1");
        assert_eq!(again.status, 400, "{fault:?}");
        assert!(again.message().contains("it is unknown whether it was carried out"), "{fault:?}: {}", again.text());
        assert_eq!((desk.created(), desk.service.requests().len()), (1, 1), "{fault:?}");
    }
}

#[test]
fn a_caller_who_leaves_changes_nothing() {
    let gate = Gate::default();
    let (held, seen) = (gate.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&seen);
    let service = StubService::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        vec![Act::Wait(held.clone()), Act::Send(json_answer(201, r#"{"id":1}"#))]
    });
    let desk = Desk { service, created: Arc::default() };
    let (_definitions, bridge) = desk.bridge("8s");
    let body = r#"{"data":{"call_id":"c1"}}"#;
    let mut client = Client::connect(bridge.public());
    client.send("POST", "/create", "Content-Type: application/json\r\n", body);
    desk.service.wait_for(1);
    drop(client);
    gate.open();
    // The call that nobody waits for any longer ends, and is logged, like any other.
    bridge.wait_for_line("call");
    let again = post(bridge.public(), "/create", body);
    assert_eq!((again.status, seen.load(Ordering::SeqCst)), (201, 1), "{}", again.text());
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::None),
        Just(Fault::Refuse),
        Just(Fault::Busy),
        Just(Fault::Unavailable),
        Just(Fault::CreateThenFail),
        Just(Fault::CreateThenCut),
        Just(Fault::CreateThenStall),
        Just(Fault::CreateThenLie),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 10, ..ProptestConfig::default() })]

    /// Whatever the service does, repeated calls with one key create one thing, and each is answered.
    #[test]
    fn nothing_is_created_twice_and_every_call_is_answered(faults in prop::collection::vec(fault(), 1..5)) {
        let desk = Desk::start(faults.clone());
        let (_definitions, bridge) = desk.bridge("400ms");
        for _ in 0..4 {
            let status = call(&bridge, "ann", "c1").status;
            prop_assert!(status == 201 || status == 400, "{status}");
        }
        prop_assert!(desk.created() <= 1, "{} by {faults:?}", desk.created());
    }
}
