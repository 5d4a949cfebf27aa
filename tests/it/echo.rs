//! Hostile services that give back every secret they are shown, in every place they control: none shows up anywhere.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Act, Bridge, Client, Definitions, Recorded, StubService, json_answer, post, request, respond};

const ACTION: &str = "\
version: 1
title: Echo
input: { data: { shape: { type: integer, required: true }, pin: { secret: true } } }
request:
  path: \"/shape/{{data.shape}}\"
  json: { pin: \"{{data.pin}}\" }
response:
  message: \"Said {{vars.detail}}\"
  external_id: $.id
  contact_external_type: $.type
capture: { detail: $.message }
";

fn service(base: &str, authentication: &str) -> String {
    format!(
        "version: 1\ntitle: Echo\ninput: {{ auth: {{ user: {{ required: true }}, password: {{ required: true }} }} }}\n\
         base_url: {base}\nauthentication: {authentication}\n\
         errors:\n  - {{ status: 422, detail: [$.error], message: \"Refused: {{{{detail}}}}\" }}\n"
    )
}

/// A text as others may write it.
fn spellings(secret: &str) -> Vec<String> {
    let json = json!(secret).to_string();
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        STANDARD.encode(format!("x:{secret}:y")),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json[1..json.len() - 1].to_owned(),
        hex::encode(secret),
    ]
}

/// What the service gives back, in the shape that is asked for.
fn answer(shape: &str, echo: &str, token: &str) -> Vec<u8> {
    let one_line: String = echo.chars().filter(|c| !c.is_control()).collect();
    let headers = format!("X-Echo: {one_line}\r\nSet-Cookie: sid={one_line}\r\nContent-Type: application/json\r\n");
    let said = |key: &str| json!({ key: echo, "id": 7 }).to_string();
    match shape {
        "0" => respond(201, &headers, said("message")),
        "1" => respond(400, &headers, said("error")),
        "2" => respond(401, "Content-Type: text/plain\r\n", echo),
        "3" => respond(422, &headers, said("error")),
        "4" => respond(500, "Content-Type: text/html\r\n", format!("<p>{echo}</p>")),
        "5" => respond(302, &format!("Location: http://127.0.0.1:1/{one_line}\r\n"), ""),
        "6" => respond(200, &headers, format!("{{\"message\": \"{echo}")),
        "7" => format!("HTTP/1.1 422 {one_line}\r\n{headers}Content-Length: 2\r\n\r\n{{}}").into_bytes(),
        "8" => format!("{one_line}\r\n\r\n").into_bytes(),
        "9" => respond(200, &format!("Content-Type: application/{one_line}\r\n"), echo),
        "10" => respond(429, &format!("Retry-After: {one_line}\r\n"), said("message")),
        "11" => respond(201, &headers, json!({ "id": token, "message": "m" }).to_string()),
        _ => respond(200, "Content-Type: application/xml\r\n", format!("<e><m>{echo}</m>")),
    }
}

struct Scene {
    secrets: Arc<Mutex<Vec<String>>>,
    _service: StubService,
    collector: StubService,
    _definitions: Definitions,
    bridge: Bridge,
}

impl Scene {
    fn set() -> Self {
        let secrets: Arc<Mutex<Vec<String>>> = Arc::default();
        let known = Arc::clone(&secrets);
        let service_stub = StubService::start(move |request: &Recorded| {
            let secrets = known.lock().unwrap().clone();
            let token = secrets.last().cloned().unwrap_or_default();
            if request.target == "/token" {
                let body = json!({ "access_token": token, "token_type": "bearer", "expires_in": 3600 });
                return vec![Act::Send(json_answer(200, &body.to_string()))];
            }
            let seen = request.header("authorization").unwrap_or_default();
            // Of a token it knows only where it was shown one.
            let shown = secrets.iter().filter(|secret| **secret != token || seen.contains(&token));
            let echo = shown.flat_map(|secret| spellings(secret)).collect::<Vec<_>>().join(" , ");
            let token = if seen.contains(&token) { token } else { "7".to_owned() };
            let shape = request.target.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default();
            vec![Act::Send(answer(shape, &format!("{seen} , {echo}"), &token))]
        });
        let url = service_stub.url();
        let basic = "{ type: basic, username: \"{{auth.user}}\", password: \"{{auth.password}}\" }";
        let key = "{ type: api_key, query: key, value: \"{{auth.password}}\" }";
        let oauth = format!(
            "{{ type: oauth2, grant: client_credentials, token_url: {url}/token, client: {{ id: \"{{{{auth.user}}}}\", secret: \"{{{{auth.password}}}}\" }} }}"
        );
        let definitions = Definitions::new(&[
            ("basic/service.yaml", &service(&url, basic)),
            ("basic/echo.yaml", ACTION),
            ("key/service.yaml", &service(&url, key)),
            ("key/echo.yaml", ACTION),
            ("oauth/service.yaml", &service(&url, &oauth)),
            ("oauth/echo.yaml", ACTION),
        ]);
        let collector = StubService::answering(respond(200, "", ""));
        let bridge = Bridge::serve(definitions.root(), &["--log", "trace", "--traces", &collector.url()]);
        Self { secrets, _service: service_stub, collector, _definitions: definitions, bridge }
    }

    /// Calls every service in every shape; what the callers got, ids aside: those are their own to begin with.
    fn call(&self, user: &str, password: &str, pin: &str, token: &str) -> Vec<String> {
        *self.secrets.lock().unwrap() = [user, password, pin, token].map(str::to_owned).to_vec();
        let mut told = Vec::new();
        for service in ["basic", "key", "oauth"] {
            for shape in 0..13 {
                let call =
                    json!({ "auth": { "user": user, "password": password }, "data": { "shape": shape, "pin": pin } });
                let answered = post(self.bridge.public(), &format!("/{service}/echo"), &call.to_string());
                let mut body = answered.json();
                if service != "oauth" {
                    body["external_id"] = Value::Null;
                }
                told.push(format!("{service} {shape}: {body} {:?}", answered.headers));
                for act in ["dry", "send"] {
                    let form = url::form_urlencoded::Serializer::new(String::new())
                        .extend_pairs([("whole", call.to_string().as_str()), ("act", act)])
                        .finish();
                    let page = self.in_console(&format!("/console/actions/{service}/echo"), &form);
                    assert!(page.contains("What the caller"), "{page}");
                    // The form has what was typed into it.
                    let (_, result) = page.split_once("id=\"result\"").expect("a result");
                    told.push(format!("{service} {shape}, {act}: {result}"));
                }
            }
        }
        told
    }

    /// What the console shows for a form.
    fn in_console(&self, path: &str, form: &str) -> String {
        let admin = self.bridge.admin();
        let mut client = Client::connect(admin);
        client.send("POST", path, &format!("Origin: http://{admin}\r\n"), form);
        let page = client.receive();
        assert_eq!(page.status, 200, "{}", page.text());
        page.text()
    }

    /// Everything that an operator can see.
    fn seen(&self) -> Vec<String> {
        let admin = self.bridge.admin();
        let mut seen = self.bridge.lines();
        let console = ["/console/", "/console/calls", "/console/calls?group=cause", "/console/actions/basic/echo"];
        for page in console {
            seen.push(request(admin, "GET", page).text());
        }
        for page in ["/metrics", "/api/calls?limit=1000", "/api/upstream", "/readyz", "/api/catalog"] {
            seen.push(request(admin, "GET", page).text());
        }
        let calls: Value = request(admin, "GET", "/api/calls?limit=1000").json();
        let mut client = Client::connect(admin);
        for call in calls["calls"].as_array().unwrap() {
            client.send("GET", &format!("/api/calls/{}", call["number"]), "", "");
            seen.push(client.receive().text());
            client.send("GET", &format!("/console/calls/{}", call["number"]), "", "");
            let page = client.receive();
            assert_eq!(page.status, 200);
            seen.push(page.text());
        }
        seen
    }
}

/// Long enough not to occur by chance; the user name of basic authentication has no colon.
fn secret() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9!-9;-~äß€][ -9;-~äß€]{10,22}[a-zA-Z0-9!-9;-~äß€]"
}

#[track_caller]
fn check_absent(places: &[String], secrets: &[String]) -> Result<(), TestCaseError> {
    for secret in secrets {
        for spelling in spellings(secret) {
            for place in places {
                prop_assert!(!place.contains(&spelling), "{secret:?} as {spelling:?} in {place}");
            }
        }
    }
    Ok(())
}

#[test]
fn what_a_hostile_service_echoes_shows_up_nowhere() {
    let scene = Scene::set();
    let mut all: Vec<String> = Vec::new();
    let mut runner = TestRunner::new(Config { cases: Config::default().cases / 20, ..Config::default() });
    let used = Mutex::new(&mut all);
    runner
        .run(&(secret(), secret(), secret(), "[A-Za-z0-9._~+/-]{24,40}"), |(user, password, pin, token)| {
            let told = scene.call(&user, &password, &pin, &token);
            let secrets = [user, password, pin, token];
            used.lock().unwrap().extend(secrets.clone());
            check_absent(&told, &secrets)
        })
        .unwrap();
    check_absent(&scene.seen(), &all).unwrap();
    let (collector, bridge) = (scene.collector, scene.bridge);
    bridge.signal("TERM");
    let (status, _, lines) = bridge.wait();
    assert!(status.success());
    check_absent(&lines, &all).unwrap();
    let exported: Vec<String> = collector.requests().iter().map(Recorded::text).collect();
    assert!(!exported.is_empty());
    check_absent(&exported, &all).unwrap();
}
