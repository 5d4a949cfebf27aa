//! A `curl` line, as vendors' documentation shows it → an example request. Runs no shell and sends nothing.

mod options;
mod read;
mod words;

pub use read::{CurlError, read_curl};
