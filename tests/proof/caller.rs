//! A caller that keeps its connection, checks the form of every answer, and never waits for ever.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any call may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// One connection.
pub(crate) struct Caller {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

/// An answer, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// What the contract asks of every answer.
    #[track_caller]
    pub(crate) fn check_form(&self) {
        assert!(matches!(self.status, 201 | 400), "{self:?}");
        assert!(!self.message().is_empty(), "{self:?}");
        let keys = ["message", "external_id", "contact_external_id", "contact_external_type", "contact_external_url"];
        let map = self.body.as_object().unwrap();
        assert!(map.iter().all(|(key, value)| keys.contains(&key.as_str()) && value.is_string()), "{self:?}");
        assert!(!self.body.to_string().contains(crate::process::SECRET), "{self:?}");
    }
}

impl Caller {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, read: Vec::new() }
    }

    /// One call; an error is the end of the connection.
    pub(crate) async fn call(&mut self, path: &str, body: &str) -> std::io::Result<Answer> {
        let begun = Instant::now();
        let answered = timeout(PATIENCE, self.exchange(path, body)).await.expect("an answer in time");
        match answered {
            Ok((status, body)) => Ok(Answer { status, body, took: begun.elapsed() }),
            Err(error) => {
                self.stream = None;
                self.read.clear();
                Err(error)
            }
        }
    }

    async fn exchange(&mut self, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.stream.insert(stream)
            }
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        loop {
            let mut space = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut space);
            if let httparse::Status::Complete(head) = response.parse(&self.read).expect("HTTP") {
                let value = |name: &str| {
                    let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                    header.map(|header| String::from_utf8_lossy(header.value).into_owned())
                };
                let (status, closes) = (response.code.unwrap(), value("connection").is_some_and(|how| how == "close"));
                let length: usize = value("content-length").unwrap().parse().unwrap();
                if self.read.len() >= head + length {
                    let body = serde_json::from_slice(&self.read[head..head + length]).expect("JSON");
                    self.read.drain(..head + length);
                    if closes {
                        self.stream = None;
                        self.read.clear();
                    }
                    return Ok((status, body));
                }
            }
            if stream.read_buf(&mut self.read).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
