//! One tenant, one definition or one heavy call does not switch off or slow down others.

use std::thread;

use crate::support::{Act, Bridge, Definitions, Gate, ServiceAnswer, StubService, json_answer, post};

const SERVICE: &str = "version: 1
title: Desk
base_url: BASE
authentication: { type: bearer, token: \"{{auth.token}}\" }
input: { auth: { token: { required: true } } }
timeout: { attempt: 1s }
retry: { max: 0 }
";

fn action(path: &str) -> String {
    format!("version: 1\ntitle: Act\nrequest: {{ path: {path}, json: {{ a: 1 }} }}\nresponse: {{ message: Done }}\n")
}

fn call(bridge: &Bridge, route: &str, token: &str) -> ServiceAnswer {
    post(bridge.public(), route, &format!("{{\"auth\":{{\"token\":\"{token}\"}}}}"))
}

#[test]
fn slow_answers_to_one_tenant_switch_off_nothing_for_others() {
    let gate = Gate::default();
    let held = gate.clone();
    let service = StubService::start(move |request| {
        let slow = request.header("authorization").is_some_and(|value| value.ends_with("tenant-a"));
        match slow && request.target == "/slow" {
            true => vec![Act::Wait(held.clone())],
            false => vec![Act::Send(json_answer(201, "{}"))],
        }
    });
    let base = SERVICE.replace("BASE", &service.url());
    let (slow, quick) = (action("/slow"), action("/quick"));
    let definitions =
        Definitions::new(&[("desk/service.yaml", &*base), ("desk/slow.yaml", &*slow), ("desk/quick.yaml", &*quick)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..10).map(|_| scope.spawn(|| call(&bridge, "/desk/slow", "tenant-a"))).collect();
        for call in calls {
            assert!(call.join().unwrap().message().contains("did not answer in time"));
        }
    });
    let again = call(&bridge, "/desk/slow", "tenant-a");
    assert!(again.message().contains("circuit"), "{}", again.text());
    assert_eq!(call(&bridge, "/desk/slow", "tenant-b").status, 201, "another tenant");
    assert_eq!(call(&bridge, "/desk/quick", "tenant-a").status, 201, "another action");
    gate.open();
}

#[test]
fn a_heavy_call_is_answered_and_light_ones_go_on() {
    let service = StubService::answering(json_answer(201, "{}"));
    let base = SERVICE.replace("BASE", &service.url());
    let heavy = "version: 1\ntitle: Heavy\ninput: { data: { lines: { type: list }, note: {} } }\n\
                 request: { path: /heavy, json: { lines: [ { $each: { in: \"{{data.lines}}\", as: line }, $item: { note: \"{{data.note}}\" } } ] } }\n\
                 response: { message: Done }\n";
    let light = action("/light");
    let definitions =
        Definitions::new(&[("desk/service.yaml", &*base), ("desk/heavy.yaml", heavy), ("desk/light.yaml", &*light)]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let lines = vec!["1"; 50_000].join(",");
    let body = format!(
        "{{\"auth\":{{\"token\":\"t\"}},\"data\":{{\"lines\":[{lines}],\"note\":\"{}\"}}}}",
        "n".repeat(100_000)
    );
    thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| post(bridge.public(), "/desk/heavy", &body))).collect();
        for _ in 0..50 {
            assert_eq!(call(&bridge, "/desk/light", "t").status, 201);
        }
        for call in calls {
            let answer = call.join().unwrap();
            assert_eq!(answer.status, 400);
            assert!(answer.message().contains("json.lines"), "{}", answer.text());
            assert!(answer.message().contains("32 MiB"), "{}", answer.text());
        }
    });
    assert_eq!(service.requests().iter().filter(|request| request.target == "/heavy").count(), 0);
}
