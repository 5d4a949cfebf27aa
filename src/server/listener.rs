//! Accepts connections, not too many, until asked to stop; then lets them finish.
//!
//! Binds early and serves late: the address is known, and a port in use is an error, before anything else begins.

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, TcpListener as Socket};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::connection::{Connection, Shared};
use super::handler::Handler;
use super::limits::Limits;
use super::rejected::{self, Rejected};
use super::tls::Certificates;
use super::workers::Workers;
use crate::telemetry::ListenerMeter;

/// Wait after a failed accept: the first, and the longest; each is twice the one before.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A socket that listens, and is not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: SocketAddr,
}

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because their requests outlasted the drain.
    pub cut: usize,
    /// Whether work that outlives its connection was still in flight.
    pub unfinished: bool,
}

impl Listener {
    /// Listens. On Unix the standard library sets `SO_REUSEADDR`, so that a restart need not wait for old connections.
    ///
    /// # Errors
    ///
    /// The port is in use, or the process may not bind it.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        Self::of(Socket::bind(address)?)
    }

    /// Where it listens; with port 0 asked for, the port that was given.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes over a listening socket, as from a service manager.
    ///
    /// # Errors
    ///
    /// The socket does not listen.
    pub fn of(socket: Socket) -> Result<Self> {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Serves until `stop` ends, then until all requests in flight are answered or the drain is over.
    ///
    /// # Errors
    ///
    /// The socket cannot be used in this runtime. Errors of single connections only end those.
    pub async fn serve<H: Handler>(
        self,
        handler: H,
        serving: Serving,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Drained> {
        let listener = TcpListener::from_std(self.socket)?;
        let drain = serving.limits.drain;
        let mut connections = Connections::new(handler, serving);
        {
            let mut stop = pin!(stop);
            while let Some((stream, peer)) = connections.next(&listener, stop.as_mut()).await {
                connections.admit(stream, peer);
            }
        }
        drop(listener);
        Ok(connections.drain(drain).await)
    }
}

/// How a listener serves.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Bounds.
    pub limits: Limits,
    /// Its certificate; without one it speaks plain HTTP.
    pub certificates: Option<Arc<Certificates>>,
    /// Counts its connections.
    pub meter: ListenerMeter,
    /// Threads for its connections; without them they are served where they are accepted.
    pub workers: Option<Arc<Workers>>,
}

/// The connections of a listener.
struct Connections<H> {
    shared: Arc<Shared<H>>,
    rejected: Arc<Shared<Rejected>>,
    permits: Arc<Semaphore>,
    rejected_permits: Arc<Semaphore>,
    certificates: Option<Arc<Certificates>>,
    meter: ListenerMeter,
    workers: Option<Arc<Workers>>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl<H: Handler> Connections<H> {
    fn new(handler: H, Serving { limits, certificates, meter, workers }: Serving) -> Self {
        let permits = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
        let rejected_limits = rejected::limits(&limits);
        Self {
            shared: Arc::new(Shared { handler, limits: Arc::new(limits) }),
            rejected: Arc::new(Shared { handler: Rejected, limits: Arc::new(rejected_limits) }),
            permits: Arc::new(Semaphore::new(permits)),
            rejected_permits: Arc::new(Semaphore::new(rejected::MOST)),
            certificates,
            meter,
            workers,
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// The next client; nothing when it is time to stop.
    async fn next(
        &mut self,
        listener: &TcpListener,
        mut stop: impl Future<Output = ()> + Unpin,
    ) -> Option<(TcpStream, SocketAddr)> {
        let mut accepted = pin!(accept(listener));
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return None,
                Some(ended) = self.tasks.join_next() => report(ended),
                accepted = accepted.as_mut() => return Some(accepted),
            }
        }
    }

    /// Serves a client. Over the limit it gets one answer; over the limit of those it is closed.
    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Answers are small and whole: Nagle's algorithm only delays them. A failure here only costs that delay.
        let _ = stream.set_nodelay(true);
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            let guard = (permit, self.meter.opened());
            return self.spawn(Arc::clone(&self.shared), (stream, peer), guard);
        }
        match Arc::clone(&self.rejected_permits).try_acquire_owned() {
            Ok(permit) => {
                self.meter.refused("told");
                self.spawn(Arc::clone(&self.rejected), (stream, peer), permit);
            }
            Err(_) => self.meter.refused("closed"),
        }
    }

    fn spawn<T: Handler>(
        &mut self,
        shared: Arc<Shared<T>>,
        (stream, peer): (TcpStream, SocketAddr),
        permit: impl Send + 'static,
    ) {
        let (stop, certificates, meter) = (self.stop.subscribe(), self.certificates.clone(), self.meter.clone());
        let connection = Connection { shared, peer, stop };
        let Some((runtime, slot)) = self.workers.as_deref().and_then(Workers::least_busy) else {
            self.tasks.spawn(serve(connection, stream, certificates, (meter, permit)));
            return;
        };
        // A socket that cannot be moved to another runtime was broken by its client.
        let Ok(stream) = stream.into_std() else { return };
        let served = async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                serve(connection, stream, certificates, (meter, (permit, slot))).await;
            }
        };
        self.tasks.spawn_on(served, runtime);
    }

    async fn drain(mut self, time: Duration) -> Drained {
        self.stop.send_replace(true);
        let quiet = timeout(time, async {
            while let Some(ended) = self.tasks.join_next().await {
                report(ended);
            }
            self.shared.handler.finished().await;
        })
        .await;
        let cut = self.tasks.len();
        self.tasks.shutdown().await;
        Drained { cut, unfinished: quiet.is_err() }
    }
}

/// Serves one client to its end.
async fn serve<T: Handler>(
    connection: Connection<T>,
    stream: TcpStream,
    certificates: Option<Arc<Certificates>>,
    (meter, permit): (ListenerMeter, impl Send + 'static),
) {
    let (handshake, peer) = (connection.shared.limits.head_timeout, connection.peer);
    match certificates {
        None => connection.serve(stream).await,
        Some(certificates) => match Box::pin(timeout(handshake, certificates.acceptor().accept(stream))).await {
            Ok(Ok(stream)) => Box::pin(connection.serve(stream)).await,
            Ok(Err(error)) => {
                meter.refused("handshake");
                tracing::debug!(target: "action_executor::listener", peer = %peer.ip(), %error, "no TLS connection");
            }
            Err(_) => meter.refused("handshake_time"),
        },
    }
    drop(permit);
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut wait = BACK_OFF.0;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_client(&error) => {}
            Err(error) => {
                tracing::warn!(target: "action_executor::listener", %error, "connections cannot be accepted");
                sleep(wait).await;
                wait = (wait * 2).min(BACK_OFF.1);
            }
        }
    }
}

/// A client that left before it was accepted. Everything else, such as no file descriptors left, passes only with time.
fn is_of_one_client(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

fn report(ended: std::result::Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!(target: "action_executor::listener", "a connection ended because of a defect in the server");
    }
}
