//! Tells HTTP/2 (with prior knowledge) from HTTP/1 by the first bytes of a connection.
//!
//! Reads no further than it must, and gives back what it read. hyper-util's own detection waits for ever for a client
//! that says nothing, or only `PRI `; here the one who calls sets the deadline.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

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

/// What the connection speaks, with the bytes read to find out; nothing if it ended before that was clear.
pub(super) async fn recognise<IO: AsyncRead + Unpin>(io: &mut IO) -> Result<Option<(Protocol, BytesMut)>> {
    let mut first = BytesMut::with_capacity(FIRST_READ);
    loop {
        if io.read_buf(&mut first).await? == 0 {
            // HTTP/1 answers what is no request; silence needs no answer.
            return Ok((!first.is_empty()).then_some((Protocol::Http1, first)));
        }
        if first.starts_with(PREFACE) {
            return Ok(Some((Protocol::Http2, first)));
        }
        if !PREFACE.starts_with(&first) {
            return Ok(Some((Protocol::Http1, first)));
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
        assert_eq!(found.as_ref().map(|(protocol, _)| *protocol), expected);
        if let Some((_, first)) = found {
            let mut whole = Vec::new();
            Replayed::new(first, tokio::io::join(io, tokio::io::sink()))
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
