//! A client that writes any bytes, and checks what every answer must have.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Fails a test that would hang.
#[track_caller]
pub(super) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        let limit = Duration::from_secs(20);
        timeout(limit, future).await.unwrap_or_else(|_| panic!("still waiting at {place}"))
    }
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn message(&self) -> &str {
        self.body["message"].as_str().expect("a message")
    }

    pub(super) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

/// A connection.
pub(super) struct Wire {
    pub(super) stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(super) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, read: Vec::new() }
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("sent");
    }

    /// A POST of JSON with its length.
    pub(super) async fn post(&mut self, path: &str, body: impl AsRef<[u8]>) {
        self.send(post(path, "", body.as_ref())).await;
    }

    /// The next answer.
    pub(super) async fn answer(&mut self) -> Answer {
        self.answer_with(HasBody::Yes).await
    }

    /// The next answer, which has no body, as HEAD asked for it.
    pub(super) async fn answer_to_head(&mut self) -> Answer {
        self.answer_with(HasBody::No).await
    }

    async fn answer_with(&mut self, has_body: HasBody) -> Answer {
        loop {
            let mut space = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut space);
            if let httparse::Status::Complete(head) = response.parse(&self.read).expect("an answer in HTTP") {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
                let headers: Vec<_> =
                    response.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect();
                let mut answer = Answer { status: response.code.expect("a status"), headers, body: Value::Null };
                assert_eq!(answer.header("transfer-encoding"), None);
                assert_eq!(answer.header("content-type"), Some("application/json"));
                assert_eq!(answer.header("content-encoding"), None);
                assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
                let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
                let whole = if has_body == HasBody::Yes { head + length } else { head };
                if self.read.len() >= whole {
                    if has_body == HasBody::Yes {
                        answer.body = serde_json::from_slice(&self.read[head..whole]).expect("JSON");
                        assert!(answer.body.is_object());
                    }
                    self.read.drain(..whole);
                    return answer;
                }
            }
            assert_ne!(self.fill().await, 0, "the connection ended before the answer: {:?}", self.text());
        }
    }

    /// What is left until the server ends the connection.
    pub(super) async fn rest(&mut self) -> String {
        while self.fill().await > 0 {}
        self.text()
    }

    /// Reads until a text has come, and takes it away.
    pub(super) async fn until(&mut self, text: &str) {
        while !self.text().contains(text) {
            assert_ne!(self.fill().await, 0, "the connection ended");
        }
        let end = self.text().find(text).expect("found") + text.len();
        self.read.drain(..end);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    async fn fill(&mut self) -> usize {
        soon(self.stream.read_buf(&mut self.read)).await.expect("read")
    }
}

#[derive(Clone, Copy, PartialEq)]
enum HasBody {
    Yes,
    No,
}

/// The bytes of a POST; `headers` are whole lines.
pub(super) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}
