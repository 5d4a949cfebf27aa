//! Calls that are the same call (SPEC: idempotency): joined, replayed, or told that nobody knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::{Failure, FailureKind, Outcome, Reply};
use crate::state::{Claim, Key, State};
use crate::value::FieldMap;

/// How long a call whose outcome nobody knows is not carried out again.
const UNKNOWN_LIFE: Duration = Duration::from_secs(2 * 60);

/// How often one looks whether the other call has ended; it grows to the second.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(100);

/// How long an answer waits until what came of it is remembered.
const PATIENCE: Duration = Duration::from_millis(50);

/// What is known of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Known {
    /// Someone carries it out; who, since when (milliseconds since 1970), and for how long at most.
    Running { by: String, since: i64, longest: i64 },
    /// It was carried out.
    Done(Reply),
    /// It may have been; why nobody knows, and until when it is left alone.
    Unknown { message: String, until: i64 },
}

/// One call among its repetitions.
#[derive(Debug)]
pub(super) struct Repetition {
    state: State,
    key: Key,
    running: Vec<u8>,
    life: Duration,
}

/// What to do with a call.
pub(super) enum Turn {
    /// Carry it out, and say how it ended.
    First(Repetition),
    /// It has been: this is what came of it.
    Again(Box<Outcome>),
}

/// When a call happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    pub(super) deadline: Duration,
    pub(super) until: Instant,
}

impl Repetition {
    /// The first call with this key runs; another waits for how it ends.
    pub(super) async fn begin(state: &State, key: Key, life: Duration, times: Times) -> Turn {
        let deadline = milliseconds(times.deadline);
        let by = uuid::Uuid::new_v4().to_string();
        let running = encode(&Known::Running { by, since: times.now, longest: deadline });
        // If this process dies, nobody knows what came of the call.
        let remembered = times.deadline + UNKNOWN_LIFE;
        let began = Instant::now();
        let mut look = FIRST_LOOK;
        loop {
            let claimed = tokio::time::timeout_at(times.until, state.claim(&key, &running, remembered)).await;
            let held = match claimed {
                Err(_) => return again(still_running()),
                Ok(Claim::Taken) => return Turn::First(Self { state: state.clone(), key, running, life }),
                Ok(Claim::Held(held)) => held,
            };
            let now = times.now.saturating_add(milliseconds(began.elapsed()));
            match serde_json::from_slice(&held) {
                Ok(Known::Done(reply)) => return again(Outcome::Done(reply)),
                Ok(Known::Unknown { message, until }) => return again(unknown(&message, until - now)),
                Ok(Known::Running { since, longest, .. }) => {
                    if now > since.saturating_add(longest).saturating_add(1000) {
                        let message = "the program that carried it out ended in the middle of it";
                        return again(unknown(message, since + longest + milliseconds(UNKNOWN_LIFE) - now));
                    }
                    if Instant::now() + look >= times.until {
                        return again(still_running());
                    }
                    tokio::time::sleep(look).await;
                    look = (look * 2).min(LAST_LOOK);
                }
                // Written by another version of this program: nothing is known.
                Err(_) => return again(unknown("what is remembered of it cannot be read", 0)),
            }
        }
    }

    /// Remembers how the call ended; a failure that changed nothing is forgotten.
    pub(super) async fn end(self, outcome: &Outcome, doubtful: bool, now: i64) {
        let next = match outcome {
            Outcome::Done(reply) => Some((encode(&Known::Done(reply.clone())), self.life)),
            Outcome::Failed(failure) if doubtful => {
                let until = now.saturating_add(milliseconds(UNKNOWN_LIFE));
                Some((encode(&Known::Unknown { message: failure.message.clone(), until }), UNKNOWN_LIFE))
            }
            Outcome::Failed(_) | Outcome::Verified(_) => None,
        };
        // Goes on if the caller cannot wait for it any longer.
        let kept = tokio::spawn(async move {
            let next = next.as_ref().map(|(bytes, life)| (bytes.as_slice(), *life));
            self.state.exchange(&self.key, &self.running, next).await;
        });
        let _ = tokio::time::timeout(PATIENCE, kept).await;
    }
}

fn again(outcome: Outcome) -> Turn {
    Turn::Again(Box::new(outcome))
}

fn unknown(message: &str, left: i64) -> Outcome {
    let seconds = (left.max(0) + 999) / 1000;
    let told = format!(
        "This call was made before, and nobody knows whether it was carried out: {}. Look for it at the service; it is not sent again for {seconds} seconds",
        message.trim_end_matches('.')
    );
    Outcome::Failed(Failure::new(FailureKind::Conflict, told).caused_by("idempotency: unknown outcome"))
}

fn still_running() -> Outcome {
    let told = "The same call is still being carried out; its outcome is not known yet";
    Outcome::Failed(Failure::new(FailureKind::Timeout, told).caused_by("idempotency: in flight"))
}

fn encode(known: &Known) -> Vec<u8> {
    serde_json::to_vec(known).unwrap_or_default()
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The root `idempotency_key`: stable for the same call, telling nothing of what it is made of.
pub(super) fn public_key(route: &str, auth: &FieldMap, key: &str) -> Value {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for part in [route, &auth.to_value().to_string(), key] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    Value::String(hex::encode(hash.finish()))
}
