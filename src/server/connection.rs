//! One connection from its first byte to its last: HTTP/1.0, 1.1 and 2 on the same port.
//!
//! Knows protocols and deadlines; what is answered is the handler's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_io_timeout::TimeoutWriter;

use super::checked_heads::{CheckedHead, CheckedHeads};
use super::gate::Gate;
use super::handler::{Handler, Received};
use super::head::Refusal;
use super::limits::Limits;
use super::preface::{FirstBytes, Protocol, Replayed, recognise};
use super::respond::{RequestMetadata, Response, ResponseBuilder};

/// More room than the largest head that the gate lets through, so that hyper never refuses one itself.
const HYPER_ROOM: usize = 8 * 1024;

/// How often a silent HTTP/2 client is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// Bytes that an HTTP/2 client may send ahead, for one request and for all of one connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Streams that a client may reset before we have looked at them.
const PENDING_RESETS: usize = 20;

/// What all connections of a listener share.
pub(super) struct Shared<H> {
    pub(super) handler: H,
    pub(super) limits: Arc<Limits>,
}

/// One client.
pub(super) struct Connection<H> {
    pub(super) shared: Arc<Shared<H>>,
    pub(super) peer: SocketAddr,
    /// Turns when the server is asked to stop.
    pub(super) stop: watch::Receiver<bool>,
}

impl<H: Handler> Connection<H> {
    /// Serves until the client or a deadline ends it. When the server is asked to stop, requests in flight are finished.
    pub(super) async fn serve<IO>(mut self, io: IO)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = Arc::clone(&self.shared.limits);
        let mut io = Box::pin(TimeoutWriter::new(io));
        io.as_mut().set_timeout_pinned(Some(limits.write_timeout));
        let recognised = tokio::select! {
            recognised = timeout(limits.head_timeout, recognise(&mut io)) => recognised,
            () = stopped(&mut self.stop) => return,
        };
        // Closed, broken or silent: no request to answer.
        let Ok(Ok(Some(first))) = recognised else { return };
        // Boxed: a connection is as large as the protocol that it speaks, not as the largest of them.
        match first.protocol {
            Protocol::Http1 => Box::pin(self.serve_http1(io, first)).await,
            Protocol::Http2 => Box::pin(self.serve_http2(Replayed::new(first.bytes, io))).await,
        }
    }

    async fn serve_http1<IO>(mut self, io: IO, first: FirstBytes)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = Arc::clone(&self.shared.limits);
        let heads = Arc::new(CheckedHeads::default());
        let gate = Gate::new(io, first, Arc::clone(&limits), Arc::clone(&heads));
        let activity = Arc::new(Activity::default());
        let (shared, peer, active) = (Arc::clone(&self.shared), self.peer, Arc::clone(&activity));
        let service = service_fn(move |request: Request<Incoming>| {
            let (shared, head, busy) = (Arc::clone(&shared), heads.next(), Busy::new(&active));
            async move {
                let response = match head {
                    Some(CheckedHead { arrived, refusal: None }) => {
                        shared.handler.answer(request, Received { peer, arrived }).await
                    }
                    Some(CheckedHead { refusal: Some(refusal), .. }) => refuse(request, refusal),
                    // A request that the gate knows no head of: hyper reads the bytes in another way than the gate does.
                    None => refuse(request, Refusal::Malformed),
                };
                drop(busy);
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                // Heads have their deadline in the gate; hyper's would set a timer for each request.
                .header_read_timeout(None)
                .max_buf_size(limits.head_bytes.saturating_add(HYPER_ROOM))
                .half_close(true)
                // Answers are short: copied behind their head they are one write.
                .writev(false)
                .serve_connection(TokioIo::new(gate), service)
        );
        // An error is a client that left or broke off: it has had its answer, or cannot be given one.
        tokio::select! {
            _ = connection.as_mut() => {}
            grace = may_end(&activity, &limits, &mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                let _ = timeout(grace, connection).await;
            }
        }
    }

    async fn serve_http2<IO>(mut self, io: IO)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = Arc::clone(&self.shared.limits);
        let activity = Arc::new(Activity::default());
        let (shared, peer, active) = (Arc::clone(&self.shared), self.peer, Arc::clone(&activity));
        let service = service_fn(move |request: Request<Incoming>| {
            // The end of the head; h2 does not report when its first byte arrived.
            let received = Received { peer, arrived: Instant::now() };
            let (shared, busy) = (Arc::clone(&shared), Busy::new(&active));
            async move {
                let response = shared.handler.answer(request, received).await;
                drop(busy);
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = std::pin::pin!(
            http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.streams)
                .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .max_pending_accept_reset_streams(PENDING_RESETS)
                .keep_alive_interval(PING)
                .keep_alive_timeout(limits.head_timeout)
                .serve_connection(TokioIo::new(io), service)
        );
        tokio::select! {
            _ = connection.as_mut() => {}
            grace = may_end(&activity, &limits, &mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                let _ = timeout(grace, connection).await;
            }
        }
    }
}

fn refuse(request: Request<Incoming>, refusal: Refusal) -> Response {
    ResponseBuilder::refused(refusal).build(&RequestMetadata::of(&request.into_parts().0))
}

/// Ends when the connection has been idle for too long, or the server is asked to stop; says how long the rest may take.
async fn may_end(activity: &Activity, limits: &Limits, stop: &mut watch::Receiver<bool>) -> Duration {
    tokio::select! {
        () = activity.idle(limits.idle_timeout) => limits.head_timeout,
        // The server's own drain deadline cuts.
        () = stopped(stop) => Duration::MAX,
    }
}

/// Ends when the server is asked to stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether a connection is used.
#[derive(Debug, Default)]
struct Activity {
    begun: AtomicU64,
    in_flight: AtomicUsize,
}

impl Activity {
    /// Ends when for at least `time`, and less than twice that, there was no request. A request costs it nothing but a count.
    async fn idle(&self, time: Duration) {
        let mut seen = None;
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            if self.in_flight.load(Ordering::Relaxed) == 0 && seen == Some(begun) {
                return;
            }
            seen = Some(begun);
            sleep(time).await;
        }
    }
}

/// A request in flight; also over when its client resets it.
struct Busy(Arc<Activity>);

impl Busy {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
