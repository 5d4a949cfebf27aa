//! Whole calls without a socket: the service's answer is there at once.

use std::sync::Arc;
use std::time::Duration;

use action_executor::budget::BudgetBounds;
use action_executor::call::{CallContext, Conditions, SharedState, Trace, decode_envelope, execute};
use action_executor::catalog::Action;
use action_executor::server::answer_text_of;
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
    let context = CallContext {
        sender: Arc::new(service),
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::new(Value::Object(serde_json::Map::new())),
        bounds: BudgetBounds::default(),
    };
    move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let envelope = decode_envelope(&body).expect("a call");
                let conditions = Conditions::from_now(CallClock::now(), Duration::from_secs(8), &Trace::OFF);
                let (outcome, _) = execute(&context, &conditions, &action, envelope).await;
                let (status, answer) = answer_text_of(&outcome);
                assert_eq!(status, 201, "{answer}");
                std::hint::black_box(answer);
            }
        });
    }
}
