//! What service, action and step may all write of a request, and how it is compiled.

use std::sync::Arc;
use std::time::Duration;

use super::compiler::{Compiler, Position};
use super::rule::RerunTargets;
use super::shared::Shared;
use crate::catalog::RetryRule;
use crate::diagnostic::Code;
use crate::document::{
    AuthenticationDocument, ErrorRuleDocument, Keyed, LimitsDocument, Node, RetryDocument, Spanned, SuccessDocument,
    Text, TimeoutDocument,
};

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
