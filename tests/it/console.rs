//! The console over real sockets, without a browser: what its pages say, and what they do.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use action_executor::call::FailureKind;
use serde_json::{Value, json};

use crate::support::{
    Act, Bridge, Client, Definitions, PATIENCE, StubService, json_answer, post, request, service_at, ticket,
};

const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

struct Scene {
    service: StubService,
    definitions: Definitions,
    bridge: Bridge,
}

impl Scene {
    /// One action of one service that answers with this message.
    fn of(action: &str, message: &str) -> Self {
        let answer = json!({ "id": message }).to_string();
        let service = StubService::start(move |_| vec![Act::Send(json_answer(200, &answer))]);
        let definitions =
            Definitions::new(&[("desk/service.yaml", &service_at(&service.url())), ("desk/create.yaml", action)]);
        let bridge = Bridge::serve(definitions.root(), &[]);
        Self { service, definitions, bridge }
    }

    fn page(&self, path: &str) -> String {
        let answered = request(self.bridge.admin(), "GET", path);
        assert_eq!(answered.status, 200, "{path}");
        answered.text()
    }

    fn send(&self, path: &str, form: &[(&str, &str)]) -> String {
        let admin = self.bridge.admin();
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut client = Client::connect(admin);
        client.send("POST", path, &format!("Origin: http://{admin}\r\n"), &form);
        let answered = client.receive();
        assert_eq!(answered.status, 200, "{path}");
        answered.text()
    }

    fn call(&self, subject: &str) -> Value {
        let body = json!({ "auth": { "key": "k3y-of-this-test" }, "data": { "subject": subject } });
        post(self.bridge.public(), "/desk/create", &body.to_string()).json()
    }

    fn calls(&self) -> usize {
        let calls: Value = request(self.bridge.admin(), "GET", "/api/calls").json();
        calls["calls"].as_array().unwrap().len()
    }
}

/// Every address of the console that a page links to.
fn links(page: &str) -> BTreeSet<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let own = links.filter(|link| link.starts_with("/console"));
    own.map(|link| link.split('#').next().unwrap().replace("&amp;", "&")).collect()
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let scene = Scene::of(&ticket("Created"), "7");
    scene.call("one");
    scene.definitions.write("odd/service.yaml", &service_at("https://desk.example.com"));
    scene.definitions.write("odd/broken #1?.yaml", "version: 1\ntitle: [");
    request(scene.bridge.admin(), "POST", "/reload");
    let (mut left, mut seen) = (vec!["/console/".to_owned()], BTreeSet::new());
    while let Some(path) = left.pop() {
        if seen.insert(path.clone()) {
            left.extend(links(&scene.page(&path)));
        }
    }
    let expected =
        ["/console/actions/desk/create", "/console/calls/1", "/console/playground", "/console/assets/console.js"];
    let known: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    assert!(expected[..3].iter().all(|path| known.contains(path)), "{seen:?}");
    for name in ["create.yaml", "service.yaml", "broken%20%231%3F.yaml"] {
        assert!(
            seen.iter().any(|path| path.starts_with("/console/files/") && path.ends_with(name)),
            "{name}: {seen:?}"
        );
    }
    assert_eq!(request(scene.bridge.admin(), "GET", expected[3]).status, 200);
}

#[test]
fn a_file_outside_the_definitions_is_not_shown() {
    let scene = Scene::of(&ticket("Created"), "7");
    for name in ["/etc/hostname", "Cargo.toml", "../Cargo.toml", "..%2f..%2fetc%2fhostname"] {
        assert_eq!(request(scene.bridge.admin(), "GET", &format!("/console/files/{name}")).status, 404, "{name}");
    }
}

#[test]
fn every_value_on_a_page_is_escaped() {
    let title = serde_json::to_string(EVIL).unwrap();
    let action = ticket("Created").replace("title: Create a ticket", &format!("title: {title}\ndescription: {title}"));
    let scene = Scene::of(&action, EVIL);
    scene.call(EVIL);
    let form = [("data.subject", EVIL), ("auth.key", EVIL), ("act", "send")];
    let playground = [("template", EVIL), ("values", EVIL), ("path", EVIL), ("answer", EVIL)];
    let query: String = url::form_urlencoded::byte_serialize(EVIL.as_bytes()).collect();
    let mut pages = vec![
        scene.send("/console/actions/desk/create", &form),
        scene.send("/console/playground", &playground),
        scene.page(&format!("/console/catalog?q={query}")),
        scene.page(&format!("/console/calls?text={query}&route={query}&service={query}&outcome={query}")),
    ];
    pages.extend(["/console/", "/console/catalog", "/console/calls", "/console/calls/1"].map(|path| scene.page(path)));
    assert!(pages[0].contains("&lt;script&gt;alert(1)"), "what is typed is shown");
    for page in pages {
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    }
}

#[test]
fn a_dry_run_sends_nothing_and_sending_does() {
    let scene = Scene::of(&ticket("Created"), "7");
    let path = "/console/actions/desk/create";
    let dry = scene.send(path, &[("auth.key", "k3y-of-this-test"), ("data.subject", "Hi"), ("act", "dry")]);
    assert!(dry.contains("Dry run") && dry.contains("/tickets"), "{dry}");
    assert_eq!((scene.service.requests().len(), scene.calls()), (0, 0));
    let sent = scene.send(path, &[("auth.key", "k3y-of-this-test"), ("data.subject", "Hi"), ("act", "send")]);
    assert!(sent.contains("Created 7") && sent.contains("Save as test"), "{sent}");
    assert_eq!((scene.service.requests().len(), scene.calls()), (1, 1));
    assert!(!dry.contains("k3y-of-this-test") && !sent.contains("k3y-of-this-test"));
    let missing = scene.send(path, &[("auth.key", "k3y-of-this-test"), ("act", "send")]);
    assert!(missing.contains("is missing"), "{missing}");
    assert_eq!(scene.service.requests().len(), 1);
}

#[test]
fn every_end_of_a_call_can_be_chosen() {
    let page = Scene::of(&ticket("Created"), "7").page("/console/calls");
    for kind in FailureKind::ALL.map(FailureKind::as_str).into_iter().chain(["done", "verified", "failed"]) {
        assert!(page.contains(&format!("<option value=\"{kind}\">")), "{kind}");
    }
}

#[test]
fn tests_that_take_long_do_not_hold_a_page_up() {
    let slow = ticket("Created")
        + "retry: { max: 1, for: [503] }\ntests:\n  - name: later\n    input: { auth: { key: k }, data: { subject: s } }\n    calls:\n      \
           - answer: { status: 503, headers: { Retry-After: \"1\" } }\n      - answer: { status: 200, json: { id: 7 } }\n    \
           result: { status: 201, body: { message: Created 7, external_id: \"7\" } }\n";
    let slow = slow.replace("  path: /tickets\n", "  path: /tickets\n  method: PUT\n");
    let scene = Scene::of(&slow, "7");
    let path = "/console/actions/desk/create";
    assert!(scene.page(path).contains("They are being run"));
    let began = std::time::Instant::now();
    while !scene.page(path).contains(">passed</span>") {
        assert!(began.elapsed() < PATIENCE, "the results never came: {}", scene.page(path));
    }
}

fn until(stream: &mut TcpStream, text: &str) -> String {
    let (mut seen, mut buffer) = (String::new(), [0; 1024]);
    while !seen.contains(text) {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{text:?} never came: {seen}");
        seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    seen
}

fn events(admin: SocketAddr, method: &str) -> TcpStream {
    let mut stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{method} /console/events HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

#[test]
fn events_tell_of_calls_and_of_changes() {
    let scene = Scene::of(&ticket("Created"), "7");
    let mut stream = events(scene.bridge.admin(), "GET");
    let head = until(&mut stream, "retry: 1000\n\n");
    assert!(head.contains("text/event-stream"), "{head}");
    scene.call("one");
    until(&mut stream, "event: calls\ndata: 1\n\n");
    scene.definitions.write("desk/create.yaml", &ticket("Opened"));
    until(&mut stream, "event: catalog\n");
    let mut asked = events(scene.bridge.admin(), "HEAD");
    let mut head = String::new();
    asked.read_to_string(&mut head).unwrap();
    assert!(head.contains("text/event-stream") && head.ends_with("\r\n\r\n"), "{head}");
    // Whoever listens does not keep the process from ending.
    scene.bridge.signal("TERM");
    let (status, _, _) = scene.bridge.wait();
    assert!(status.success());
}
