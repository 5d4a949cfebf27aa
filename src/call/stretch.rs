//! Pure work, a short stretch of it on the thread that serves the call, the rest elsewhere.
//!
//! Pure work can be started again: what is longer than a stretch is given up, and done again on a thread for long work. So no
//! thread that serves calls is held for longer, whatever a definition makes of its data.

use std::sync::atomic::Ordering;

use super::detach::move_to_long_work;
use super::frame::Frame;
use crate::budget::{Exhausted, Stretch};

/// Bytes of an answer that are read on the thread that serves the call; a longer answer is read elsewhere at once.
const LONGEST_READ: usize = 256 * 1024;

impl<S> Frame<'_, S> {
    /// Does pure work; `why` says of its error what of the budget it met.
    pub(super) async fn pure<T, E>(
        &self,
        work: impl Fn() -> Result<T, E>,
        why: impl Fn(&E) -> Option<Exhausted>,
    ) -> Result<T, E> {
        if self.is_on_long_work() {
            return work();
        }
        let (before, drawn) = (self.budget.mark(), self.conditions.clock.drawn());
        self.budget.begin_stretch(Some(Stretch::SHORT));
        let done = work();
        self.budget.begin_stretch(None);
        match done {
            Err(error) if why(&error) == Some(Exhausted::Stretch) => {
                self.budget.reset(before);
                self.conditions.clock.redraw_from(drawn);
                self.go_elsewhere().await;
                work()
            }
            done => done,
        }
    }

    /// Goes on elsewhere before an answer of so many bytes is read.
    pub(super) async fn before_reading(&self, bytes: usize) {
        if bytes > LONGEST_READ && !self.is_on_long_work() {
            self.go_elsewhere().await;
        }
    }

    async fn go_elsewhere(&self) {
        self.on_long_work.store(true, Ordering::Relaxed);
        move_to_long_work().await;
    }
}
