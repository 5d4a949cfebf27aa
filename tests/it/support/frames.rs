//! HTTP/2 frames by hand (RFC 9113 §4, RFC 7541), and a service on loopback that sends them over TLS whatever it is asked.
//!
//! A library would not let it break the protocol.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::tls::h2_config;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// `:status: 200` of the static table.
pub(crate) const OK: &[u8] = &[0x88];

const PREFACE: usize = 24;

/// One frame of the first request's stream, or of the connection (stream 0).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A `GOAWAY`: the last stream that was looked at, and why no other one is.
pub(crate) fn goaway(last: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

/// A header that is not put into the table.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// What the service sends when the head of the first request is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attack {
    pub(crate) once: Vec<u8>,
    /// Until the other side leaves.
    pub(crate) endless: Vec<u8>,
    /// Whether the connection ends then; it is kept otherwise.
    pub(crate) close: bool,
}

/// The address of a service that speaks HTTP/2 and does this on every connection. Its threads end with the test process.
pub(crate) fn h2_service(attack: Attack) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (attack, config) = (Arc::new(attack), Arc::new(h2_config()));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (attack, config) = (Arc::clone(&attack), Arc::clone(&config));
            thread::spawn(move || converse(config, stream, &attack));
        }
    });
    address
}

fn converse(config: Arc<ServerConfig>, stream: TcpStream, attack: &Attack) -> Option<()> {
    let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    tls.read_exact(&mut [0; PREFACE]).ok()?;
    tls.write_all(&frame(SETTINGS, 0, 0, &[])).ok()?;
    loop {
        let mut head = [0; 9];
        tls.read_exact(&mut head).ok()?;
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        tls.read_exact(&mut vec![0; length]).ok()?;
        if head[3] == HEADERS {
            break;
        }
    }
    tls.write_all(&attack.once).ok()?;
    while !attack.endless.is_empty() {
        tls.write_all(&attack.endless).ok()?;
    }
    if attack.close {
        tls.conn.send_close_notify();
        tls.flush().ok()?;
        tls.sock.shutdown(Shutdown::Write).ok()?;
    }
    std::io::copy(&mut tls.sock, &mut std::io::sink()).ok().map(|_| ())
}
