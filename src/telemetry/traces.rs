//! Finished calls → spans → a collector, by OTLP over HTTP. The only file that names OpenTelemetry.
//!
//! Spans are made of a call's record when it has ended, so that a call waits for nothing; sent in batches by a thread of the
//! library's. What a collector does not take is lost, and a warning says so.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use tokio::runtime::Handle;
use url::Url;

use crate::call::{Attempt, CallFacts, Fetched, Span, TraceContext, Work};
use crate::secret::Secret;
use crate::upstream::{Network, NetworkError, NetworkSettings, OutboundRequest, Sender};

/// For the connection, and for the whole sending of a batch.
const CONNECT: Duration = Duration::from_secs(2);
const SEND: Duration = Duration::from_secs(10);

/// A collector answers in a few bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Where traces go, and how many.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The base address of the receiver; `/v1/traces` is added.
    pub endpoint: String,
    /// Which part of the calls that come without a trace is recorded, from 0 to 1.
    pub sample: f64,
    /// What it wants in `Authorization`.
    pub authorization: Option<Secret<String>>,
    /// A PEM file with authorities to trust besides the platform's.
    pub ca_file: Option<std::path::PathBuf>,
}

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The client.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The secret is no header value.
    #[error("the value for `Authorization` does not fit a header")]
    Authorization,
    /// The library.
    #[error("the exporter cannot be made: {0}")]
    Exporter(String),
}

/// Sends the spans of calls.
pub struct Traces {
    processor: BatchSpanProcessor,
    sample: f64,
    scope: InstrumentationScope,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("sample", &self.sample).finish_non_exhaustive()
    }
}

impl Traces {
    /// Begins; within the runtime that sends.
    ///
    /// # Errors
    /// A file of authorities that cannot be used, or an address that is none.
    pub fn begin(settings: TraceSettings) -> Result<Self, TracesError> {
        // The collector is the operator's own, so any address is allowed.
        let everywhere = ["0.0.0.0/0", "::/0"].iter().filter_map(|network| network.parse().ok()).collect();
        let network = Network::new(&NetworkSettings {
            allow_private: everywhere,
            allow_http: true,
            ca_file: settings.ca_file,
            ..NetworkSettings::default()
        })?;
        let authorization = settings.authorization.map(|secret| {
            let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| TracesError::Authorization)?;
            value.set_sensitive(true);
            Ok::<_, TracesError>(value)
        });
        let wire = Wire {
            network: Arc::new(network),
            runtime: Handle::current(),
            authorization: authorization.transpose()?,
            failing: AtomicBool::new(false),
        };
        let endpoint = format!("{}/v1/traces", settings.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_http_client(wire).with_endpoint(endpoint).build();
        let exporter = exporter.map_err(|error| TracesError::Exporter(error.to_string()))?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        processor
            .set_resource(&Resource::builder().with_service_name("action-executor").with_attribute(version).build());
        let scope = InstrumentationScope::builder("action-executor").with_version(env!("CARGO_PKG_VERSION")).build();
        Ok(Self { processor, sample: settings.sample, scope })
    }

    /// Whether a call that comes without a trace is recorded.
    #[must_use]
    pub fn draws(&self) -> bool {
        let [a, b, c, d, ..] = uuid::Uuid::new_v4().into_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) < self.sample * f64::from(u32::MAX)
    }

    /// Notes a call that has ended.
    pub fn note(&self, call: &CallFacts) {
        let Some(context) = call.trace.as_ref().filter(|context| context.sampled) else { return };
        for span in &call.journal.spans {
            self.processor.on_end(self.inner(context, call, span));
        }
        self.processor.on_end(self.outer(context, call));
    }

    /// Sends what is left.
    pub fn end(&self) {
        // The exporter reports failures.
        let _ = self.processor.shutdown_with_timeout(SEND);
    }

    fn outer(&self, context: &TraceContext, call: &CallFacts) -> SpanData {
        let mut attributes = vec![
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("http.route", call.route.to_string()),
            KeyValue::new("action_executor.outcome", call.outcome),
            KeyValue::new("action_executor.request_id", call.request_id.clone()),
            KeyValue::new("action_executor.revision", call.revision.clone()),
        ];
        if call.journal.repeated {
            attributes.push(KeyValue::new("action_executor.repeated", true));
        }
        let status = match call.outcome {
            "done" | "verified" => Status::Unset,
            outcome => Status::error(call.cause.as_ref().map_or_else(|| outcome.to_owned(), ToString::to_string)),
        };
        SpanData {
            parent_span_id: context.parent.map_or(SpanId::INVALID, |parent| SpanId::from_bytes(parent.0)),
            parent_span_is_remote: context.parent.is_some(),
            span_kind: SpanKind::Server,
            attributes,
            status,
            ..self.span(context, context.span, (format!("POST {}", call.route).into(), call.began, call.elapsed))
        }
    }

    fn inner(&self, context: &TraceContext, call: &CallFacts, span: &Span) -> SpanData {
        let parent = span.parent.and_then(|parent| call.journal.spans.get(parent));
        let (name, kind, attributes, status) = match &span.work {
            Work::Step(id) => (format!("step {id}"), SpanKind::Internal, Vec::new(), Status::Unset),
            Work::Token(fetched) => {
                let status = match fetched {
                    Some(Fetched::Token) => Status::Unset,
                    Some(Fetched::Nothing) | None => Status::error("no token"),
                };
                ("token".to_owned(), SpanKind::Internal, Vec::new(), status)
            }
            Work::Attempt(attempt) => {
                (attempt.method.to_string(), SpanKind::Client, attributes_of(attempt), status_of(attempt))
            }
        };
        let took = span.took.unwrap_or_else(|| call.elapsed.saturating_sub(span.began));
        SpanData {
            parent_span_id: SpanId::from_bytes(parent.map_or(context.span, |parent| parent.id).0),
            span_kind: kind,
            attributes,
            status,
            ..self.span(context, span.id, (name.into(), call.began + span.began, took))
        }
    }

    fn span(
        &self,
        context: &TraceContext,
        id: crate::call::SpanId,
        (name, began, took): (Cow<'static, str>, SystemTime, Duration),
    ) -> SpanData {
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(context.trace.0),
                SpanId::from_bytes(id.0),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name,
            start_time: began,
            end_time: began + took,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>
fn attributes_of(attempt: &Attempt) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("http.request.method", attempt.method.to_string())];
    match attempt.result {
        Some(Ok(status)) => attributes.push(KeyValue::new("http.response.status_code", i64::from(status))),
        Some(Err(error)) => attributes.push(KeyValue::new("error.type", error)),
        None => {}
    }
    attributes.extend(attempt.again.clone().map(|again| KeyValue::new("action_executor.again", again)));
    attributes
}

fn status_of(attempt: &Attempt) -> Status {
    match attempt.result {
        Some(Ok(status)) if status < 400 => Status::Unset,
        Some(Ok(status)) => Status::error(status.to_string()),
        Some(Err(error)) => Status::error(error),
        None => Status::error("no answer before the call ended"),
    }
}

/// The exporter's way out.
struct Wire {
    network: Arc<Network>,
    runtime: Handle,
    authorization: Option<HeaderValue>,
    failing: AtomicBool,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let outbound = self.outbound(request)?;
            // The library asks from a thread of its own; sockets live in the runtime.
            let network = Arc::clone(&self.network);
            let sent = self.runtime.spawn(async move { network.send(Box::new(outbound)).await }).await?;
            self.report(sent.as_ref().map(|answer| answer.status).map_err(ToString::to_string));
            let answer = sent?;
            let mut response = Response::new(answer.body);
            *response.status_mut() = answer.status.try_into()?;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

impl Wire {
    fn outbound(&self, request: Request<Bytes>) -> Result<OutboundRequest, HttpError> {
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        headers.extend(self.authorization.clone().map(|value| (AUTHORIZATION, value)));
        Ok(OutboundRequest {
            method: parts.method,
            url: Url::parse(&parts.uri.to_string())?,
            headers,
            body,
            connect_timeout: CONNECT,
            attempt_timeout: SEND,
            max_answer: LARGEST_ANSWER,
            identity: None,
            service: None,
            shown_host: Some("the collector of traces".into()),
            caller: 0,
        })
    }

    /// Once when it begins to fail, and once when it is well again.
    fn report(&self, sent: Result<u16, String>) {
        let failure = match sent {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("it answers {status}")),
            Err(error) => Some(error),
        };
        match (failure, self.failing.load(Ordering::Relaxed)) {
            (Some(reason), false) => tracing::warn!(reason, "traces cannot be sent, they are lost"),
            (None, true) => tracing::info!("traces are sent again"),
            _ => return,
        }
        self.failing.fetch_not(Ordering::Relaxed);
    }
}
