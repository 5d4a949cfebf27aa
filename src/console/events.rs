//! What tells a page that it is old: server-sent events without content of their own.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::live::Live;
use crate::telemetry::Recent;

/// How often is looked for new calls: asking costs calls nothing, telling of each would.
const EVERY: Duration = Duration::from_millis(500);

/// After so many looks without news something is sent all the same, so that a page that is gone is noticed.
const QUIET_LOOKS: u32 = 20;

/// `calls` when one has ended, `catalog` when what is served or known of it changed.
pub(super) fn stream(live: &Live, recent: &Arc<Recent>) -> mpsc::Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(4);
    let (mut reports, recent) = (live.reports(), Arc::clone(recent));
    tokio::spawn(async move {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut newest, mut quiet, mut failed) = (recent.newest(), 0, reports.borrow_and_update().failed.clone());
        let mut event = Bytes::from_static(b"retry: 1000\n\n");
        loop {
            if sender.send(event).await.is_err() {
                return;
            }
            event = loop {
                tokio::select! {
                    () = sender.closed() => return,
                    changed = reports.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let report = reports.borrow_and_update();
                        if report.changed || report.failed != failed {
                            failed.clone_from(&report.failed);
                            break Bytes::from(format!("event: catalog\ndata: {}\n\n", report.number));
                        }
                    }
                    _ = looks.tick() => {
                        let now = recent.newest();
                        quiet += 1;
                        if now != newest {
                            newest = now;
                            quiet = 0;
                            break Bytes::from(format!("event: calls\ndata: {now}\n\n"));
                        }
                        if quiet >= QUIET_LOOKS {
                            quiet = 0;
                            break Bytes::from_static(b": still here\n\n");
                        }
                    }
                }
            };
        }
    });
    receiver
}
