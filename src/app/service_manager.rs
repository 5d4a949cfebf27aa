//! Notifications to systemd (sd_notify(3)); without a service manager nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// Calls can come.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The definitions are being reloaded; `ready` ends it.
pub(super) fn reloading() {
    // A reload is timed by the system's own clock.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The process is about to end.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Reports at intervals that the process lives, if the service manager watches it.
pub(super) async fn watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut beat = tokio::time::interval((limit / 3).max(Duration::from_millis(1)));
    loop {
        beat.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be notified");
    }
}
