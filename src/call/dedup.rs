//! Calls that are the same call: claimed, joined, replayed, or refused because the outcome is unknown (SPEC: idempotency).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::evidence::Evidence;
use super::{Failure, FailureKind, Outcome, Reply};
use crate::secret::Masked;
use crate::state::{Claim, Key, State};
use crate::value::FieldMap;

/// How long a call whose outcome is unknown is not carried out again.
const UNKNOWN_LIFE: Duration = Duration::from_secs(2 * 60);

/// How often a call looks whether the other one has ended; it grows from the first to the last.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(100);

/// How long an answer waits until what came of the call is remembered.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the state remembers of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Remembered {
    /// A process carries it out; which, since when (milliseconds since 1970), and for how long at most.
    Running { by: String, since: i64, longest: i64 },
    /// It was carried out.
    Done(RememberedReply),
    /// It was carried out, and its reply failed.
    DoneWithoutReply { message: String },
    /// It may have been carried out; why that is unknown, and until when it is not sent again.
    Unknown { message: String, until: i64 },
}

/// A reply as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RememberedReply {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact_external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact_external_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact_external_url: Option<String>,
}

/// The claim of the call that runs.
#[derive(Debug)]
pub(super) struct CallClaim {
    state: State,
    key: Key,
    running: Vec<u8>,
    life: Duration,
}

/// What to do with a call.
pub(super) enum Claimed {
    /// Carry it out, and say how it ended.
    First(CallClaim),
    /// It was made before: this is what came of it.
    Replay(Box<Outcome>),
}

/// When a call happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    pub(super) deadline: Duration,
    pub(super) until: Instant,
}

impl CallClaim {
    /// The first call with this key runs; another waits for how it ends.
    pub(super) async fn claim(state: &State, key: Key, life: Duration, times: Times) -> Claimed {
        let deadline = milliseconds(times.deadline);
        let by = uuid::Uuid::new_v4().to_string();
        let running = encode(&Remembered::Running { by, since: times.now, longest: deadline });
        // If this process dies, what came of the call is unknown.
        let remembered = times.deadline + UNKNOWN_LIFE;
        let began = Instant::now();
        let mut look = FIRST_LOOK;
        loop {
            let claimed = tokio::time::timeout_at(times.until, state.claim(&key, &running, remembered)).await;
            let held = match claimed {
                Err(_) => return replay(still_running()),
                Ok(Claim::Taken) => return Claimed::First(Self { state: state.clone(), key, running, life }),
                Ok(Claim::Held(held)) => held,
            };
            let now = times.now.saturating_add(milliseconds(began.elapsed()));
            match serde_json::from_slice(&held) {
                Ok(Remembered::Done(reply)) => return replay(Outcome::Done(reply.into())),
                Ok(Remembered::DoneWithoutReply { message }) => return replay(done_without_reply(&message)),
                Ok(Remembered::Unknown { message, until }) => return replay(unknown(&message, until - now)),
                Ok(Remembered::Running { since, longest, .. }) => {
                    if now > since.saturating_add(longest).saturating_add(1000) {
                        let message = "the program that carried it out ended in the middle of it";
                        return replay(unknown(message, since + longest + milliseconds(UNKNOWN_LIFE) - now));
                    }
                    if Instant::now() + look >= times.until {
                        return replay(still_running());
                    }
                    tokio::time::sleep(look).await;
                    look = (look * 2).min(LAST_LOOK);
                }
                // Written by another version of this program.
                Err(_) => return replay(unknown("what is remembered of it cannot be read", 0)),
            }
        }
    }

    /// Remembers how the call ended; a failure that left nothing behind is forgotten.
    pub(super) async fn end(self, outcome: &Outcome, evidence: &Evidence, now: i64) {
        let next = match outcome {
            Outcome::Done(reply) => Some((encode(&Remembered::Done(reply.into())), self.life)),
            Outcome::Failed(failure) if failure.is_done => {
                let message = failure.message.to_string();
                Some((encode(&Remembered::DoneWithoutReply { message }), self.life))
            }
            Outcome::Failed(failure) if evidence.repeats_harm() => {
                let until = now.saturating_add(milliseconds(UNKNOWN_LIFE));
                let message = failure.message.to_string();
                Some((encode(&Remembered::Unknown { message, until }), UNKNOWN_LIFE))
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

impl From<&Reply> for RememberedReply {
    fn from(reply: &Reply) -> Self {
        Self {
            message: reply.message.to_string(),
            external_id: reply.external_id.clone(),
            contact_external_id: reply.contact_external_id.clone(),
            contact_external_type: reply.contact_external_type.clone(),
            contact_external_url: reply.contact_external_url.clone(),
        }
    }
}

impl From<RememberedReply> for Reply {
    fn from(reply: RememberedReply) -> Self {
        Self {
            message: Masked::stored(reply.message),
            external_id: reply.external_id,
            contact_external_id: reply.contact_external_id,
            contact_external_type: reply.contact_external_type,
            contact_external_url: reply.contact_external_url,
        }
    }
}

fn replay(outcome: Outcome) -> Claimed {
    Claimed::Replay(Box::new(outcome))
}

fn unknown(message: &str, left: i64) -> Outcome {
    let seconds = (left.max(0) + 999) / 1000;
    let message = format!(
        "This call was made before, and it is unknown whether it was carried out: {}. Look for it at the service; it is not sent again for {seconds} seconds",
        message.trim_end_matches('.')
    );
    let failure = Failure::new(FailureKind::Conflict, Masked::stored(message));
    Outcome::Failed(failure.caused_by("idempotency: unknown outcome"))
}

fn done_without_reply(message: &str) -> Outcome {
    let message = format!(
        "This call was made before and was carried out, but its reply failed: {}. It is not sent again",
        message.trim_end_matches('.')
    );
    let failure = Failure { is_done: true, ..Failure::new(FailureKind::BadAnswer, Masked::stored(message)) };
    Outcome::Failed(failure.caused_by("idempotency: done without a reply"))
}

fn still_running() -> Outcome {
    let message = "The same call is still being carried out; its outcome is not known yet";
    Outcome::Failed(Failure::new(FailureKind::Timeout, Masked::fixed(message)).caused_by("idempotency: in flight"))
}

fn encode(remembered: &Remembered) -> Vec<u8> {
    serde_json::to_vec(remembered).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_of_one_route_one_caller_and_one_text() {
        let auth = |secret: &str| {
            let mut fields = FieldMap::with_capacity(1);
            fields.push("secret".into(), json!(secret));
            fields
        };
        let key = public_key("/a", &auth("1"), "k");
        assert_eq!(key, public_key("/a", &auth("1"), "k"));
        for other in
            [public_key("/b", &auth("1"), "k"), public_key("/a", &auth("2"), "k"), public_key("/a", &auth("1"), "l")]
        {
            assert_ne!(key, other);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_process_ended_is_in_doubt_a_second_after_its_deadline() {
        let (state, life) = (State::memory(), Duration::from_secs(60));
        let claim = async |now| {
            let deadline = Duration::from_secs(8);
            let times = Times { now, deadline, until: Instant::now() + Duration::from_millis(1) };
            match CallClaim::claim(&state, state.key("call", &[b"1"]), life, times).await {
                Claimed::First(_) => String::new(),
                Claimed::Replay(outcome) => outcome.message().map(ToString::to_string).unwrap_or_default(),
            }
        };
        assert_eq!(claim(0).await, "");
        assert!(claim(9000).await.starts_with("The same call is still being carried out"));
        assert!(claim(9001).await.contains("the program that carried it out ended in the middle of it"));
    }
}
