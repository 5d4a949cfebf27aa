//! A `curl` line, as vendors' documentation shows it → an example request. Runs no shell and sends nothing.

mod error;
mod options;
mod read;
mod words;

pub use error::CurlError;
pub use read::read_curl;
