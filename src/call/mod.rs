//! One call: check the input, run the steps, build the response.
//!
//! Building and mapping are pure; only [`execute`] waits and sends.

mod answer;
mod assertion;
mod attempt;
mod build;
mod call;
mod context;
mod deadlines;
mod dedup;
mod envelope;
mod failure;
mod intake;
mod journal;
mod map;
mod outcome;
mod shared;
mod steps;
mod token;
mod trace;
mod verdict;

pub use answer::ServiceAnswer;
pub use build::{Body, BuildError, build_body, build_link, build_multipart, build_request, build_url, build_value};
pub use call::{CallContext, execute};
pub use context::{SpanId, TraceContext, TraceId};
pub use deadlines::Deadlines;
pub use envelope::Envelope;
pub use intake::{Inputs, check_input, secrets_of};
pub use journal::{Attempt, Fetched, Record, Span, Work};
pub use map::{MapError, Response, ResponseError, build_response, capture_value};
pub use outcome::{Failure, FailureKind, Outcome, Reply};
pub use shared::SharedState;
pub use trace::{Captured, Event, SeenAnswer, SentRequest, Trace};
