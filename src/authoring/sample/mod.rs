//! An example request, as documentation shows it, and the draft that sends such requests.
//!
//! Credentials never reach a file: they become fields of `auth`.

mod body;
mod credentials;
mod draft;
mod placeholder;
mod request;

pub use draft::{ExistingService, SampleError, SampleOptions, Wish, draft_of};
pub use request::{Sample, SampleBody, SamplePart};
