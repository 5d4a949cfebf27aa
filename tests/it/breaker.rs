//! Open circuits of hosts and of callers, seen over real sockets.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use action_executor::upstream::{BreakerState, HostHealth, Network, OutboundRequest, SendError, Sender};

use crate::support::{
    Act, Bridge, Definitions, Gate, StubService, get, json_answer, loopback, post, respond, run, service_at, ticket,
};

/// A request of the action and the credentials with this hash.
fn of(caller: u64, url: &str) -> Box<OutboundRequest> {
    Box::new(OutboundRequest { caller, ..get(url) })
}

/// Ten answers of 503.
async fn open(network: &Network, url: &str) {
    for _ in 0..10 {
        assert_eq!(network.send(Box::new(get(url))).await.unwrap().status, 503);
    }
}

async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[test]
fn requests_that_fail_again_and_again_open_a_circuit_and_are_tried_again() {
    let stub = StubService::queue(
        std::iter::repeat_n(vec![Act::Send(respond(503, "", ""))], 11)
            .chain([vec![Act::Send(respond(200, "", "back"))]])
            .collect(),
    );
    let (network, url) = (loopback(), stub.url());
    run(async {
        open(&network, &url).await;
        let resting = network.send(Box::new(get(&format!("{url}/elsewhere")))).await.unwrap_err();
        assert!(matches!(resting, SendError::CircuitOpen { seconds: 1..=5 }), "{resting:?}");
        assert!(!resting.may_have_arrived() && !resting.may_pass());
        assert_eq!(stub.requests().len(), 10);
        let states = network.breakers();
        let [HostHealth { host, state: BreakerState::Open { .. } }] = states.as_slice() else { panic!("{states:?}") };
        assert_eq!(host, "the host", "as the request says that it may be shown");
        pass(5).await;
        assert_eq!(network.send(Box::new(get(&url))).await.unwrap().status, 503, "the probe passes");
        let resting = network.send(Box::new(get(&url))).await.unwrap_err();
        assert!(matches!(resting, SendError::CircuitOpen { seconds: 6..=10 }), "{resting:?}");
        pass(10).await;
        assert_eq!(network.send(Box::new(get(&url))).await.unwrap().body, "back");
        assert_eq!(network.breakers(), []);
        assert_eq!(network.send(Box::new(get(&url))).await.unwrap().body, "back");
        assert_eq!(stub.requests().len(), 13);
    });
}

#[test]
fn refused_connections_open_it_too() {
    let address = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 9), 0)).unwrap().local_addr().unwrap();
    let (network, url) = (loopback(), format!("http://{address}"));
    run(async {
        for _ in 0..10 {
            assert_eq!(network.send(Box::new(get(&url))).await, Err(SendError::Connect));
        }
        assert!(matches!(network.send(Box::new(get(&url))).await, Err(SendError::CircuitOpen { .. })));
    });
}

#[test]
fn slow_calls_of_one_caller_open_nothing_for_another() {
    let gate = Gate::default();
    let waits = gate.clone();
    let stub = StubService::start(move |request| match request.target.as_str() {
        "/slow" => vec![Act::Wait(waits.clone())],
        _ => vec![Act::Send(respond(200, "", "ok"))],
    });
    let (slow, good) = (format!("{}/slow", stub.url()), format!("{}/good", stub.url()));
    let network = Arc::new(loopback());
    run(async {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let request = OutboundRequest { attempt_timeout: Duration::from_secs(1), ..*of(1, &slow) };
            let network = Arc::clone(&network);
            calls.spawn(async move { network.send(Box::new(request)).await });
        }
        for sent in calls.join_all().await {
            assert_eq!(sent, Err(SendError::Timeout));
        }
        let refused = network.send(of(1, &slow)).await;
        assert!(matches!(refused, Err(SendError::CircuitOpen { .. })), "{refused:?}");
        assert_eq!(network.send(of(2, &good)).await.unwrap().body, "ok", "another action, or other credentials");
        let states = network.breakers();
        let [HostHealth { host, state: BreakerState::Open { .. } }] = states.as_slice() else { panic!("{states:?}") };
        assert_eq!(host, "the host");
    });
    gate.open();
}

#[test]
fn failures_to_connect_open_it_for_every_caller() {
    let address = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 10), 0)).unwrap().local_addr().unwrap();
    let (network, url) = (loopback(), format!("http://{address}"));
    run(async {
        for caller in 0..10 {
            assert_eq!(network.send(of(caller, &url)).await, Err(SendError::Connect));
        }
        assert!(matches!(network.send(of(99, &url)).await, Err(SendError::CircuitOpen { .. })));
    });
}

#[test]
fn a_probe_whose_caller_goes_away_frees_its_place() {
    let gate = Gate::default();
    let mut scripts = vec![vec![Act::Send(respond(503, "", ""))]; 10];
    scripts.push(vec![Act::Wait(gate.clone())]);
    scripts.push(vec![Act::Send(respond(200, "", "back"))]);
    let stub = StubService::queue(scripts);
    let (network, url) = (loopback(), stub.url());
    run(async {
        open(&network, &url).await;
        pass(5).await;
        {
            let request = get(&url);
            let mut probe = Box::pin(network.send(Box::new(request.clone())));
            let arrived = async {
                while stub.requests().len() < 11 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                sent = &mut probe => panic!("{sent:?}"),
                () = arrived => {}
            }
            let other = network.send(Box::new(get(&url))).await;
            assert_eq!(other, Err(SendError::CircuitOpen { seconds: 1 }), "one probe at a time");
        }
        assert_eq!(network.send(Box::new(get(&url))).await.unwrap().body, "back");
        gate.open();
    });
}

#[test]
fn another_port_is_another_host() {
    let down = StubService::answering(respond(503, "", ""));
    let up = StubService::answering(respond(200, "", "ok"));
    let network = loopback();
    run(async {
        open(&network, &down.url()).await;
        assert!(network.send(Box::new(get(&down.url()))).await.is_err());
        assert_eq!(network.send(Box::new(get(&up.url()))).await.unwrap().body, "ok");
    });
}

#[test]
fn the_cool_down_is_in_the_message() {
    let message = |seconds| SendError::CircuitOpen { seconds }.to_string();
    assert_eq!(message(5), "its circuit is open after repeated failures; the cool-down ends in 5 seconds");
    assert_eq!(message(1), "its circuit is open after repeated failures; the cool-down ends in 1 second");
}

#[test]
fn the_log_says_so_once_and_callers_are_answered_at_once() {
    let stub = StubService::answering(respond(502, "", ""));
    let definitions =
        Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", &ticket("first"))]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let call = "{\"auth\":{\"key\":\"k\"},\"data\":{\"subject\":\"s\"}}";
    for _ in 0..10 {
        assert_eq!(post(bridge.public(), "/desk/one", call).status, 400);
    }
    let opened = |line: &serde_json::Value| line["host"] == stub.url();
    assert_eq!(bridge.wait_for(opened)["level"], "WARN");
    for _ in 0..3 {
        let answer = post(bridge.public(), "/desk/one", call);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("Desk could not be reached: its circuit is open"), "{message}");
        assert_eq!(answer.status, 400);
    }
    assert_eq!(stub.requests().len(), 10);
    assert_eq!(bridge.lines().iter().filter(|line| line.contains("circuit open: ")).count(), 1);
}

#[test]
fn a_host_made_of_a_secret_is_not_logged() {
    let stub = StubService::answering(json_answer(502, "{}"));
    let port = stub.address().port().to_string();
    let definition = format!(
        "version: 1\ninput: {{ auth: {{ port: {{ required: true }} }} }}\nbase_url: \"http://127.0.0.1:{{{{auth.port}}}}\"\n\
         allowed_hosts: [\"127.0.0.1:{port}\"]\nrequest: {{ path: /x }}\nresponse: {{ message: done }}\n"
    );
    let definitions = Definitions::new(&[("one.yaml", &definition)]);
    let bridge = Bridge::serve(definitions.root(), &["--log", "debug"]);
    for _ in 0..10 {
        let answer = post(bridge.public(), "/one", &format!(r#"{{"auth":{{"port":"{port}"}}}}"#));
        assert_eq!(answer.status, 400);
    }
    let opened =
        bridge.wait_for(|line| line["message"].as_str().is_some_and(|message| message.starts_with("circuit open: ")));
    assert_eq!(opened["host"], "http://127.0.0.1:«redacted»");
    assert_eq!(stub.requests().len(), 10);
}
