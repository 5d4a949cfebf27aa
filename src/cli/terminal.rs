//! What commands print, and in which colours.
//!
//! A reader that leaves early, such as `head`, is no error: what it did not read is dropped.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Prints a line to standard output.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line to standard error.
pub(super) fn complain(line: impl Display) {
    // Lines that were logged before come before it.
    super::log_lines::write_out();
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints to standard error what the next line overwrites.
pub(super) fn progress(text: impl Display) {
    let _ = write!(std::io::stderr(), "{text}\r");
}

/// Whether a stream takes colours: a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
pub(super) fn takes_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
