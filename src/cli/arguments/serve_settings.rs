//! The settings of `serve` that no flag can say.

use std::time::Duration;

use crate::app::CallersConfig;
use crate::origin::Origin;
use crate::server::{CallLimits, Limits, TlsFiles};

/// The settings that only the settings file has.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct ServeSettings {
    /// What callers must show.
    pub(in crate::cli) callers: CallersConfig,
    /// The certificate of the admin listener.
    pub(in crate::cli) admin_tls: Option<TlsFiles>,
    /// Bounds of connections and heads.
    pub(in crate::cli) limits: Limits,
    /// Bounds of calls.
    pub(in crate::cli) call_limits: CallLimits,
    /// From the head of a call to the end of its body, if not the time of a call.
    pub(in crate::cli) body_time: Option<Duration>,
    /// Calls in flight at once of each service.
    pub(in crate::cli) calls_per_service: Option<usize>,
    /// Calls that are remembered for the console and the admin API.
    pub(in crate::cli) recent_calls: Option<usize>,
    /// Which part of the calls is traced.
    pub(in crate::cli) sample: Option<f64>,
    /// What the receiver of traces wants in `Authorization`.
    pub(in crate::cli) traces_authorization: Option<Origin>,
}
