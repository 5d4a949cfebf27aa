//! Runs a call where it is awaited; to its end even if nothing awaits it any more; and on a thread for long work once it asks.
//!
//! A task for each call would cost a way through the scheduler there and one back.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::long_work::LongWork;

thread_local! {
    /// Set by the future that is polled right now when it wants to go on elsewhere.
    static WANTS_TO_MOVE: Cell<bool> = const { Cell::new(false) };
}

/// A future that becomes a task of its own when it is dropped before its end, and moves to a thread for long work when it asks.
pub(super) struct Detached<F: Future + Send + 'static> {
    state: State<F>,
    long_work: Option<LongWork>,
}

enum State<F: Future> {
    Here(Pin<Box<F>>),
    Elsewhere(JoinHandle<F::Output>),
    Over,
}

impl<F> Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    /// Begins nothing until it is awaited. Without threads for long work it stays where it is.
    pub(super) fn new(future: F, long_work: Option<LongWork>) -> Self {
        Self { state: State::Here(Box::pin(future)), long_work }
    }
}

/// Asks to go on on a thread for long work; where there is none, others of this thread have their turn first.
pub(super) async fn move_to_long_work() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        WANTS_TO_MOVE.set(true);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<F> Future for Detached<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            match &mut self.state {
                State::Here(future) => {
                    WANTS_TO_MOVE.set(false);
                    if let Poll::Ready(output) = future.as_mut().poll(context) {
                        self.state = State::Over;
                        return Poll::Ready(output);
                    }
                    let Some(long_work) = self.long_work.as_ref().filter(|_| WANTS_TO_MOVE.take()) else {
                        return Poll::Pending;
                    };
                    let runtime = long_work.next();
                    let State::Here(future) = std::mem::replace(&mut self.state, State::Over) else {
                        return Poll::Pending;
                    };
                    self.state = State::Elsewhere(runtime.spawn(future));
                }
                State::Elsewhere(task) => match Pin::new(task).poll(context) {
                    Poll::Ready(Ok(output)) => {
                        self.state = State::Over;
                        return Poll::Ready(output);
                    }
                    // Its thread ends only with the process; a panic is caught inside.
                    Poll::Ready(Err(_)) => {
                        self.state = State::Over;
                        return Poll::Pending;
                    }
                    Poll::Pending => return Poll::Pending,
                },
                State::Over => return Poll::Pending,
            }
        }
    }
}

impl<F: Future + Send + 'static> Drop for Detached<F> {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and there is nothing to run it. A task elsewhere goes on by itself.
        if let (State::Here(future), Ok(runtime)) =
            (std::mem::replace(&mut self.state, State::Over), Handle::try_current())
        {
            runtime.spawn(async move {
                future.await;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_on_when_its_caller_has_left() {
        let (send, received) = oneshot::channel();
        let call = Detached::new(
            async move {
                sleep(Duration::from_secs(1)).await;
                let _ = send.send(7);
            },
            None,
        );
        assert!(timeout(Duration::from_millis(10), call).await.is_err());
        assert_eq!(received.await, Ok(7));
    }

    #[tokio::test]
    async fn what_has_ended_is_not_run_again() {
        assert_eq!(Detached::new(async { 7 }, None).await, 7);
    }

    #[tokio::test]
    async fn a_call_goes_on_on_a_thread_for_long_work() {
        let long_work = LongWork::start().unwrap();
        let call = async {
            let before = thread::current().id();
            move_to_long_work().await;
            (before, thread::current().id())
        };
        let (before, after) = Detached::new(call, Some(long_work)).await;
        assert_eq!(before, thread::current().id());
        assert_ne!(before, after);
    }

    #[tokio::test]
    async fn without_such_threads_it_goes_on_where_it_is() {
        let call = async {
            move_to_long_work().await;
            thread::current().id()
        };
        assert_eq!(Detached::new(call, None).await, thread::current().id());
    }

    #[tokio::test]
    async fn a_call_that_moved_goes_on_when_its_caller_has_left() {
        let long_work = LongWork::start().unwrap();
        let (send, received) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let mut call = Box::pin(Detached::new(
            async move {
                move_to_long_work().await;
                let _ = gone.await;
                let _ = send.send(7);
            },
            Some(long_work.clone()),
        ));
        assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await);
        drop(call);
        let _ = go.send(());
        assert_eq!(received.await, Ok(7));
    }
}
