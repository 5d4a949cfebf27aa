//! One network against everything that a service can do wrong, one after the other over the same connections.

use action_executor::upstream::{Answer, Network, OutboundRequest, SendError, Sender};
use bytes::Bytes;
use http::Method;

use crate::support::{MIB, Misbehaving, get, loopback, run, send_unanswered};

fn request(service: &Misbehaving, path: &str) -> OutboundRequest {
    OutboundRequest { method: Method::POST, body: Bytes::from_static(b"{}"), ..get(&service.url(path)) }
}

async fn send(network: &Network, request: &OutboundRequest) -> Result<Answer, SendError> {
    network.send(Box::new(request.clone())).await
}

/// Status and body, or why there are none.
type Expected = Result<(u16, &'static str), SendError>;

fn expectations() -> Vec<(&'static str, Expected)> {
    let no_head = || Err(SendError::Malformed("its head cannot be read".to_owned()));
    let no_body = || Err(SendError::Malformed("its body cannot be decoded".to_owned()));
    vec![
        ("/refuse-after-accept", Err(SendError::Cut)),
        ("/stall-head", Err(SendError::Timeout)),
        ("/stall-body", Err(SendError::Timeout)),
        ("/drip", Err(SendError::Timeout)),
        ("/cut-head", Err(SendError::Cut)),
        ("/cut-body", Err(SendError::Cut)),
        ("/short-length", Ok((200, "abc"))),
        ("/bomb", Err(SendError::TooLarge { limit: MIB })),
        ("/endless-chunks", Err(SendError::TooLarge { limit: MIB })),
        ("/endless-headers", no_head()),
        ("/redirect-private", Ok((302, ""))),
        ("/redirect-self", Ok((302, ""))),
        ("/redirect-other", Ok((302, ""))),
        ("/bad-chunk", no_body()),
        ("/http09", no_head()),
        ("/garbage", no_head()),
        ("/reset", Err(SendError::Cut)),
        ("/reset-head", Err(SendError::Cut)),
        ("/reset-body", Err(SendError::Cut)),
        ("/two-answers", Ok((200, "first"))),
    ]
}

#[test]
fn whatever_a_service_does_is_reported_exactly() {
    let (service, network) = (Misbehaving::start(), loopback());
    run(async {
        for (path, expected) in expectations() {
            let sent = match &expected {
                Err(SendError::Timeout) => {
                    send_unanswered(&network, request(&service, path), || service.requests(path) > 0).await
                }
                _ => send(&network, &request(&service, path)).await,
            };
            let sent = sent.map(|answer| (answer.status, String::from_utf8(answer.body.to_vec()).unwrap()));
            let sent = sent.as_ref().map(|(status, body)| (*status, body.as_str()));
            assert_eq!(sent, expected.as_ref().map(|answer| *answer), "{path}");
            assert_eq!(service.requests(path), 1, "{path} came once");
            // What was left over of one answer never becomes part of the next.
            let after = send(&network, &request(&service, "/well")).await;
            assert_eq!(after.map(|answer| answer.body), Ok(Bytes::from_static(b"/well")), "after {path}");
        }
        assert_eq!(service.redirected(), 0);
        assert_eq!(service.requests("/"), 0);
    });
}

#[test]
fn an_answer_that_comes_before_the_request_is_read_is_an_answer() {
    let (service, network) = (Misbehaving::start(), loopback());
    run(async {
        // More than the buffers of both sides hold.
        let large = OutboundRequest { body: Bytes::from(vec![b'x'; 32 * MIB]), ..request(&service, "/early-answer") };
        let answer = send(&network, &large).await.unwrap();
        assert_eq!((answer.status, answer.body.as_ref()), (413, b"too much".as_slice()));
    });
}

/// As many as the breaker needs.
#[test]
fn a_service_that_only_misbehaves_opens_its_circuit() {
    let (service, network) = (Misbehaving::start(), loopback());
    run(async {
        for path in ["/refuse-after-accept", "/cut-head", "/cut-body", "/reset", "/cut-body"].iter().cycle().take(10) {
            assert_eq!(network.send(Box::new(request(&service, path))).await, Err(SendError::Cut), "{path}");
        }
        assert!(matches!(network.send(Box::new(request(&service, "/well"))).await, Err(SendError::CircuitOpen { .. })));
        assert_eq!(service.requests("/well"), 0);
    });
}
