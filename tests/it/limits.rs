//! How often a service is called: counted over all calls, apart for each key.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::{Act, Bridge, Definitions, Gate, ServiceAnswer, StubService, json_answer, post};

fn bridge(url: &str, limits: &str, deadline: &str) -> (Definitions, Bridge) {
    let service = format!(
        "version: 1\ntitle: Desk\ninput: {{ auth: {{ account: {{ required: true, secret: false }} }} }}\nbase_url: {url}\n\
         limits: {limits}\n"
    );
    let action = "version: 1\nrequest: { path: /tickets, json: {} }\nresponse: { message: done }\n";
    let files = [("desk/service.yaml", service.as_str()), ("desk/one.yaml", action), ("desk/two.yaml", action)];
    let definitions = Definitions::new(&files);
    let bridge = Bridge::serve(definitions.root(), &["--deadline", deadline]);
    (definitions, bridge)
}

/// Calls of one account at once, by turns of both actions.
fn storm(bridge: &Bridge, times: usize, account: &str) -> Vec<ServiceAnswer> {
    let calls: Vec<_> = (0..times)
        .map(|number| {
            let (address, body) = (bridge.public(), format!(r#"{{"auth":{{"account":"{account}"}}}}"#));
            let route = if number % 2 == 0 { "/desk/one" } else { "/desk/two" };
            thread::spawn(move || post(address, route, &body))
        })
        .collect();
    calls.into_iter().map(|call| call.join().unwrap()).collect()
}

#[test]
fn no_more_requests_at_a_time_than_said() {
    let gates: Vec<Gate> = (0..12).map(|_| Gate::default()).collect();
    let (held, next) = (gates.clone(), AtomicUsize::new(0));
    let service = StubService::start(move |_| {
        let gate = held[next.fetch_add(1, Ordering::SeqCst)].clone();
        vec![Act::Wait(gate), Act::Send(json_answer(201, "{}"))]
    });
    let (_definitions, bridge) = bridge(&service.url(), "{ concurrent: 3 }", "8s");
    thread::scope(|scope| {
        let calls = scope.spawn(|| storm(&bridge, 12, "a"));
        for (done, gate) in gates.iter().enumerate() {
            // However many wait, three are under way beside those that are done.
            let arrived = service.wait_for((done + 3).min(12)).len();
            assert!(arrived <= done + 3, "{arrived} with {done} done");
            gate.open();
        }
        assert!(calls.join().unwrap().iter().all(|answer| answer.status == 201));
    });
}

#[test]
fn a_rate_is_counted_for_each_key_over_all_actions_and_what_is_over_is_not_sent() {
    let service = StubService::answering(json_answer(201, "{}"));
    let (_definitions, bridge) = bridge(&service.url(), "{ rate: 4/h, by: \"{{auth.account}}\" }", "25s");
    for account in ["a", "b"] {
        let answers = storm(&bridge, 10, account);
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 4, "{account}");
        let over: Vec<&ServiceAnswer> = answers.iter().filter(|answer| answer.status == 400).collect();
        assert_eq!(over.len(), 6);
        assert!(over.iter().all(|answer| answer.message().contains("nothing was sent")), "{}", over[0].text());
    }
    assert_eq!(service.requests().len(), 8);
}

#[test]
fn a_call_waits_for_its_turn_if_that_fits_its_time() {
    let service = StubService::answering(json_answer(201, "{}"));
    let (_definitions, bridge) = bridge(&service.url(), "{ rate: 2/300ms }", "8s");
    assert!(storm(&bridge, 6, "a").iter().all(|answer| answer.status == 201));
    assert_eq!(service.requests().len(), 6);
}
