//! Answer → captured values → response. Pure: no I/O, no clock.

mod capture;
mod response;

pub use capture::{MapError, capture_value};
pub(in crate::call) use capture::{near_miss, source_text};
pub use response::{MappedReply, Response, ResponseError, build_response};
