//! Accepts connections, not too many, until asked to stop; then lets them finish.
//!
//! Binds early and serves late: the address is known, and a port in use is an error, before anything else is begun.

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, TcpListener as Socket};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::connection::{Connection, Shared};
use super::handler::Handler;
use super::limits::Limits;

/// How long to wait when no connection can be accepted, at first and at most; doubled from one to the other.
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
    /// Whether work that outlives its connection was still under way.
    pub unfinished: bool,
}

impl Listener {
    /// Listens. On Unix the standard library sets `SO_REUSEADDR`, so that a restart need not wait for old connections.
    ///
    /// # Errors
    ///
    /// What the system says: the port is in use, or not ours to take.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        let socket = Socket::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where it listens; with port 0 asked for, the port that was given.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` ends, then until all requests in flight are answered or `limits.drain` is over.
    ///
    /// # Errors
    ///
    /// The socket cannot be used in this runtime. Errors of single connections only end those.
    pub async fn serve<H: Handler>(
        self,
        handler: H,
        limits: Limits,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Drained> {
        let listener = TcpListener::from_std(self.socket)?;
        let drain = limits.drain;
        let mut house = House::new(handler, limits);
        {
            let mut stop = pin!(stop);
            while let Some((stream, peer, place)) = house.next(&listener, stop.as_mut()).await {
                house.take_in(stream, peer, place);
            }
        }
        drop(listener);
        Ok(house.drain(drain).await)
    }
}

/// The connections of a listener.
struct House<H> {
    shared: Arc<Shared<H>>,
    places: Arc<Semaphore>,
    connections: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl<H: Handler> House<H> {
    fn new(handler: H, limits: Limits) -> Self {
        let places = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            shared: Arc::new(Shared { handler, limits: Arc::new(limits) }),
            places: Arc::new(Semaphore::new(places)),
            connections: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// The next client; nothing when it is time to stop. A place is taken before a client is accepted: whoever finds
    /// none waits in the system's backlog.
    async fn next(
        &mut self,
        listener: &TcpListener,
        mut stop: impl Future<Output = ()> + Unpin,
    ) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let accepted = accept(listener, Arc::clone(&self.places));
        let mut accepted = pin!(accepted);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return None,
                Some(ended) = self.connections.join_next() => report(ended),
                accepted = accepted.as_mut() => return accepted,
            }
        }
    }

    fn take_in(&mut self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Answers are small and whole; waiting for more to send only delays them. Failure costs no more than that.
        let _ = stream.set_nodelay(true);
        let connection = Connection { shared: Arc::clone(&self.shared), peer, stop: self.stop.subscribe() };
        self.connections.spawn(async move {
            connection.serve(stream).await;
            drop(place);
        });
    }

    async fn drain(mut self, time: Duration) -> Drained {
        self.stop.send_replace(true);
        let quiet = timeout(time, async {
            while let Some(ended) = self.connections.join_next().await {
                report(ended);
            }
            self.shared.handler.finished().await;
        })
        .await;
        let cut = self.connections.len();
        self.connections.shutdown().await;
        Drained { cut, unfinished: quiet.is_err() }
    }
}

async fn accept(
    listener: &TcpListener,
    places: Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.acquire_owned().await.ok()?;
    let mut wait = BACK_OFF.0;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Some((stream, peer, place)),
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
