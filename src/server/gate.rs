//! Stands between the socket and hyper's HTTP/1, and lets only heads through that can be trusted.
//!
//! hyper drops `Content-Length` without a word where `Transfer-Encoding` stands beside it, and answers what it cannot
//! read by itself, without a body. So each head is checked here before hyper sees it, and each body is followed to its
//! end to know where the next head begins. In place of a head that is refused hyper gets one of ours, and then the end
//! of the connection: so the answer to it comes in its turn, behind those to earlier requests. Which one it is, hyper's
//! service learns from [`Refusals`], not from anything a client could write.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::framing::Remaining;
use super::head::{self, Refusal, Refused, Verdict};
use super::limits::Limits;

/// Read at most that much at once.
const READ: usize = 8 * 1024;

/// Joins the heads that the gate lets through to the requests that hyper makes of them: by their number.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    served: AtomicU64,
    refused: OnceLock<(u64, Refusal)>,
}

impl Refusals {
    /// To be asked once for each request, in order: why this one is refused.
    pub(super) fn next(&self) -> Option<Refusal> {
        let number = self.served.fetch_add(1, Ordering::Relaxed);
        self.refused.get().filter(|(refused, _)| *refused == number).map(|(_, why)| *why)
    }
}

/// A stream of checked requests.
pub(super) struct Gate<IO> {
    io: IO,
    limits: Arc<Limits>,
    refusals: Arc<Refusals>,
    inbound: BytesMut,
    /// How many bytes at the front of `inbound` hyper may have.
    cleared: usize,
    stage: Stage,
    heads: u64,
    ended: bool,
    lingering: Option<Pin<Box<Sleep>>>,
}

/// What stands behind the cleared bytes.
enum Stage {
    /// A head, looked at so far, to be there in time once its first byte is.
    Head { looked_at: usize, timer: Option<Pin<Box<Sleep>>> },
    /// A body.
    Body(Remaining),
    /// Nothing that anyone will read.
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
    pub(super) fn new(io: IO, first: BytesMut, limits: Arc<Limits>, refusals: Arc<Refusals>) -> Self {
        let (cleared, heads, ended, lingering) = (0, 0, false, None);
        Self { io, limits, refusals, inbound: first, cleared, stage: Stage::head(), heads, ended, lingering }
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
        let Stage::Head { looked_at, .. } = &mut self.stage else { return Move::End };
        if *looked_at == 0 {
            // RFC 9112, section 2.2: empty lines before a request are overlooked.
            let blank = self.inbound.iter().take_while(|byte| b"\r\n".contains(byte)).count();
            self.inbound.advance(blank);
        }
        let worth_a_look = may_end_within(&self.inbound, *looked_at);
        *looked_at = self.inbound.len();
        let verdict = if worth_a_look { head::check(&self.inbound, self.limits.headers) } else { Verdict::Partial };
        let limit = self.limits.head_bytes;
        match verdict {
            Verdict::Good { length, framing } if length <= limit => {
                (self.cleared, self.stage) = (length, Stage::Body(framing.into()));
                self.heads += 1;
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
        // Cannot be set twice: nothing follows a refusal.
        let _ = self.refusals.refused.set((self.heads, refused.why));
        let method = if refused.is_head { "HEAD" } else { "GET" };
        let id = refused.request_id.map(|id| format!("x-request-id: {id}\r\n")).unwrap_or_default();
        self.inbound = BytesMut::from(format!("{method} / HTTP/1.1\r\nconnection: close\r\n{id}\r\n").as_bytes());
        (self.cleared, self.stage) = (self.inbound.len(), Stage::Refused);
        Move::Give
    }

    fn give(&mut self, into: &mut ReadBuf<'_>) {
        let count = self.cleared.min(into.remaining());
        into.put_slice(self.inbound.get(..count).unwrap_or_default());
        self.inbound.advance(count);
        self.cleared -= count;
        if self.inbound.is_empty() {
            // A call can take long, and needs no room for the next one meanwhile.
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

    /// Reads on for a while from a client that was cut short: closing a socket with unread bytes makes the system reset
    /// the connection, and the answer would be lost.
    fn poll_linger(&mut self, context: &mut Context<'_>, linger: Duration) -> Poll<()> {
        let timer = self.lingering.get_or_insert_with(|| Box::pin(sleep(linger)));
        if timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [MaybeUninit::uninit(); READ];
        // A fast client must not keep this task from giving way to others.
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
        Self::Head { looked_at: 0, timer: None }
    }
}

/// Whether a look at a head can be worth it: at the first bytes, and when an empty line has come since.
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
