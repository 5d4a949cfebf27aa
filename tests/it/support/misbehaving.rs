//! A service on loopback that does something wrong, chosen by the path of the request, and counts what it gets.
//!
//! Speaks raw bytes. Every connection takes many requests unless its path ends it.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{chunked, respond};

/// What is between the bytes of `/drip`.
const DRIP: Duration = Duration::from_millis(50);

/// The service. Its thread ends with the test process.
pub(crate) struct Misbehaving {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<BTreeMap<String, usize>>,
    /// Connections to where `/redirect-other` leads.
    redirected: AtomicUsize,
}

impl Misbehaving {
    pub(crate) fn start() -> Self {
        let (listener, address) = bind();
        let (trap, elsewhere) = bind();
        let seen = Arc::new(Seen::default());
        let serving = Arc::clone(&seen);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let trapped = Arc::clone(&serving);
                tokio::spawn(async move {
                    let trap = tokio::net::TcpListener::from_std(trap).unwrap();
                    while trap.accept().await.is_ok() {
                        trapped.redirected.fetch_add(1, Ordering::SeqCst);
                    }
                });
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let seen = Arc::clone(&serving);
                    tokio::spawn(async move { converse(stream, &seen, elsewhere).await });
                }
            });
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests came to this path.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.seen.requests.lock().unwrap().get(path).copied().unwrap_or_default()
    }

    pub(crate) fn redirected(&self) -> usize {
        self.seen.redirected.load(Ordering::SeqCst)
    }
}

fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// `None` where the connection is over.
async fn converse(mut stream: TcpStream, seen: &Seen, elsewhere: SocketAddr) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    loop {
        let head = read_head(&mut stream).await?;
        let path = head.split(' ').nth(1)?.to_owned();
        *seen.requests.lock().unwrap().entry(path.clone()).or_default() += 1;
        if path != "/early-answer" {
            read_body(&mut stream, &head).await?;
        }
        misbehave(&mut stream, &path, elsewhere).await?;
    }
}

async fn misbehave(stream: &mut TcpStream, path: &str, elsewhere: SocketAddr) -> Option<()> {
    match path {
        "/refuse-after-accept" => None,
        "/stall-head" => pending().await,
        "/stall-body" => {
            say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await?;
            pending().await
        }
        "/drip" => {
            say(stream, b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                say(stream, b"x").await?;
                tokio::time::sleep(DRIP).await;
            }
        }
        "/cut-head" => end(stream, b"HTTP/1.1 200 OK\r\nContent-Le").await,
        "/cut-body" => end(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc").await,
        "/short-length" => say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef").await,
        "/bomb" => say(stream, &respond(200, "Content-Encoding: gzip\r\n", zeros())).await,
        "/endless-chunks" => {
            say(stream, &chunked("")).await?;
            endless(stream, format!("3e8\r\n{}\r\n", "x".repeat(1000)).as_bytes()).await
        }
        "/endless-headers" => {
            say(stream, b"HTTP/1.1 200 OK\r\n").await?;
            endless(stream, &b"X-More: and more\r\n".repeat(999)).await
        }
        "/redirect-private" => redirect(stream, "http://169.254.169.254/").await,
        "/redirect-self" => redirect(stream, path).await,
        "/redirect-other" => redirect(stream, &format!("http://{elsewhere}/")).await,
        "/bad-chunk" => say(stream, &chunked("zz\r\nabc\r\n0\r\n\r\n")).await,
        "/http09" => end(stream, b"<html>no head</html>\r\n").await,
        "/garbage" => say(stream, &[0, 0xff, 0x16, 3, 1, b'\r', b'\n', b'\r', b'\n']).await,
        "/reset" => reset(stream, b"").await,
        "/reset-head" => reset(stream, b"HTTP/1.1 200 OK\r\nContent-Le").await,
        "/reset-body" => reset(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc").await,
        "/two-answers" => say(stream, &[respond(200, "", "first"), respond(200, "", "second")].concat()).await,
        "/early-answer" => {
            say(stream, &respond(413, "Connection: close\r\n", "too much")).await?;
            pending().await
        }
        _ => say(stream, &respond(200, "", path)).await,
    }
}

async fn redirect(stream: &mut TcpStream, to: &str) -> Option<()> {
    say(stream, &respond(302, &format!("Location: {to}\r\n"), "")).await
}

async fn say(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()
}

async fn end(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    say(stream, bytes).await?;
    None
}

async fn reset(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    say(stream, bytes).await?;
    stream.set_zero_linger().ok()?;
    None
}

async fn endless(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    loop {
        say(stream, bytes).await?;
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

async fn read_body(stream: &mut TcpStream, head: &str) -> Option<()> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let length = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value).next();
    let length = length.map_or(0, |value| value.trim().parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.ok().map(|_| ())
}

/// Two hundred megabytes of zeros in gzip, as two hundred members (RFC 1952 §2.2).
fn zeros() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1_000_000]).unwrap();
    encoder.finish().unwrap().repeat(200)
}
