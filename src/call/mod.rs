//! One call, read top to bottom: intake → dedup → steps → attempt → verdict → map → reply.
//!
//! [`Calls`] is the one entry of what serves calls; [`execute()`] runs one call, also for tests and pages. `build/` and `map/`
//! are pure; only an attempt, a claim and a token wait for anything.

mod answer;
mod assertion;
mod attempt;
mod build;
mod calls;
mod context;
mod deadlines;
mod dedup;
mod detach;
mod envelope;
mod evidence;
mod execute;
mod failure;
mod frame;
mod intake;
mod journal;
mod long_work;
mod map;
mod outcome;
mod panic;
mod permits;
mod reply;
mod shared;
mod steps;
mod stretch;
#[cfg(test)]
mod tests;
mod token;
mod trace;
mod verdict;

pub use answer::ServiceAnswer;
pub use build::{Body, BuildError, build_body, build_link, build_multipart, build_request, build_url, build_value};
pub use calls::{Arrival, CallWatch, Calls, CallsParts};
pub use context::{SpanId, TraceContext, TraceId};
pub use deadlines::Deadlines;
pub use envelope::{Envelope, EnvelopeError, decode_envelope};
pub use execute::execute;
pub use frame::{CallContext, Conditions};
pub use intake::{Inputs, intake};
pub use journal::{Attempt, CallFacts, Fetched, Journal, Span, Work};
pub use long_work::LongWork;
pub use map::{MapError, MappedReply, Response, ResponseError, build_response, capture_value};
pub use outcome::{Failure, FailureKind, Outcome, Reply};
pub use panic::{Panicked, caught};
pub use permits::CallPermits;
pub use shared::SharedState;
pub use trace::{Captured, Event, SeenAnswer, SentRequest, Trace};
