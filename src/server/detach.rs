//! Runs a call where it is awaited, and to its end even if nobody awaits it any more.
//!
//! A task for each call would cost a way through the scheduler there and one back.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that becomes a task of its own when it is dropped before its end.
pub(super) struct DetachOnDrop<F: Future + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future + Send + 'static> DetachOnDrop<F> {
    /// Begins nothing until it is awaited.
    pub(super) fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future + Send + 'static> Future for DetachOnDrop<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F: Future + Send + 'static> Drop for DetachOnDrop<F> {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and there is nothing to run it.
        if let (Some(future), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                future.await;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_on_when_nobody_waits_for_it() {
        let (tell, told) = oneshot::channel();
        let call = DetachOnDrop::new(async move {
            sleep(Duration::from_secs(1)).await;
            let _ = tell.send(7);
        });
        assert!(timeout(Duration::from_millis(10), call).await.is_err());
        assert_eq!(told.await, Ok(7));
    }

    #[tokio::test]
    async fn what_has_ended_is_not_run_again() {
        assert_eq!(DetachOnDrop::new(async { 7 }).await, 7);
    }
}
