//! One call: check the input, run the steps, build the response.

mod envelope;
mod outcome;

pub use envelope::Envelope;
pub use outcome::{Failure, FailureKind, Outcome, Reply};

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Action;
use crate::upstream::Sender;

/// Runs one call from its input to its outcome; never takes longer than `deadline`.
pub async fn execute<S: Sender>(action: &Arc<Action>, envelope: Envelope, sender: &S, deadline: Duration) -> Outcome {
    let _ = (action, envelope, sender, deadline);
    Outcome::Failed(Failure::new(FailureKind::Bug, "not written yet"))
}
