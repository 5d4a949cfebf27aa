//! A service on loopback that records what it gets and does what it is told, however wrong.
//!
//! Speaks raw bytes: a library would not let it lie.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::PATIENCE;

/// One request as it came over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Number of its connection, from 0.
    pub(crate) connection: usize,
}

impl Recorded {
    /// The values of a header, joined with `, `.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the service does with a request, in order.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Writes these bytes.
    Send(Vec<u8>),
    /// Writes these bytes one by one.
    Drip(Vec<u8>),
    /// Does nothing until told.
    Wait(Gate),
    /// Writes these bytes until the other side leaves.
    Endless(Vec<u8>),
    /// Closes the connection, which is kept otherwise.
    Close,
}

/// Closed until opened, then open for ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    pub(crate) fn open(&self) {
        *self.state.0.lock().unwrap() = true;
        self.state.1.notify_all();
    }

    fn pass(&self) {
        let opened = self.state.0.lock().unwrap();
        let _opened = self.state.1.wait_while(opened, |opened| !*opened).unwrap();
    }
}

type Script = dyn Fn(&Recorded) -> Vec<Act> + Send + Sync;

/// The service. Its threads end with the test process.
pub(crate) struct StubService {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<Script>,
    requests: Mutex<Vec<Recorded>>,
    arrived: Condvar,
    connections: AtomicUsize,
}

impl StubService {
    /// Does as `script` says, for each request.
    pub(crate) fn start(script: impl Fn(&Recorded) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
            arrived: Condvar::new(),
            connections: AtomicUsize::new(0),
        });
        let (address, serving) = (listener.local_addr().unwrap(), Arc::clone(&shared));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, number) = (Arc::clone(&serving), serving.connections.fetch_add(1, Ordering::SeqCst));
                thread::spawn(move || shared.converse(&stream, number));
            }
        });
        Self { address, shared }
    }

    /// Answers every request with the same bytes.
    pub(crate) fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_| vec![Act::Send(bytes.clone())])
    }

    /// Does for the first request the first of these, and so on; the last goes on for ever.
    pub(crate) fn queue(scripts: Vec<Vec<Act>>) -> Self {
        let next = AtomicUsize::new(0);
        Self::start(move |_| {
            let index = next.fetch_add(1, Ordering::SeqCst).min(scripts.len() - 1);
            scripts[index].clone()
        })
    }

    /// Takes a connection, reads nothing of it, and resets it as soon as something is there to read.
    pub(crate) fn resetting() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Closing a socket with unread bytes resets its connection (RFC 9293 §3.10.4).
                let _ = stream.peek(&mut [0]);
            }
        });
        address
    }

    /// Says this as soon as something comes in, whatever it is, and reads on to the end.
    pub(crate) fn saying(bytes: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.peek(&mut [0]).and_then(|_| stream.write_all(bytes));
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
        });
        address
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until so many requests came, and gives them.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Recorded> {
        let requests = self.shared.requests.lock().unwrap();
        let (requests, timed_out) =
            self.shared.arrived.wait_timeout_while(requests, PATIENCE, |requests| requests.len() < count).unwrap();
        assert!(!timed_out.timed_out(), "{} of {count} requests came", requests.len());
        requests.clone()
    }
}

impl Shared {
    fn converse(&self, stream: &TcpStream, connection: usize) {
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream);
        while let Some(mut request) = read_request(&mut reader) {
            request.connection = connection;
            let acts = (self.script)(&request);
            self.requests.lock().unwrap().push(request);
            self.arrived.notify_all();
            for act in acts {
                if !perform(act, stream) {
                    return;
                }
            }
        }
    }
}

/// Whether the connection goes on.
fn perform(act: Act, mut stream: &TcpStream) -> bool {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).is_ok(),
        Act::Drip(bytes) => bytes.iter().all(|byte| stream.write_all(&[*byte]).is_ok()),
        Act::Wait(gate) => {
            gate.pass();
            true
        }
        Act::Endless(bytes) => {
            while stream.write_all(&bytes).is_ok() {}
            false
        }
        Act::Close => false,
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Recorded> {
    let line = read_line(reader)?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Recorded { method, target, headers, ..Recorded::default() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn read_line(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    let length = reader.read_until(b'\n', &mut line).ok()?;
    (length > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// A whole answer of any type.
pub(crate) fn respond(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status} Some Reason\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A whole JSON answer.
pub(crate) fn json_answer(status: u16, body: &str) -> Vec<u8> {
    respond(status, "Content-Type: application/json\r\n", body)
}

/// The head of a chunked answer and the chunks as they are written here.
pub(crate) fn chunked(chunks: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes()
}
