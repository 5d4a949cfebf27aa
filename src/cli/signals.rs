//! Signals: stop, stop at once, read everything anew.

use std::future::Future;

use super::service_manager;
use crate::live::Live;

/// Ends with the next SIGTERM or SIGINT; heard from when it is made.
#[cfg(unix)]
pub(super) fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals =
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        match signals {
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Ends with the next Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// SIGHUP reads all definitions and certificates anew.
#[cfg(unix)]
pub(super) struct Hangups(std::io::Result<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Hangups {
    pub(super) fn listen() -> Self {
        Self(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()))
    }

    pub(super) async fn reload(self, live: Live, also: impl Fn()) {
        let Ok(mut hangup) = self.0 else { return };
        while hangup.recv().await.is_some() {
            service_manager::reloading();
            live.reload().await;
            also();
            service_manager::ready();
        }
    }
}

/// There is no such signal.
#[cfg(not(unix))]
pub(super) struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    pub(super) fn listen() -> Self {
        Self
    }

    pub(super) async fn reload(self, _live: Live, _also: impl Fn()) {}
}
