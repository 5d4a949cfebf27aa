//! Metrics, the last calls, traces. Holds no value of any call.

mod metrics;
mod process;
mod recent;
mod traces;
mod watch;

pub use metrics::{ConnectionGuard, ListenerMeter, Metrics, RequestMeasure, Snapshot};
pub use recent::{Recent, RecentFilter};
pub use traces::{TraceSettings, Traces, TracesError};
pub use watch::Watchers;
