//! What service, action and step may all say of a request, compiled at each level and merged downwards.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::catalog::{AllowedHosts, Authentication, ErrorRule, LimitPlan, RetryRule, Structure, SuccessRule, UrlBase};
use crate::template::Template;

const DEFAULT_CONNECT: Duration = Duration::from_secs(2);
const DEFAULT_ATTEMPT: Duration = Duration::from_secs(6);
const DEFAULT_MAX_ANSWER: u64 = 1024 * 1024;

/// One level compiled, or several merged. An inner `None` says: removed, back to the default.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct Shared {
    pub(super) base: Option<UrlBase>,
    pub(super) allowed_hosts: Option<Arc<AllowedHosts>>,
    pub(super) authentication: Option<Arc<Authentication>>,
    pub(super) headers: Vec<(HeaderName, Option<Structure>)>,
    pub(super) connect: Option<Option<Duration>>,
    pub(super) attempt: Option<Option<Duration>>,
    pub(super) retry_max: Option<Option<u64>>,
    pub(super) retry_for: Option<RetryRule>,
    pub(super) max_answer: Option<Option<u64>>,
    /// With whose limit it is.
    pub(super) rate: Option<Option<(String, u32, Duration)>>,
    pub(super) concurrent: Option<Option<(String, u32)>>,
    pub(super) limit_by: Option<Template>,
    pub(super) success: Option<SuccessRule>,
    pub(super) errors: Vec<ErrorRule>,
}

impl Shared {
    /// This level under a more specific one.
    pub(super) fn merged(&self, inner: &Self) -> Self {
        let mut headers = self.headers.clone();
        for (name, value) in &inner.headers {
            headers.retain(|(existing, _)| existing != name);
            headers.push((name.clone(), value.clone()));
        }
        Self {
            base: inner.base.clone().or_else(|| self.base.clone()),
            allowed_hosts: inner.allowed_hosts.clone().or_else(|| self.allowed_hosts.clone()),
            authentication: inner.authentication.clone().or_else(|| self.authentication.clone()),
            headers,
            connect: inner.connect.or(self.connect),
            attempt: inner.attempt.or(self.attempt),
            retry_max: inner.retry_max.or(self.retry_max),
            retry_for: inner.retry_for.clone().or_else(|| self.retry_for.clone()),
            max_answer: inner.max_answer.or(self.max_answer),
            rate: inner.rate.clone().or_else(|| self.rate.clone()),
            concurrent: inner.concurrent.clone().or_else(|| self.concurrent.clone()),
            limit_by: inner.limit_by.clone().or_else(|| self.limit_by.clone()),
            success: inner.success.clone().or_else(|| self.success.clone()),
            errors: inner.errors.iter().chain(&self.errors).cloned().collect(),
        }
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect.flatten().unwrap_or(DEFAULT_CONNECT)
    }

    pub(super) fn attempt_timeout(&self) -> Duration {
        self.attempt.flatten().unwrap_or(DEFAULT_ATTEMPT)
    }

    pub(super) fn limits(&self) -> LimitPlan {
        LimitPlan {
            rate: self.rate.clone().flatten(),
            concurrent: self.concurrent.clone().flatten(),
            by: self.limit_by.clone(),
        }
    }

    pub(super) fn answer_limit(&self) -> usize {
        usize::try_from(self.max_answer.flatten().unwrap_or(DEFAULT_MAX_ANSWER)).unwrap_or(usize::MAX)
    }

    /// Without `for`, a retry is for what surely did no harm: no connection, 429, 502, 503, 504.
    pub(super) fn retry_rule(&self) -> RetryRule {
        let max = self.retry_max.flatten().unwrap_or_default();
        let mut rule = self.retry_for.clone().unwrap_or_else(|| RetryRule {
            max: 0,
            on_connect: true,
            statuses: [429, 502, 503, 504].map(crate::status_pattern::StatusPattern::Exact).to_vec(),
        });
        rule.max = u32::try_from(max).unwrap_or_default();
        rule
    }
}
