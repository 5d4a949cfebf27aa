//! Tells HTTP/2 (with prior knowledge) from HTTP/1 by the first bytes of a connection.
//!
//! Reads no further than it must, and returns what it read. hyper-util's own detection waits for ever for a client that
//! sends nothing, or only `PRI `; here the caller of the function sets the deadline.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a client that speaks HTTP/2 says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Read at most that much; only the start of it decides.
const FIRST_READ: usize = 4096;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// The first bytes of a connection.
#[derive(Debug)]
pub(super) struct FirstBytes {
    pub(super) protocol: Protocol,
    pub(super) bytes: BytesMut,
    /// When the first of them was read.
    pub(super) arrived: Instant,
}

/// Reads until the protocol is clear. None if the connection ends without a byte.
pub(super) async fn recognise<IO: AsyncRead + Unpin>(io: &mut IO) -> Result<Option<FirstBytes>> {
    let mut bytes = BytesMut::with_capacity(FIRST_READ);
    let mut arrived = None;
    loop {
        let ended = io.read_buf(&mut bytes).await? == 0;
        if bytes.is_empty() {
            return Ok(None);
        }
        let arrived = *arrived.get_or_insert_with(Instant::now);
        let protocol = if bytes.starts_with(PREFACE) { Protocol::Http2 } else { Protocol::Http1 };
        // An end within the preface is no HTTP/2; HTTP/1 answers that it is no request.
        if ended || protocol == Protocol::Http2 || !PREFACE.starts_with(&bytes) {
            return Ok(Some(FirstBytes { protocol, bytes, arrived }));
        }
    }
}

/// A stream that gives some bytes again before it goes on.
pub(super) struct Replayed<IO> {
    first: BytesMut,
    io: IO,
}

impl<IO> Replayed<IO> {
    pub(super) fn new(first: BytesMut, io: IO) -> Self {
        Self { first, io }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Replayed<IO> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, into);
        }
        let count = self.first.len().min(into.remaining());
        into.put_slice(self.first.get(..count).unwrap_or_default());
        self.first.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Replayed<IO> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(sent: &[u8], expected: Option<Protocol>) {
        let mut io = sent;
        let found = recognise(&mut io).await.expect("no error");
        assert_eq!(found.as_ref().map(|first| first.protocol), expected);
        if let Some(first) = found {
            let mut whole = Vec::new();
            Replayed::new(first.bytes, tokio::io::join(io, tokio::io::sink()))
                .read_to_end(&mut whole)
                .await
                .expect("no error");
            assert_eq!(whole, sent);
        }
    }

    #[tokio::test]
    async fn the_first_bytes_tell_the_protocol_and_are_not_lost() {
        check(b"POST / HTTP/1.1\r\n\r\n", Some(Protocol::Http1)).await;
        check(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore", Some(Protocol::Http2)).await;
        check(b"PRI * HTTP/2.0\r\n\r\nXX", Some(Protocol::Http1)).await;
        check(b"PRI ", Some(Protocol::Http1)).await;
        check(b"", None).await;
    }
}
