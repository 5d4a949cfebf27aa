//! Threads that serve connections, one for each processor, each with a runtime of its own.
//!
//! A call stays on its connection's thread and wakes no other one, which costs a fifth less than a runtime whose threads share
//! their work. A new connection goes to the thread with the fewest.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The threads; they end with the last owner of this value.
#[derive(Debug)]
pub struct Workers(Vec<Worker>);

/// One thread.
#[derive(Debug)]
struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
    /// Dropped with the worker, which ends the thread.
    _held: oneshot::Sender<()>,
}

/// Counts a connection of a thread.
#[derive(Debug)]
pub(super) struct WorkerSlot {
    connections: Arc<AtomicUsize>,
}

impl Workers {
    /// As many threads as there are processors that this process may use.
    ///
    /// # Errors
    /// The system gives no more threads, or no more files for their event loops.
    pub fn start() -> Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        (0..count).map(Worker::start).collect::<Result<_>>().map(Self)
    }

    /// The thread with the fewest connections, and a slot there.
    pub(super) fn least_busy(&self) -> Option<(&Handle, WorkerSlot)> {
        let worker = self.0.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed))?;
        worker.connections.fetch_add(1, Ordering::Relaxed);
        Some((&worker.runtime, WorkerSlot { connections: Arc::clone(&worker.connections) }))
    }
}

impl Worker {
    fn start(number: usize) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (held, let_go) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("calls-{number}")).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    // Ends with an error when the other end is dropped.
                    _ = let_go => {}
                    () = tick() => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, connections: Arc::default(), _held: held })
    }
}

/// Never ends. A runtime makes a system call for each new timer that ends before all others. With a timer that always ends
/// within a second, the deadlines of calls are never the first.
async fn tick() {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

impl Drop for WorkerSlot {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_to_the_thread_with_the_fewest() {
        let workers = Workers(vec![Worker::start(0).expect("a thread"), Worker::start(1).expect("a thread")]);
        let take = || workers.least_busy().map(|(runtime, slot)| (runtime.id(), slot)).expect("a thread");
        let (first, second) = (take(), take());
        assert_ne!(first.0, second.0);
        let gone = second.0;
        drop(second.1);
        assert_eq!(take().0, gone);
    }

    #[test]
    fn the_threads_end_with_their_last_owner() {
        let workers = Workers(vec![Worker::start(0).expect("a thread")]);
        let (runtime, _slot) = workers.least_busy().expect("a thread");
        let waiting = runtime.spawn(std::future::pending::<()>());
        drop(workers);
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        assert!(runtime.block_on(waiting).expect_err("cut short").is_cancelled());
    }
}
