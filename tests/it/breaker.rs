//! A host that is down is left alone, seen over real sockets.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use action_executor::upstream::{BreakerState, HostHealth, Network, SendError, Sender};

use crate::support::{
    Act, Bridge, Definitions, Gate, StubService, get, json_answer, loopback, post, respond, run, service_at, ticket,
};

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
fn a_host_that_fails_again_and_again_is_left_alone_and_tried_again() {
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
fn the_rest_is_told_in_words() {
    let told = |seconds| SendError::CircuitOpen { seconds }.to_string();
    assert_eq!(told(5), "the host was found down again and again and is left alone for 5 more seconds");
    assert_eq!(told(1), "the host was found down again and again and is left alone for 1 more second");
}

#[test]
fn the_log_says_so_once_and_callers_are_told_at_once() {
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
        assert!(message.starts_with("Desk could not be reached: the host was found down again and again"), "{message}");
        assert_eq!(answer.status, 400);
    }
    assert_eq!(stub.requests().len(), 10);
    assert_eq!(bridge.lines().iter().filter(|line| line.contains("left alone for a while")).count(), 1);
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
    let opened = bridge.wait_for(|line| line["message"].as_str().is_some_and(|told| told.contains("left alone")));
    assert_eq!(opened["host"], "http://127.0.0.1:«redacted»");
    assert_eq!(stub.requests().len(), 10);
}
