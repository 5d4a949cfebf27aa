//! What service, action and step may all say of a request, compiled at each level and merged downwards.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::compiler::{Compiler, Position};
use super::rule::RerunTargets;
use crate::catalog::{AllowedHosts, Authentication, ErrorRule, LimitPlan, RetryRule, Structure, SuccessRule, UrlBase};
use crate::diagnostic::Code;
use crate::document::{
    AuthenticationDocument, ErrorRuleDocument, Keyed, LimitsDocument, Node, RetryDocument, Spanned, SuccessDocument,
    Text, TimeoutDocument,
};
use crate::template::Template;

const DEFAULT_CONNECT: Duration = Duration::from_secs(2);
const DEFAULT_ATTEMPT: Duration = Duration::from_secs(6);
const DEFAULT_MAX_ANSWER: u64 = 1024 * 1024;
const MAX_RETRIES: u64 = 5;

/// One level as written.
#[derive(Clone, Copy, Default)]
pub(super) struct SharedDocument<'a> {
    pub(super) base_url: Option<&'a Text>,
    pub(super) allowed_hosts: Option<&'a [Text]>,
    pub(super) authentication: Option<&'a AuthenticationDocument>,
    pub(super) headers: Option<&'a Keyed<Node>>,
    pub(super) timeout: Option<&'a TimeoutDocument>,
    pub(super) retry: Option<&'a RetryDocument>,
    pub(super) limits: Option<&'a LimitsDocument>,
    pub(super) success: Option<&'a SuccessDocument>,
    pub(super) errors: Option<&'a [ErrorRuleDocument]>,
}

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

impl Compiler<'_> {
    pub(super) fn shared(&mut self, document: &SharedDocument<'_>, targets: RerunTargets<'_>) -> Shared {
        let base = document.base_url.and_then(|text| self.url_base(text, Position::Address));
        let needs_hosts = document.base_url.is_some() || document.allowed_hosts.is_some();
        let allowed_hosts =
            needs_hosts.then(|| self.allowed_hosts(document.allowed_hosts, document.base_url, base.as_ref())).flatten();
        let limits = document.limits;
        let mut shared = Shared {
            base,
            allowed_hosts: allowed_hosts.map(Arc::new),
            authentication: None,
            // They are part of requests, wherever they are written.
            headers: self.headers(document.headers, Position::Request),
            connect: document.timeout.and_then(|timeout| self.duration(timeout.connect)),
            attempt: document.timeout.and_then(|timeout| self.duration(timeout.attempt)),
            retry_max: document.retry.and_then(|retry| self.retries(retry.max)),
            retry_for: document
                .retry
                .and_then(|retry| retry.reasons.as_deref())
                .map(|reasons| self.retry_reasons(reasons)),
            max_answer: limits.and_then(|limits| limits.max_answer).map(|limit| limit.value),
            rate: limits
                .and_then(|limits| limits.rate)
                .map(|rate| rate.value.map(|rate| (self.owner.clone(), rate.count, rate.window))),
            concurrent: limits.and_then(|limits| self.concurrent(limits)),
            limit_by: limits.and_then(|limits| limits.by.as_ref()).and_then(|by| self.template(by, Position::Base)),
            success: document.success.map(|success| self.success(success)),
            errors: self.error_rules(document.errors, targets),
        };
        // Last: the requests that fetch a token are made of all the rest.
        shared.authentication =
            document.authentication.and_then(|document| self.authentication(document, &shared)).map(Arc::new);
        shared
    }

    fn concurrent(&mut self, limits: &LimitsDocument) -> Option<Option<(String, u32)>> {
        let written = limits.concurrent?;
        let Some(count) = written.value else { return Some(None) };
        match u32::try_from(count).ok().filter(|count| *count > 0) {
            Some(count) => Some(Some((self.owner.clone(), count))),
            None => {
                self.problems
                    .add(Code::InvalidValue, written.span, "At least one request at a time is needed.")
                    .help("for example `concurrent: 32`");
                None
            }
        }
    }

    fn duration(&mut self, written: Option<Spanned<Option<Duration>>>) -> Option<Option<Duration>> {
        let written = written?;
        if let Some(duration) = written.value
            && (duration.is_zero() || duration > Duration::from_secs(25))
        {
            self.problems
                .add(
                    Code::InvalidValue,
                    written.span,
                    "A call has 25 seconds at most, so this must be between 1ms and 25s.",
                )
                .help("for example `6s`");
        }
        Some(written.value)
    }

    fn retries(&mut self, written: Option<Spanned<Option<u64>>>) -> Option<Option<u64>> {
        let written = written?;
        if written.value.is_some_and(|max| max > MAX_RETRIES) {
            self.problems
                .add(Code::InvalidValue, written.span, format!("At most {MAX_RETRIES} retries fit into one call."))
                .help("the deadline of the call ends them anyway");
        }
        Some(written.value)
    }

    fn retry_reasons(&mut self, reasons: &[Text]) -> RetryRule {
        let (connect, statuses): (Vec<_>, Vec<_>) =
            reasons.iter().cloned().partition(|reason| reason.value == "connect");
        let (statuses, words): (Vec<_>, Vec<_>) =
            statuses.into_iter().partition(|reason| reason.value.starts_with(|first: char| first.is_ascii_digit()));
        for word in words {
            let help = crate::suggest::did_you_mean(&word.value, ["connect"]);
            self.problems
                .add(Code::BadStatusPattern, word.span, format!("`{}` is not a reason to try again.", word.value))
                .help(
                    help.unwrap_or_else(|| {
                        "a reason is `connect`, a status like `429` or a class like `5xx`".to_owned()
                    }),
                );
        }
        RetryRule { max: 0, on_connect: !connect.is_empty(), statuses: self.statuses(Some(&statuses)) }
    }
}
