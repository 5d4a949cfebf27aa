//! When a request begins: the first byte of its head.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, advance};

use super::wire::post;
use crate::server::Limits;
use crate::server::checked_heads::{CheckedHead, CheckedHeads};
use crate::server::gate::Gate;
use crate::server::preface::recognise;

const SECOND: Duration = Duration::from_secs(1);

/// A connection whose clock the test moves.
struct Stepped {
    client: DuplexStream,
    gate: Gate<DuplexStream>,
    heads: Arc<CheckedHeads>,
    began: Instant,
}

impl Stepped {
    /// Sends the pieces, a second apart, to the preface reader.
    async fn open(pieces: &[&str]) -> Self {
        let (mut client, mut ours) = tokio::io::duplex(1 << 16);
        let (heads, began) = (Arc::new(CheckedHeads::default()), Instant::now());
        let send = async {
            for piece in pieces {
                client.write_all(piece.as_bytes()).await.expect("sent");
                settle().await;
                advance(SECOND).await;
            }
        };
        let (first, ()) = tokio::join!(recognise(&mut ours), send);
        let first = first.expect("no error").expect("bytes");
        let gate = Gate::new(ours, first, Arc::new(Limits::default()), Arc::clone(&heads));
        Self { client, gate, heads, began }
    }

    /// Sends more, and a second passes.
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.client.write_all(bytes.as_ref()).await.expect("sent");
        self.pass().await;
    }

    /// Reads all that the gate lets through now, as hyper does; then a second passes.
    async fn pass(&mut self) {
        let mut space = [0; 4096];
        while let Ok(read) = tokio::time::timeout(Duration::ZERO, self.gate.read(&mut space)).await {
            assert!(read.expect("no error") > 0);
        }
        advance(SECOND).await;
    }

    /// Seconds from the beginning of the connection to the next head, as far as one was let through.
    fn next(&self) -> Option<u64> {
        let CheckedHead { arrived, refusal } = self.heads.next()?;
        assert_eq!(refusal, None);
        Some(arrived.duration_since(self.began).as_secs())
    }
}

/// The reader, which is polled beside the writer, takes what was sent.
async fn settle() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

fn whole() -> String {
    String::from_utf8(post("/a/ok", "", b"{}")).expect("text")
}

#[tokio::test(start_paused = true)]
async fn a_request_begins_with_the_first_byte_of_its_head() {
    let whole = whole();
    let (start, rest) = whole.split_at(2);
    let mut stepped = Stepped::open(&[start]).await;
    stepped.send(&rest[..10]).await;
    assert_eq!(stepped.next(), None);
    stepped.send(&rest[10..]).await;
    assert_eq!(stepped.next(), Some(0));
    // The next request on the connection begins with its own first byte, not with the empty line before it.
    stepped.send("\r\n").await;
    stepped.send(start).await;
    stepped.send(rest).await;
    assert_eq!((stepped.next(), stepped.next()), (Some(4), None));
}

#[tokio::test(start_paused = true)]
async fn a_pipelined_request_begins_with_the_read_that_brought_its_first_byte() {
    let whole = whole();
    let (start, rest) = whole.split_at(5);
    let mut stepped = Stepped::open(&[&format!("{whole}{whole}{start}")]).await;
    stepped.pass().await;
    assert_eq!((stepped.next(), stepped.next(), stepped.next()), (Some(0), Some(0), None));
    stepped.send(rest).await;
    assert_eq!(stepped.next(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_preface_that_turns_out_to_be_another_request_began_with_its_first_byte() {
    let mut stepped = Stepped::open(&["P", "OST /a HTTP/1.1\r\nHost: x\r\n"]).await;
    stepped.send("\r\n").await;
    assert_eq!(stepped.next(), Some(0));
}

/// A body's last bytes and the next head in one read: that read is when the head began, not the body's first.
#[tokio::test(start_paused = true)]
async fn a_head_behind_a_slow_body_begins_with_its_own_read() {
    let whole = whole();
    let (start, rest) = whole.split_at(whole.len() - 1);
    let mut stepped = Stepped::open(&[start]).await;
    stepped.pass().await;
    stepped.send(format!("{rest}{whole}")).await;
    assert_eq!((stepped.next(), stepped.next()), (Some(0), Some(2)));
}
