//! The deadline of a call counts from the first byte of its head, whatever the caller and the service do.
//!
//! Order is what these tests look at, not time: a call that began later must not be answered sooner.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::support::{Act, Bridge, Client, Definitions, Gate, PATIENCE, ServiceAnswer, StubService, post};

/// A service that never answers, called by an action with the whole deadline and one with a short attempt.
struct Scene {
    service: StubService,
    bridge: Bridge,
    answers: (Sender<Answered>, Receiver<Answered>),
    _definitions: Definitions,
}

type Answered = (&'static str, ServiceAnswer);

impl Scene {
    fn set() -> Self {
        let service = StubService::start(|_| vec![Act::Wait(Gate::default())]);
        let action = |timeout: &str| {
            format!(
                "version: 1\ntitle: Desk\nbase_url: {}\n{timeout}request: {{ path: /tickets, json: {{}} }}\nresponse: {{ message: done }}\n",
                service.url()
            )
        };
        let (whole, half) = (action(""), action("timeout: { attempt: 1500ms }\n"));
        let definitions = Definitions::new(&[("desk/whole.yaml", &whole), ("desk/half.yaml", &half)]);
        let bridge = Bridge::serve(definitions.root(), &["--deadline", "3s"]);
        Self { service, bridge, answers: channel(), _definitions: definitions }
    }

    /// Calls on a thread of its own, which notes the answer.
    fn call(&self, name: &'static str, path: &'static str) {
        let (address, note) = (self.bridge.public(), self.answers.0.clone());
        thread::spawn(move || drop(note.send((name, post(address, path, "{}")))));
    }

    fn next(&self) -> Answered {
        self.answers.1.recv_timeout(PATIENCE).unwrap()
    }

    /// Begins a call: its head has arrived, its body is to come.
    fn begin(&self) -> Client {
        let mut client = Client::connect(self.bridge.public());
        client.write(b"POST /desk/whole HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        assert_eq!(client.receive().status, 100);
        client
    }

    /// Receives on a thread of its own, which notes the answer.
    fn wait(&self, name: &'static str, mut client: Client) {
        let note = self.answers.0.clone();
        thread::spawn(move || drop(note.send((name, client.receive()))));
    }
}

#[test]
fn a_body_that_took_long_leaves_less_time_for_the_service() {
    let scene = Scene::set();
    let mut slow = scene.begin();
    // Half of the deadline passes.
    scene.call("half", "/desk/half");
    assert_eq!(scene.next().0, "half");
    scene.call("later", "/desk/whole");
    scene.service.wait_for(2);
    slow.write(b"{}");
    scene.wait("slow", slow);
    let (first, answer) = scene.next();
    assert_eq!((first, answer.status), ("slow", 400));
    assert_eq!(scene.next().0, "later");
}

#[test]
fn a_body_that_never_comes_is_waited_for_no_longer_than_the_deadline() {
    let scene = Scene::set();
    let slow = scene.begin();
    scene.wait("slow", slow);
    scene.call("half", "/desk/half");
    assert_eq!(scene.next().0, "half");
    scene.call("later", "/desk/whole");
    let (first, answer) = scene.next();
    assert_eq!((first, answer.status), ("slow", 400));
    assert!(answer.message().contains("body of the request did not arrive"), "{}", answer.text());
    assert_eq!(scene.next().0, "later");
}
