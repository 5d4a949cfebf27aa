//! What a call did and when. The log line, metrics, recent calls and traces read one [`CallFacts`]. Holds no values.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::context::{SpanId, TraceContext};
use crate::secret::Masked;
use crate::upstream::{Answer, SendError};

/// A call that has ended: one record of it, shared by logs, metrics, recent calls and traces.
#[derive(Clone, Debug)]
pub struct CallFacts {
    /// When its first byte came.
    pub began: SystemTime,
    /// The id that its answer carried.
    pub request_id: Arc<str>,
    /// Its trace, if it was traced.
    pub trace: Option<TraceContext>,
    /// Its route.
    pub route: Arc<str>,
    /// The directory of its service.
    pub service: Arc<str>,
    /// The revision of the catalog that it ran in.
    pub revision: Arc<str>,
    /// How it ended, by its name in logs and metrics.
    pub outcome: &'static str,
    /// What the caller read.
    pub message: Option<Masked>,
    /// For the operator.
    pub cause: Option<Masked>,
    /// From its first byte to its end.
    pub elapsed: Duration,
    /// What it did.
    pub journal: Journal,
}

impl CallFacts {
    /// Whether the caller got what it asked for.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, "done" | "verified")
    }
}

/// What happened in one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// What took time, in the order it began.
    pub spans: Vec<Span>,
    /// Error rules that matched, as `file:line`.
    pub rules: Vec<String>,
    /// Whether the call was answered from what an earlier one left.
    pub repeated: bool,
    /// Optional fields for which nothing was found, and why.
    pub unmapped: Vec<String>,
}

/// Something that took time.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its name in traces; zeros where calls are not traced.
    pub id: SpanId,
    /// The span that it is a part of, by its index; the call itself if none.
    pub parent: Option<usize>,
    /// What it was.
    pub work: Work,
    /// From the beginning of the call to its own.
    pub began: Duration,
    /// How long it took; nothing if the call ended before it.
    pub took: Option<Duration>,
}

/// What takes time in a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A step, by its id.
    Step(Arc<str>),
    /// An access token was fetched, if it could be.
    Token(Option<Fetched>),
    /// A request was sent.
    Attempt(Attempt),
}

/// How a token request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// With a token.
    Token,
    /// Without.
    Nothing,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The step.
    pub step: Arc<str>,
    /// The method.
    pub method: http::Method,
    /// Why it is not the first of its kind: `connect`, a status, `expired_token`, `challenge`.
    pub again: Option<String>,
    /// The answer's status, or the word for why there is none; nothing while it is under way.
    pub result: Option<Result<u16, &'static str>>,
}

impl Journal {
    /// The requests, in order.
    pub fn attempts(&self) -> impl Iterator<Item = (&Span, &Attempt)> {
        self.spans.iter().filter_map(|span| match &span.work {
            Work::Attempt(attempt) => Some((span, attempt)),
            Work::Step(_) | Work::Token(_) => None,
        })
    }

    /// The ids of the steps that ran, in order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().filter_map(|span| match &span.work {
            Work::Step(id) => Some(&**id),
            Work::Attempt(_) | Work::Token(_) => None,
        })
    }

    /// The status of the last answer.
    #[must_use]
    pub fn last_status(&self) -> Option<u16> {
        let statuses = self.attempts().filter_map(|(_, attempt)| attempt.result.and_then(Result::ok));
        statuses.last()
    }

    /// Begins a span; the index ends it.
    pub(super) fn begin(&mut self, id: SpanId, parent: Option<usize>, (work, since): (Work, Instant)) -> usize {
        if self.spans.capacity() == 0 {
            // A step and its request; most calls have no more, and a record is kept for a while.
            self.spans.reserve_exact(2);
        }
        self.spans.push(Span { id, parent, work, began: since.elapsed(), took: None });
        self.spans.len() - 1
    }

    /// Ends a span.
    pub(super) fn end(&mut self, index: usize, since: Instant) {
        if let Some(span) = self.spans.get_mut(index) {
            span.took = Some(since.elapsed().saturating_sub(span.began));
        }
    }

    /// Ends a request.
    pub(super) fn answered(&mut self, index: usize, since: Instant, sent: &Result<Answer, SendError>) {
        if let Some(Span { work: Work::Attempt(attempt), .. }) = self.spans.get_mut(index) {
            attempt.result = Some(sent.as_ref().map(|answer| answer.status).map_err(SendError::as_str));
        }
        self.end(index, since);
    }

    /// Ends the fetching of a token, and takes over what it did.
    pub(super) fn fetched(&mut self, index: usize, since: Instant, (fetched, inner): (Fetched, Self)) {
        if let Some(Span { work: Work::Token(result), .. }) = self.spans.get_mut(index) {
            *result = Some(fetched);
        }
        self.end(index, since);
        let offset = self.spans.len();
        let moved = |span: Span| Span { parent: Some(span.parent.map_or(index, |parent| parent + offset)), ..span };
        self.spans.extend(inner.spans.into_iter().map(moved));
        self.rules.extend(inner.rules);
    }
}
