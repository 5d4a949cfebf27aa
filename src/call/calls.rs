//! The one entry of what serves calls: permits, intake, the call to its end, and what is noted of it.
//!
//! Knows no HTTP. What it needs from above (who watches calls) is given as closures when it is made.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::detach::Detached;
use super::envelope::decode_envelope;
use super::execute::execute;
use super::frame::{CallContext, Conditions};
use super::journal::{CallFacts, Journal};
use super::long_work::LongWork;
use super::panic::caught;
use super::permits::{CallPermits, Full};
use super::trace::Trace;
use super::{Deadlines, Failure, FailureKind, Outcome, TraceContext};
use crate::catalog::Action;
use crate::secret::{Masked, Masks};
use crate::template::CallClock;
use crate::upstream::Sender;
use crate::value::FieldMap;

/// What the caller reads when our own code failed.
const DEFECT: &str = "The action failed because of a defect in the server. The operator finds it in the log.";

/// What calls are made of; given once.
pub struct CallsParts<S> {
    /// What each is carried out with.
    pub context: CallContext<S>,
    /// How long each may take.
    pub deadlines: Deadlines,
    /// How many there may be at once.
    pub permits: CallPermits,
    /// Where those with long pure work go on.
    pub long_work: Option<LongWork>,
    /// Who watches them.
    pub watch: CallWatch,
}

/// Sees a call that has ended.
type EndWatch = dyn Fn(&Arc<CallFacts>) + Send + Sync;

/// Who watches calls; each of these must be quick.
pub struct CallWatch {
    /// A call has a permit.
    pub begins: Box<dyn Fn() + Send + Sync>,
    /// It gives the permit back.
    pub leaves: Box<dyn Fn() + Send + Sync>,
    /// A call of a known route has ended, however early.
    pub ended: Box<EndWatch>,
}

impl CallWatch {
    /// Nothing is watched.
    #[must_use]
    pub fn none() -> Self {
        Self { begins: Box::new(|| {}), leaves: Box::new(|| {}), ended: Box::new(|_| {}) }
    }
}

/// Carries out calls. Cheap to clone.
pub struct Calls<S>(Arc<CallsParts<S>>);

impl<S> Clone for Calls<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Calls<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

/// What a call comes with besides its body.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id that the answer carries.
    pub request_id: Arc<str>,
    /// The trace that it belongs to, if there is one.
    pub trace: Option<TraceContext>,
    /// The action; the call keeps it to its end, whatever is reloaded meanwhile.
    pub action: Arc<Action>,
    /// The revision of the catalog that the action was found in.
    pub revision: Arc<str>,
    /// When the first byte of its head came; its deadline counts from here.
    pub arrived: Instant,
    /// The same by the wall clock.
    pub began: SystemTime,
}

impl<S: Sender + 'static> Calls<S> {
    /// Calls of these parts.
    #[must_use]
    pub fn new(parts: CallsParts<S>) -> Self {
        Self(Arc::new(parts))
    }

    /// When the deadline of a call is over.
    #[must_use]
    pub fn until(&self, arrival: &Arrival) -> Instant {
        arrival.arrived + self.0.deadlines.of(arrival.action.service_name())
    }

    /// Ends a call before it did anything.
    pub fn refuse(&self, arrival: Arrival, failure: Failure) -> Outcome {
        self.end(arrival, Outcome::Failed(failure), Journal::default())
    }

    /// Runs a call to its end, also when the future is dropped. `check` sees `auth` before anything else does.
    pub async fn run<B, C>(&self, arrival: Arrival, body: B, check: C) -> Outcome
    where
        B: AsRef<[u8]> + Send + 'static,
        C: FnOnce(&mut FieldMap) -> Result<(), Failure> + Send + 'static,
    {
        let permit = match self.0.permits.acquire(arrival.action.service_name()) {
            Ok(permit) => permit,
            Err(full) => return self.refuse(arrival, overload(full)),
        };
        (self.0.watch.begins)();
        let calls = self.clone();
        let call = async move {
            let ended = caught(calls.carry_out(&arrival, body, check)).await;
            let ended = ended.unwrap_or_else(|_| (Outcome::Failed(defect()), Journal::default()));
            let (outcome, journal) = ended;
            let outcome = calls.end(arrival, outcome, journal);
            (calls.0.watch.leaves)();
            drop(permit);
            outcome
        };
        Detached::new(call, self.0.long_work.clone()).await
    }

    /// Ends when no call is in flight.
    pub async fn finished(&self) {
        self.0.permits.all_free().await;
    }

    async fn carry_out<B, C>(&self, arrival: &Arrival, body: B, check: C) -> (Outcome, Journal)
    where
        B: AsRef<[u8]>,
        C: FnOnce(&mut FieldMap) -> Result<(), Failure>,
    {
        let early = |failure| (Outcome::Failed(failure), Journal::default());
        let envelope = decode_envelope(body.as_ref());
        drop(body);
        let mut envelope = match envelope {
            Ok(envelope) => envelope,
            // Its text names positions and types only.
            Err(error) => {
                return early(Failure::new(FailureKind::Input, Masks::default().mask(&error.to_string())));
            }
        };
        if let Err(failure) = check(&mut envelope.auth) {
            return early(failure);
        }
        let conditions = Conditions {
            clock: CallClock::now(),
            deadline: self.0.deadlines.of(arrival.action.service_name()),
            until: self.until(arrival),
            trace: &Trace::OFF,
            trace_context: arrival.trace.as_ref(),
        };
        execute(&self.0.context, &conditions, &arrival.action, envelope).await
    }

    /// What the call did becomes one record, which logs, metrics, recent calls and traces read.
    fn end(&self, arrival: Arrival, outcome: Outcome, journal: Journal) -> Outcome {
        let facts = Arc::new(CallFacts {
            began: arrival.began,
            request_id: arrival.request_id,
            trace: arrival.trace,
            route: Arc::clone(arrival.action.shared_route()),
            service: Arc::clone(arrival.action.service_name()),
            revision: arrival.revision,
            outcome: outcome.as_str(),
            message: outcome.message().cloned(),
            cause: outcome.cause().cloned(),
            elapsed: arrival.arrived.elapsed(),
            journal,
        });
        (self.0.watch.ended)(&facts);
        outcome
    }
}

fn overload(full: Full) -> Failure {
    let (message, cause) = match full {
        Full::Server => ("The server has too many calls in flight. Try again later.", "limits.calls"),
        Full::Service => {
            ("The server has too many calls of this service in flight. Try again later.", "calls of the service")
        }
    };
    Failure::new(FailureKind::Overload, Masked::fixed(message)).caused_by(cause)
}

fn defect() -> Failure {
    Failure::new(FailureKind::Bug, Masked::fixed(DEFECT)).caused_by("the call panicked")
}
