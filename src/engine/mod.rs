//! One call: check the input, run the steps, build the response.
//!
//! Building and mapping are pure; only [`execute`] waits and sends.

mod address;
mod answered;
mod assertion;
mod body;
mod build;
mod build_error;
mod call;
mod commons;
mod context;
mod deadlines;
mod envelope;
mod exchange;
mod failures;
mod input;
mod judge;
mod map;
mod multipart;
mod outcome;
mod pairs;
mod record;
mod repetition;
mod response;
mod run;
mod structure;
mod token;
mod trace;

pub use address::{build_link, build_url};
pub use answered::Answered;
pub use body::{Body, build_body};
pub use build::build_request;
pub use build_error::BuildError;
pub use call::{Circumstances, execute};
pub use commons::Commons;
pub use context::{SpanId, TraceContext, TraceId};
pub use deadlines::Deadlines;
pub use envelope::Envelope;
pub use input::{Inputs, check_input, secrets_of};
pub use map::{MapError, capture_value};
pub use multipart::build_multipart;
pub use outcome::{Failure, FailureKind, Outcome, Reply};
pub use record::{Attempt, Fetched, Record, Span, Work};
pub use response::{Response, ResponseError, build_response};
pub use structure::build_value;
pub use trace::{Captured, Event, SeenAnswer, SentRequest, Trace};
