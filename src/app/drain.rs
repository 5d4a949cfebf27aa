//! The end of the process, in stages: a delay in which balancers notice, then the calls in flight end. A second signal cuts it short.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;

use super::service_manager;
use super::signals::stop_signal;

/// How far the process is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Calls are accepted.
    Serving,
    /// Calls are still accepted, but balancers should send no more.
    Leaving,
    /// Calls in flight end.
    Draining,
}

/// Takes the process from stage to stage.
pub(super) struct Drain {
    signal: Pin<Box<dyn Future<Output = ()> + Send>>,
    stage: watch::Sender<Stage>,
    delay: Duration,
}

/// The stage that the process is in.
#[derive(Clone)]
pub(super) struct Stages(watch::Receiver<Stage>);

impl Drain {
    /// From now on signals are heard; before, one ends the process on the spot.
    pub(super) fn begin(delay: Duration) -> (Self, Stages) {
        let (stage, stages) = watch::channel(Stage::Serving);
        (Self { signal: Box::pin(stop_signal()), stage, delay }, Stages(stages))
    }

    /// The first signal begins the end; a second one is the end.
    pub(super) async fn run(self) {
        self.signal.await;
        let second = stop_signal();
        tracing::info!("stopping");
        service_manager::stopping();
        self.stage.send_replace(Stage::Leaving);
        let drain = async {
            tokio::time::sleep(self.delay).await;
            self.stage.send_replace(Stage::Draining);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = second => {}
            () = drain => {}
        }
        tracing::warn!("asked twice to stop, calls in flight are cut short");
        std::process::exit(130);
    }
}

impl Stages {
    /// Whether the process is about to end.
    pub(super) fn is_stopping(&self) -> bool {
        *self.0.borrow() > Stage::Serving
    }

    /// Waits until calls in flight are to end.
    pub(super) async fn draining(mut self) {
        // A sender that is gone means the end as well.
        let _ = self.0.wait_for(|reached| *reached >= Stage::Draining).await;
    }
}
