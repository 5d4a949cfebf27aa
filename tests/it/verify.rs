//! The check of credentials, over HTTP and from the terminal.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::support::{Act, Bridge, Definitions, StubService, command, json_answer, post, request};

fn desk() -> StubService {
    StubService::start(|request| {
        let answer = match request.header("authorization").as_deref() {
            Some("Bearer good") => json_answer(200, r#"{"user":{"id":12345678901234567890}}"#),
            Some("Bearer down") => json_answer(503, "{}"),
            _ => json_answer(401, "{}"),
        };
        vec![Act::Send(answer)]
    })
}

fn service(url: &str) -> String {
    format!(
        "version: 1\ntitle: Desk\ninput: {{ auth: {{ token: {{ required: true }} }} }}\nbase_url: {url}\n\
         authentication: {{ type: bearer, token: \"{{{{auth.token}}}}\" }}\n\
         verify: {{ request: {{ method: GET, path: /me }}, return: {{ user_id: $.user.id }} }}\n"
    )
}

#[test]
fn good_bad_and_unknown_are_told_apart() {
    let desk = desk();
    // No action stands beside it.
    let definitions = Definitions::new(&[("desk/service.yaml", &service(&desk.url()))]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let check = |token: &str| post(bridge.public(), "/desk/_verify", &format!(r#"{{"auth":{{"token":"{token}"}}}}"#));
    let good = check("good");
    assert_eq!((good.status, good.text()), (200, r#"{"user_id":12345678901234567890}"#.to_owned()));
    let bad = check("bad");
    assert_eq!((bad.status, bad.json()), (401, json!({ "message": "Desk answered 401: Unauthorized" })));
    assert_eq!(check("down").status, 400);
    assert_eq!(post(bridge.public(), "/desk/_verify", "{}").status, 400);
    assert_eq!(request(bridge.public(), "GET", "/desk/_verify").status, 405);
}

#[test]
fn a_check_that_appears_is_served_without_a_restart() {
    let desk = desk();
    let definitions = Definitions::new(&[("other.yaml", "version: 1\nbase_url: http://127.0.0.1:1\nrequest: {}\n")]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let body = r#"{"auth":{"token":"good"}}"#;
    assert_eq!(post(bridge.public(), "/desk/_verify", body).status, 404);
    definitions.write("desk/service.yaml", &service(&desk.url()));
    assert_eq!(request(bridge.admin(), "POST", "/reload").status, 200);
    assert_eq!(post(bridge.public(), "/desk/_verify", body).status, 200);
    definitions.write("desk/service.yaml", &service(&desk.url()).replace("user_id", "id"));
    assert_eq!(request(bridge.admin(), "POST", "/reload").status, 200);
    assert_eq!(post(bridge.public(), "/desk/_verify", body).text(), r#"{"id":12345678901234567890}"#);
}

#[test]
fn the_terminal_tells_it_by_its_exit_code() {
    let desk = desk();
    let definitions = Definitions::new(&[("desk/service.yaml", &service(&desk.url()))]);
    for (token, code) in [("good", 0), ("bad", 1)] {
        let mut verify = command();
        verify.args(["verify", "desk", "--allow-private", "127.0.0.0/8", "--actions"]).arg(definitions.root());
        let mut child = verify.stdin(Stdio::piped()).spawn().unwrap();
        write!(child.stdin.take().unwrap(), r#"{{"auth":{{"token":"{token}"}}}}"#).unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(code), "{token}");
    }
}
