//! Metrics as Prometheus reads them (OpenMetrics text). Labels are names of definitions and fixed words: their number is bounded.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::process::Process;

/// Seconds; most calls take tens or hundreds of milliseconds, none more than 25 s.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 25.0];

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Family<Labels<2>, Counter>,
    call_time: Family<Labels<1>, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    limit: Gauge,
    requests: Family<Labels<3>, Counter>,
    request_time: Family<Labels<1>, Histogram, fn() -> Histogram>,
    retries: Family<Labels<2>, Counter>,
    tokens: Family<Labels<2>, Counter>,
    reloads: Family<Labels<1>, Counter>,
    services: Family<Labels<2>, Gauge>,
    breakers: Family<Labels<1>, Gauge>,
    connections: Family<Labels<1>, Gauge>,
    connections_refused: Family<Labels<2>, Counter>,
    callers_refused: Family<Labels<1>, Counter>,
    state_degraded: Gauge,
    certificates: Family<Labels<1>, Gauge>,
    resident: Gauge,
    open_files: Gauge,
    most_files: Gauge,
}

/// The labels of one series: fixed keys, and values in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Labels<const N: usize>([(&'static str, Name); N]);

impl<const N: usize> Hash for Labels<N> {
    /// Series are looked up several times a call. Keys are the same in a whole family, and names come from definitions, not
    /// from callers, who could choose clashing ones: a quick mixture of the values goes into the hash.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        state.write_u64(self.0.iter().fold(0, |hash, (_, value)| {
            let (words, rest) = value.as_bytes().as_chunks::<8>();
            let hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
            let rest = rest.iter().fold(1, |word, byte| word << 8 | u64::from(*byte));
            mix(hash, rest)
        }));
    }
}

/// The value of a label: a word of ours, or a name of a definition, which is shared and not copied.
#[derive(Clone, Debug)]
enum Name {
    Word(&'static str),
    Shared(Arc<str>),
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Shared(name) => name,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl From<&'static str> for Name {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<&Arc<str>> for Name {
    fn from(name: &Arc<str>) -> Self {
        Self::Shared(Arc::clone(name))
    }
}

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (key, value) in &self.0 {
            (*key, &**value).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

use prometheus_client::encoding::EncodeLabel as _;

/// One request that was sent.
#[derive(Clone, Copy, Debug)]
pub struct RequestMeasure<'a> {
    /// The directory of its service.
    pub service: &'a Arc<str>,
    /// The step that it belongs to.
    pub step: &'a Arc<str>,
    /// The class of the answer's status, or why there is none.
    pub result: &'static str,
    /// From the first byte sent to the last received.
    pub time: Duration,
}

/// What is measured when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Services and how they are served.
    pub services: Vec<(String, &'static str)>,
    /// Hosts whose circuit is open, and those that are tried again.
    pub breakers: (usize, usize),
    /// Whether the shared state is away.
    pub state_degraded: bool,
    /// When certificates end, by listener.
    pub certificates: Vec<(&'static str, SystemTime)>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            calls: Family::default(),
            call_time: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            limit: Gauge::default(),
            requests: Family::default(),
            request_time: Family::new_with_constructor(histogram),
            retries: Family::default(),
            tokens: Family::default(),
            reloads: Family::default(),
            services: Family::default(),
            breakers: Family::default(),
            connections: Family::default(),
            connections_refused: Family::default(),
            callers_refused: Family::default(),
            state_degraded: Gauge::default(),
            certificates: Family::default(),
            resident: Gauge::default(),
            open_files: Gauge::default(),
            most_files: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// Calls in flight, and how many there may be.
    #[must_use]
    pub fn calls_in_flight(&self) -> (u64, u64) {
        let number = |gauge: &Gauge| u64::try_from(gauge.get()).unwrap_or_default();
        (number(&self.in_flight), number(&self.limit))
    }

    /// Open connections of the public listener.
    #[must_use]
    pub fn connections_open(&self) -> u64 {
        let public = Labels([("listener", "public".into())]);
        u64::try_from(self.connections.get_or_create(&public).get()).unwrap_or_default()
    }

    /// Names as they are documented; the library adds `_total` to those of counters.
    fn register(&mut self) {
        let own = self.registry.sub_registry_with_prefix("action_executor");
        own.register("calls", "Calls by route and outcome", self.calls.clone());
        own.register("call_duration_seconds", "From the head of a call to its answer", self.call_time.clone());
        own.register("calls_in_flight", "Calls in flight", self.in_flight.clone());
        own.register("calls_limit", "Calls that may be in flight", self.limit.clone());
        own.register("requests", "Requests to services, by result", self.requests.clone());
        own.register("request_duration_seconds", "From a request to its whole answer", self.request_time.clone());
        own.register("retries", "Requests that were sent again", self.retries.clone());
        own.register("token_fetches", "Access tokens asked for", self.tokens.clone());
        own.register("reloads", "Readings of all definitions that changed something or failed", self.reloads.clone());
        own.register("service_state", "How each service directory is served", self.services.clone());
        own.register("breakers", "Hosts that failed again and again", self.breakers.clone());
        own.register("connections", "Open connections", self.connections.clone());
        own.register("connections_refused", "Connections turned away", self.connections_refused.clone());
        own.register("callers_refused", "Callers that did not show what they must", self.callers_refused.clone());
        own.register("state_degraded", "Whether the shared state is away", self.state_degraded.clone());
        own.register("certificate_expiry_seconds", "When a certificate ends, Unix time", self.certificates.clone());
        let info = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        own.register("build", "The program", info);
        let started = Gauge::<f64, AtomicU64>::default();
        started.set(seconds(SystemTime::now()));
        self.registry.register("process_start_time_seconds", "When the process started, Unix time", started);
        self.registry.register("process_resident_memory_bytes", "Resident memory", self.resident.clone());
        self.registry.register("process_open_fds", "Open file descriptors", self.open_files.clone());
        self.registry.register("process_max_fds", "How many may be open", self.most_files.clone());
    }

    /// How many calls may be in flight.
    pub fn set_limit(&self, calls: usize) {
        self.limit.set(i64::try_from(calls).unwrap_or(i64::MAX));
    }

    /// A call has a permit.
    pub fn call_begins(&self) {
        self.in_flight.inc();
    }

    /// A call gives its permit back.
    pub fn call_leaves(&self) {
        self.in_flight.dec();
    }

    /// A call has ended.
    pub fn call_ended(&self, route: &Arc<str>, outcome: &'static str, time: Duration) {
        self.calls.get_or_create(&Labels([("route", route.into()), ("outcome", outcome.into())])).inc();
        self.call_time.get_or_create(&Labels([("route", route.into())])).observe(time.as_secs_f64());
    }

    /// A request was answered, or not.
    pub fn request(&self, request: &RequestMeasure<'_>) {
        let RequestMeasure { service, step, result, .. } = request;
        let labels = [("service", (*service).into()), ("step", (*step).into()), ("result", (*result).into())];
        self.requests.get_or_create(&Labels(labels)).inc();
        self.request_time.get_or_create(&Labels([("service", (*service).into())])).observe(request.time.as_secs_f64());
    }

    /// A request is sent again.
    pub fn retry(&self, service: &Arc<str>, reason: &str) {
        let reason = Name::Shared(reason.into());
        self.retries.get_or_create(&Labels([("service", service.into()), ("reason", reason)])).inc();
    }

    /// A token was asked for.
    pub fn token_fetch(&self, service: &Arc<str>, result: &'static str) {
        self.tokens.get_or_create(&Labels([("service", service.into()), ("result", result.into())])).inc();
    }

    /// The definitions were read.
    pub fn reload(&self, result: &'static str) {
        self.reloads.get_or_create(&Labels([("result", result.into())])).inc();
    }

    /// A caller was not let in.
    pub fn caller_refused(&self, check: &'static str) {
        self.callers_refused.get_or_create(&Labels([("check", check.into())])).inc();
    }

    /// Counts the connections of a listener.
    #[must_use]
    pub fn listener(self: &Arc<Self>, listener: &'static str) -> ListenerMeter {
        ListenerMeter { metrics: Arc::clone(self), listener }
    }

    /// All metrics as text, with what is measured now.
    #[must_use]
    pub fn render(&self, now: &Snapshot) -> String {
        self.services.clear();
        for (service, state) in &now.services {
            for known in ["live", "last_good", "broken"] {
                let labels = Labels([("service", Name::Shared(service.as_str().into())), ("state", known.into())]);
                self.services.get_or_create(&labels).set(i64::from(known == *state));
            }
        }
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (state, hosts) in [("open", now.breakers.0), ("half_open", now.breakers.1)] {
            self.breakers.get_or_create(&Labels([("state", state.into())])).set(count(hosts));
        }
        self.state_degraded.set(i64::from(now.state_degraded));
        self.certificates.clear();
        for (listener, ends) in &now.certificates {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
            self.certificates.get_or_create(&Labels([("listener", (*listener).into())])).set(seconds(*ends) as i64);
        }
        let process = Process::now();
        for (gauge, figure) in
            [(&self.resident, process.resident), (&self.open_files, process.open), (&self.most_files, process.most)]
        {
            gauge.set(figure.unwrap_or_default());
        }
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Counts the connections of one listener.
#[derive(Clone, Debug)]
pub struct ListenerMeter {
    metrics: Arc<Metrics>,
    listener: &'static str,
}

impl ListenerMeter {
    /// A connection is open as long as the guard lives.
    #[must_use]
    pub fn opened(&self) -> ConnectionGuard {
        let gauge = self.metrics.connections.get_or_create_owned(&Labels([("listener", self.listener.into())]));
        gauge.inc();
        ConnectionGuard(gauge)
    }

    /// A connection was turned away.
    pub fn refused(&self, reason: &'static str) {
        let labels = Labels([("listener", self.listener.into()), ("reason", reason.into())]);
        self.metrics.connections_refused.get_or_create(&labels).inc();
    }
}

/// An open connection.
#[derive(Debug)]
pub struct ConnectionGuard(Gauge);

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_the_names_that_are_documented() {
        let metrics = Arc::new(Metrics::default());
        metrics.call_ended(&"/demo/a \"b\"".into(), "done", Duration::from_millis(30));
        metrics.call_begins();
        metrics.request(&RequestMeasure {
            service: &"demo".into(),
            step: &"request".into(),
            result: "2xx",
            time: Duration::from_secs(1),
        });
        metrics.listener("public").refused("full");
        let text = metrics.render(&Snapshot { services: vec![("demo".into(), "live")], ..Snapshot::default() });
        for line in [
            "action_executor_calls_total{route=\"/demo/a \\\"b\\\"\",outcome=\"done\"} 1",
            "action_executor_call_duration_seconds_bucket{le=\"0.05\",route=\"/demo/a \\\"b\\\"\"} 1",
            "action_executor_calls_in_flight 1",
            "action_executor_requests_total{service=\"demo\",step=\"request\",result=\"2xx\"} 1",
            "action_executor_service_state{service=\"demo\",state=\"live\"} 1",
            "action_executor_service_state{service=\"demo\",state=\"broken\"} 0",
            "action_executor_connections_refused_total{listener=\"public\",reason=\"full\"} 1",
            "action_executor_breakers{state=\"open\"} 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        metrics.call_leaves();
        assert!(metrics.render(&Snapshot::default()).contains("action_executor_calls_in_flight 0\n"));
    }
}
