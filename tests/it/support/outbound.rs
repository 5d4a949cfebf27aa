//! Requests and networks to send them with, for tests of the sending side alone.

use std::net::SocketAddr;

use action_executor::upstream::{Answer, Network, NetworkSettings, OutboundRequest, SendError, Sender};
use bytes::Bytes;
use http::{HeaderMap, Method};

use super::PATIENCE;

/// The largest answer of [`get`].
pub(crate) const MIB: usize = 1024 * 1024;

/// A network that may call these private networks.
pub(crate) fn network(allow_private: &[&str]) -> Network {
    let allow_private = allow_private.iter().map(|network| network.parse().unwrap()).collect();
    Network::new(&NetworkSettings { allow_private, ..NetworkSettings::default() }).unwrap()
}

/// A network that may call loopback.
pub(crate) fn loopback() -> Network {
    network(&["127.0.0.0/8", "::1/128"])
}

/// A plain request with more time than any answer takes, however busy the machine is.
pub(crate) fn get(url: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::GET,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        connect_timeout: PATIENCE,
        attempt_timeout: PATIENCE,
        max_answer: MIB,
        identity: None,
        service: None,
        shown_host: Some("the host".into()),
        caller: 0,
    }
}

/// An address with no listener; no other socket gets it while this one lives.
pub(crate) fn closed_port() -> (tokio::net::TcpSocket, SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Runs something that waits.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Sends once.
#[track_caller]
pub(crate) fn send(network: &Network, request: &OutboundRequest) -> Result<Answer, SendError> {
    run(network.send(Box::new(request.clone())))
}

/// The most that this process ever held in memory, in bytes; 0 where the system does not tell.
pub(crate) fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).map_or(0, |kib| kib * 1024)
}

/// Sends once; when the request has arrived, the clock steps to the end of the attempt. For [`run`] only.
pub(crate) async fn send_unanswered(
    network: &Network,
    request: OutboundRequest,
    has_arrived: impl Fn() -> bool,
) -> Result<Answer, SendError> {
    let time = request.attempt_timeout;
    let mut sending = std::pin::pin!(network.send(Box::new(request)));
    let arrived = async {
        while !has_arrived() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        sent = &mut sending => return sent,
        () = arrived => {}
    }
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
    sending.await
}
