//! Log lines on their way to standard error: gathered for a moment, and written together.
//!
//! A write for each line would cost a call more than building its request. Nothing is lost: what cannot be gathered is waited
//! for, a warning is written at once with all before it, and so is what is left when the process ends or panics. Only a
//! process that is killed loses the lines of its last moment.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long lines are gathered.
const MOMENT: Duration = Duration::from_millis(20);

/// Bytes; whoever logs when more is waiting writes it out first.
const MOST: usize = 256 * 1024;

/// The lines of this process.
static LINES: Lines =
    Lines { waiting: Mutex::new(Vec::new()), filled: Condvar::new(), writing: Mutex::new(Vec::new()) };

struct Lines {
    waiting: Mutex<Vec<u8>>,
    filled: Condvar,
    /// Held by whoever writes, so that lines keep their order while others go on; what it holds is empty otherwise.
    writing: Mutex<Vec<u8>>,
}

/// Gathers lines from now on. Without a thread to write them they are written one by one.
pub(super) fn gather() -> Gathered {
    let writer = thread::Builder::new().name("log".to_owned()).spawn(|| {
        loop {
            drop(LINES.filled.wait_while(held(&LINES.waiting), |waiting| waiting.is_empty()));
            thread::sleep(MOMENT);
            write_out();
        }
    });
    Gathered { at_once: writer.is_err() }
}

/// Writes what is waiting.
pub(super) fn write_out() {
    let mut lines = held(&LINES.writing);
    std::mem::swap(&mut *lines, &mut held(&LINES.waiting));
    // Where standard error is gone nobody can be told.
    let _ = io::stderr().write_all(&lines);
    lines.clear();
}

fn held(lines: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes lines in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gathered {
    at_once: bool,
}

/// Takes in one line.
#[derive(Debug)]
pub(super) struct Line {
    at_once: bool,
}

impl<'w> MakeWriter<'w> for Gathered {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { at_once: true }
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Line {
        Line { at_once: self.at_once || *metadata.level() <= Level::WARN }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = held(&LINES.waiting);
        let was_empty = waiting.is_empty();
        waiting.extend_from_slice(bytes);
        let too_many = waiting.len() > MOST;
        drop(waiting);
        if self.at_once || too_many {
            write_out();
        } else if was_empty {
            LINES.filled.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
