//! An example request, as documentation shows it, and the draft that sends such requests.
//!
//! Credentials never reach a file: they become fields of `auth`.

mod body;
mod credentials;
mod draft;
mod json;
mod options;
mod placeholder;
mod request;

pub(super) use body::{literal, literal_key};
pub use draft::{SampleError, draft_of};
pub(super) use draft::{around_id, test_input};
pub(super) use json::parse_json;
pub use options::{ExistingService, SampleOptions, Wish};
pub(super) use placeholder::{Piece, pieces};
pub use request::{Sample, SampleBody, SamplePart};
