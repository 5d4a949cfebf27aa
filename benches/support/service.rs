//! Whole calls without a socket: the service's answer is there at once.

use std::sync::Arc;
use std::time::Duration;

use action_executor::call::{CallContext, SharedState, Trace, execute};
use action_executor::catalog::Action;
use action_executor::server::{answer_text_of, decode_envelope};
use action_executor::state::State;
use action_executor::template::CallClock;
use action_executor::upstream::{Answer, OutboundRequest, SendError, Sender};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

/// Answers every request alike.
pub(super) struct MockTransport(Answer);

impl MockTransport {
    pub(super) fn new(body: Vec<u8>) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self(Answer { status: 201, headers, body: Bytes::from(body) })
    }
}

impl Sender for MockTransport {
    async fn send(&self, _: Box<OutboundRequest>) -> Result<Answer, SendError> {
        Ok(self.0.clone())
    }
}

/// Everything between the bytes of a caller's body and the bytes of its answer, so many times.
pub(super) fn calls(action: Arc<Action>, body: Vec<u8>, service: MockTransport) -> impl Fn(usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (commons, secrets) = (SharedState::new(State::memory()), Value::Object(serde_json::Map::new()));
    move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let envelope = decode_envelope(&body).expect("a call");
                let moment = CallClock::now();
                let context = CallContext {
                    sender: &service,
                    commons: &commons,
                    secrets: &secrets,
                    moment: &moment,
                    deadline: Duration::from_secs(8),
                    trace: &Trace::OFF,
                    context: None,
                };
                let (outcome, _) = execute(&action, envelope, context).await;
                let (status, answer) = answer_text_of(&outcome);
                assert_eq!(status, 201, "{answer}");
                std::hint::black_box(answer);
            }
        });
    }
}
