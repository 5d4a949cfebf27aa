//! What systemd is told (sd_notify(3)); where nobody listens, nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// Calls can come.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The definitions are read anew; `ready` ends it.
pub(super) fn reloading() {
    // A reload is timed by the system's own clock.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The process is about to end.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says again and again that the process lives, if it is watched.
pub(super) async fn watchdog() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut beat = tokio::time::interval((limit / 3).max(Duration::from_millis(1)));
    loop {
        beat.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
