//! Keeps a defect in one call from becoming more than that call's failure.
//!
//! Only catches: the runner of the future answers and logs.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// The future panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

/// Runs a future to its end or to its first panic.
///
/// The state of a future that panicked is never looked at again, which is what makes `AssertUnwindSafe` true; what it
/// shares with others sits behind locks and atomics that no panic leaves half-written.
pub fn caught<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Panicked>> {
    // In a box of its own: a call in flight holds it once, and not wherever it was handed on.
    let mut future = Box::pin(future);
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
}
