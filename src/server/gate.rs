//! A filter between the socket and hyper's HTTP/1. It lets only heads through that can be trusted, and notes when each arrived.
//!
//! hyper silently drops `Content-Length` beside `Transfer-Encoding`, and answers a head that it cannot read without a body.
//! So the gate checks each head before hyper sees it, and follows each body to its end to know where the next head begins.
//! In place of a refused head hyper gets one of ours, and then the end of the connection: so its answer comes in its turn,
//! after the answers to earlier requests. hyper's service finds it by [`CheckedHeads`], not by anything a client could write.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::checked_heads::{CheckedHead, CheckedHeads};
use super::framing::Remaining;
use super::head::{self, Refusal, Refused, Verdict};
use super::limits::Limits;
use super::preface::FirstBytes;

/// Read at most that much at once.
const READ: usize = 8 * 1024;

/// A stream of checked requests.
pub(super) struct Gate<IO> {
    io: IO,
    limits: Arc<Limits>,
    heads: Arc<CheckedHeads>,
    inbound: BytesMut,
    /// When the last bytes of `inbound` were read.
    last_read: Instant,
    /// How many bytes at the front of `inbound` hyper may have.
    cleared: usize,
    stage: Stage,
    ended: bool,
    lingering: Option<Pin<Box<Sleep>>>,
}

/// What follows the cleared bytes.
enum Stage {
    /// A head, checked up to `looked_at`. The timer begins with its first byte.
    Head {
        arrived: Option<Instant>,
        looked_at: usize,
        timer: Option<Pin<Box<Sleep>>>,
    },
    Body(Remaining),
    /// Bytes after a refused head, which are not served.
    Refused,
}

/// What the gate does next.
enum Move {
    Give,
    Read,
    End,
}

impl<IO: AsyncRead + Unpin> Gate<IO> {
    /// `first` was read from the stream already.
    pub(super) fn new(io: IO, first: FirstBytes, limits: Arc<Limits>, heads: Arc<CheckedHeads>) -> Self {
        Self {
            io,
            limits,
            heads,
            inbound: first.bytes,
            last_read: first.arrived,
            cleared: 0,
            stage: Stage::head(),
            ended: false,
            lingering: None,
        }
    }

    fn advance(&mut self) -> Result<Move> {
        if self.cleared > 0 {
            return Ok(Move::Give);
        }
        if matches!(&self.stage, Stage::Body(remaining) if remaining.is_done()) {
            self.stage = Stage::head();
        }
        match &mut self.stage {
            Stage::Refused => Ok(Move::End),
            Stage::Body(_) if self.inbound.is_empty() => Ok(if self.ended { Move::End } else { Move::Read }),
            Stage::Body(remaining) => {
                let counted = remaining.count_off(&self.inbound);
                self.cleared = counted.map_err(|broken| Error::new(ErrorKind::InvalidData, broken))?;
                Ok(Move::Give)
            }
            Stage::Head { .. } => Ok(self.advance_head()),
        }
    }

    fn advance_head(&mut self) -> Move {
        let Stage::Head { arrived, looked_at, .. } = &mut self.stage else { return Move::End };
        if *looked_at == 0 {
            // RFC 9112, section 2.2: empty lines before a request are ignored.
            let blank = self.inbound.iter().take_while(|byte| b"\r\n".contains(byte)).count();
            self.inbound.advance(blank);
        }
        if !self.inbound.is_empty() {
            // The bytes after a body, or after empty lines, are all of the last read.
            arrived.get_or_insert(self.last_read);
        }
        let may_be_whole = may_end_within(&self.inbound, *looked_at);
        *looked_at = self.inbound.len();
        let verdict = if may_be_whole { head::check(&self.inbound, self.limits.headers) } else { Verdict::Partial };
        let limit = self.limits.head_bytes;
        match verdict {
            Verdict::Good { length, framing } if length <= limit => {
                self.note(None);
                (self.cleared, self.stage) = (length, Stage::Body(framing.into()));
                Move::Give
            }
            Verdict::Refused(refused) => self.refuse(refused),
            Verdict::Good { .. } => self.refuse(Refusal::TooLarge { limit }.into()),
            Verdict::Partial if self.inbound.len() > limit => self.refuse(Refusal::TooLarge { limit }.into()),
            Verdict::Partial if !self.ended => Move::Read,
            Verdict::Partial if self.inbound.is_empty() => Move::End,
            Verdict::Partial => self.refuse(Refusal::Incomplete.into()),
        }
    }

    /// Puts a head of ours in the place of the one that is refused.
    fn refuse(&mut self, refused: Refused) -> Move {
        self.note(Some(refused.why));
        let method = if refused.is_head { "HEAD" } else { "GET" };
        let id = refused.request_id.map(|id| format!("x-request-id: {id}\r\n")).unwrap_or_default();
        self.inbound = BytesMut::from(format!("{method} / HTTP/1.1\r\nconnection: close\r\n{id}\r\n").as_bytes());
        (self.cleared, self.stage) = (self.inbound.len(), Stage::Refused);
        Move::Give
    }

    fn note(&self, refusal: Option<Refusal>) {
        let arrived = if let Stage::Head { arrived, .. } = &self.stage { *arrived } else { None };
        self.heads.push(CheckedHead { arrived: arrived.unwrap_or(self.last_read), refusal });
    }

    fn give(&mut self, into: &mut ReadBuf<'_>) {
        let count = self.cleared.min(into.remaining());
        into.put_slice(self.inbound.get(..count).unwrap_or_default());
        self.inbound.advance(count);
        self.cleared -= count;
        if self.inbound.is_empty() {
            // A call can take long; the buffer for the next request is not kept meanwhile.
            self.inbound = BytesMut::new();
        }
    }

    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut more = ReadBuf::uninit(&mut space);
        if let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(context, &mut more) {
            read?;
            self.ended = more.filled().is_empty();
            self.inbound.extend_from_slice(more.filled());
            self.last_read = Instant::now();
            return Poll::Ready(Ok(()));
        }
        let Stage::Head { timer, .. } = &mut self.stage else { return Poll::Pending };
        if self.inbound.is_empty() {
            return Poll::Pending;
        }
        let timeout = self.limits.head_timeout;
        let timer = timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(timer.as_mut().poll(context));
        self.refuse(Refusal::TooSlow.into());
        Poll::Ready(Ok(()))
    }

    /// Reads and drops what a refused client still sends, for a while: closing a socket with unread bytes makes the system
    /// reset the connection, and the answer would be lost.
    fn poll_linger(&mut self, context: &mut Context<'_>, linger: Duration) -> Poll<()> {
        let timer = self.lingering.get_or_insert_with(|| Box::pin(sleep(linger)));
        if timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [MaybeUninit::uninit(); READ];
        // A fast client must not keep this task from yielding.
        for _ in 0..64 {
            let mut waste = ReadBuf::uninit(&mut space);
            match ready!(Pin::new(&mut self.io).poll_read(context, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_cut_short(&self) -> bool {
        match &self.stage {
            Stage::Refused => true,
            Stage::Body(remaining) => !remaining.is_done(),
            Stage::Head { .. } => !self.inbound.is_empty(),
        }
    }
}

impl Stage {
    fn head() -> Self {
        Self::Head { arrived: None, looked_at: 0, timer: None }
    }
}

/// Whether a head may be whole or wrong: checked at its first bytes, and when an empty line has arrived since.
fn may_end_within(bytes: &[u8], looked_at: usize) -> bool {
    let new = bytes.get(looked_at.saturating_sub(3)..).unwrap_or_default();
    (looked_at == 0 && !bytes.is_empty())
        || new.windows(2).any(|pair| pair == b"\n\n")
        || new.windows(3).any(|three| three == b"\n\r\n")
}

impl<IO: AsyncRead + Unpin> AsyncRead for Gate<IO> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        loop {
            match self.advance()? {
                Move::Read => ready!(self.poll_more(context))?,
                Move::End => return Poll::Ready(Ok(())),
                Move::Give => {
                    self.give(into);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<IO> {
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
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(context))?;
        }
        if self.is_cut_short() && !self.ended {
            let linger = self.limits.linger;
            ready!(self.poll_linger(context, linger));
        }
        Poll::Ready(Ok(()))
    }
}
