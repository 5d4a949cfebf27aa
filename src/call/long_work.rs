//! Threads for calls whose pure work is long, so that it holds no thread that serves other calls.
//!
//! Few, so that heavy calls wait for one another and not others for them. A call that moved here stays to its end. With four
//! heavy calls on the threads of light ones the p99 of these was above 2 s, with threads of their own below 30 ms.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The threads; they end when nothing holds them any more. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LongWork(Arc<Vec<Thread>>, Arc<AtomicUsize>);

#[derive(Debug)]
struct Thread {
    runtime: Handle,
    /// Dropped with the last owner, which ends the thread.
    _held: oneshot::Sender<()>,
}

impl LongWork {
    /// One thread for two processors, at least one.
    ///
    /// # Errors
    /// The system gives no more threads, or no more descriptors to wait on.
    pub fn start() -> Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from).div_ceil(2);
        let threads = (0..count).map(Thread::start).collect::<Result<_>>()?;
        Ok(Self(Arc::new(threads), Arc::default()))
    }

    /// The runtime of one of them, each in its turn.
    pub(super) fn next(&self) -> Handle {
        let turn = self.1.fetch_add(1, Ordering::Relaxed);
        let thread = self.0.get(turn % self.0.len().max(1));
        thread.map_or_else(Handle::current, |thread| thread.runtime.clone())
    }
}

impl Thread {
    fn start(number: usize) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (held, released) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("long-{number}")).spawn(move || {
            // An error says that the other end is gone.
            let _ = runtime.block_on(released);
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, _held: held })
    }
}
