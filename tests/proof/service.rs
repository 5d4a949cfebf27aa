//! A service that does what its paths say, for thousands of connections at once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The service, in the runtime that started it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
}

/// What it has seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) tokens: AtomicUsize,
    /// How often each subject was created.
    pub(crate) created: Mutex<HashMap<String, usize>>,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) most_in_flight: AtomicUsize,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self { address: socket.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&service.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let seen = Arc::clone(&seen);
                        async move { answer(request, &seen).await }
                    });
                    // A client that leaves is no concern of ours.
                    let _ =
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        service
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn answer(request: Request<Incoming>, seen: &Seen) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let now = seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most_in_flight.fetch_max(now, Ordering::SeqCst);
    let (status, told) = told(&path, &body, authorization.as_deref(), seen).await;
    seen.in_flight.fetch_sub(1, Ordering::SeqCst);
    let response = Response::builder().status(status).header("content-type", "application/json");
    Ok(response.body(Full::new(Bytes::from(told.to_string()))).unwrap())
}

async fn told(path: &str, body: &[u8], authorization: Option<&str>, seen: &Seen) -> (u16, Value) {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let (what, detail) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    match what {
        "tickets" => {
            let subject = sent["subject"].as_str().unwrap_or_default().to_owned();
            *seen.created.lock().unwrap().entry(subject.clone()).or_default() += 1;
            (201, json!({ "id": subject, "note": "x".repeat(600) }))
        }
        "quick" => (201, json!({ "id": sent["subject"], "note": "x".repeat(600) })),
        "slow" => {
            tokio::time::sleep(Duration::from_millis(detail.parse().unwrap_or(0))).await;
            (201, json!({ "id": sent["subject"] }))
        }
        "status" => (
            detail.parse().unwrap_or(500),
            json!({ "error": { "message": format!("no, {}", authorization.unwrap_or("")) } }),
        ),
        "large" => (200, json!({ "id": sent["subject"], "items": vec![json!({ "name": "x".repeat(90) }); 1000] })),
        "token" => {
            let number = seen.tokens.fetch_add(1, Ordering::SeqCst);
            (200, json!({ "access_token": format!("{}-{number}", crate::process::SECRET), "expires_in": 2 }))
        }
        _ => (404, json!({ "error": { "message": "nothing here" } })),
    }
}

/// Definitions of a desk at this address.
pub(crate) fn desk(url: &str) -> Vec<(&'static str, String)> {
    let service = format!(
        "version: 1\ntitle: Desk\ninput: {{ auth: {{ key: {{ required: true }} }} }}\nbase_url: {url}\n\
         authentication: {{ type: bearer, token: \"{{{{auth.key}}}}\" }}\n\
         timeout: {{ connect: 2s, attempt: 20s }}\nerrors: [{{ status: 4xx, detail: $.error.message, message: \"Refused: {{{{detail}}}}\" }}]\n"
    );
    let token = format!(
        "version: 1\ntitle: Token desk\ninput: {{ auth: {{ id: {{ required: true }}, secret: {{ required: true }} }} }}\nbase_url: {url}\n\
         authentication:\n  type: oauth2\n  grant: client_credentials\n  token_url: {url}/token\n  \
         client: {{ id: \"{{{{auth.id}}}}\", secret: \"{{{{auth.secret}}}}\" }}\n"
    );
    vec![
        ("desk/service.yaml", service),
        ("desk/create.yaml", action("path: /tickets")),
        ("desk/quick.yaml", action("path: /quick")),
        ("desk/slow.yaml", action("path: \"/slow/{{data.ms}}\"")),
        ("desk/refused.yaml", action("path: /status/422")),
        ("desk/down.yaml", action("path: /status/500")),
        ("desk/large.yaml", action("path: /large")),
        (
            "desk/once.yaml",
            format!("{}idempotency: {{ key: \"{{{{data.subject}}}}\", ttl: 60s }}\n", action("path: /tickets")),
        ),
        ("token/service.yaml", token),
        ("token/create.yaml", action("path: /quick")),
    ]
}

fn action(path: &str) -> String {
    format!(
        "version: 1\ntitle: Make\ninput: {{ data: {{ subject: {{ required: true, label: Subject }}, ms: {{ type: integer, default: 100 }} }} }}\n\
         request:\n  {path}\n  json: {{ subject: \"{{{{data.subject}}}}\" }}\n\
         response: {{ message: \"Made {{{{response.external_id}}}}\", external_id: {{ path: $.id, required: true }} }}\n"
    )
}

/// The body of a call.
pub(crate) fn call(subject: &str, ms: u64) -> String {
    let secret = crate::process::SECRET;
    json!({ "auth": { "key": secret, "id": "app", "secret": secret }, "data": { "subject": subject, "ms": ms } })
        .to_string()
}
