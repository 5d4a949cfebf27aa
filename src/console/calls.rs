//! The last calls: all that fit a filter, grouped by cause, and each by itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::{Console, frame, labels, timeline};
use crate::call::CallFacts;
use crate::call::FailureKind;
use crate::server::PageRequest;
use crate::telemetry::RecentFilter;

/// Rows of a page.
const ROWS: usize = 100;

/// Groups of a page.
const GROUPS: usize = 100;

const TIMES: [(&str, &str); 4] = [("5", "last 5 minutes"), ("60", "last hour"), ("1440", "last day"), ("", "any time")];

/// What a call can end in, and `failed` for all but the good ends.
fn outcomes() -> impl Iterator<Item = &'static str> {
    ["done", "verified", "failed"].into_iter().chain(FailureKind::ALL.map(FailureKind::as_str))
}

impl Console {
    pub(super) fn calls(&self, request: &PageRequest) -> Markup {
        let now = SystemTime::now();
        let text = |name: &str| request.query.get(name).map(str::to_owned);
        let minutes = request
            .query
            .get("minutes")
            .and_then(|minutes| minutes.parse::<u64>().ok())
            .map(|minutes| minutes.min(1_000_000));
        let by_cause = request.query.get("group") == Some("cause");
        let filter = RecentFilter {
            route: text("route"),
            service: text("service"),
            outcome: text("outcome"),
            since: minutes.and_then(|minutes| now.checked_sub(Duration::from_secs(60 * minutes))),
            text: text("text").map(|text| text.to_lowercase()),
            before: request.query.get("before").and_then(|before| before.parse().ok()),
            limit: if by_cause { usize::MAX } else { ROWS + 1 },
        };
        let mut found = self.operations.recent().matching(&filter);
        let more = !by_cause && found.len() > ROWS;
        found.truncate(if by_cause { usize::MAX } else { ROWS });
        let known = outcomes().any(|known| filter.outcome.as_deref() == Some(known));
        html! {
            h1 { "Calls" }
            form.filter role="search" data-auto {
                label.unseen for="text" { "Text" }
                input #text type="search" name="text" value=[request.query.get("text")] placeholder="Route, message, cause or request id" data-search;
                label.unseen for="route" { "Route" }
                input #route name="route" value=[request.query.get("route")] placeholder="/service/action" list="routes" autocomplete="off";
                datalist #routes { @for action in self.operations.live().snapshot().actions().iter().take(500) { option value=(action.route()) {} } }
                @if let Some(service) = request.query.get("service") {
                    label for="service" { "Service" }
                    input #service name="service" value=(service);
                }
                label.unseen for="outcome" { "Outcome" }
                select #outcome name="outcome" {
                    option value="" { "every outcome" }
                    @for outcome in outcomes() { option value=(outcome) selected[filter.outcome.as_deref() == Some(outcome)] { (outcome) } }
                    @if let Some(other) = filter.outcome.as_deref().filter(|_| !known) { option value=(other) selected { (other) } }
                }
                label.unseen for="minutes" { "Time" }
                select #minutes name="minutes" {
                    @for (value, name) in TIMES.iter().rev() { option value=(value) selected[request.query.get("minutes").unwrap_or_default() == *value] { (name) } }
                }
                label.unseen for="group" { "Order" }
                select #group name="group" {
                    option value="" { "newest first" }
                    option value="cause" selected[by_cause] { "failures by cause" }
                }
                button { "Filter" }
            }
            section #found data-live="calls" data-found {
                @if by_cause {
                    (causes(&found, now))
                } @else {
                    (rows(&found, now))
                    @if more && let Some((last, _)) = found.last() {
                        p { a href={ "?" (older(request, *last)) } { "Older" } }
                    }
                }
            }
        }
    }

    pub(super) fn call(&self, number: u64, call: &CallFacts) -> Markup {
        let now = SystemTime::now();
        let served = self.operations.live().snapshot().find(&call.route).is_some();
        html! {
            (frame::heading(&[("/console/calls", "Calls")], &format!("Call {number}")))
            p {
                (labels::outcome(call)) " in " (labels::took(call.elapsed)) ", " (labels::moment(call.began, now)) " · "
                @if served { a href=(labels::action_page(&call.route)) { code { (call.route) } } } @else { code { (call.route) } }
            }
            dl.pairs {
                @if let Some(message) = &call.message { div { dt { "Message to the caller" } dd { (labels::with_code(message)) } } }
                @if let Some(cause) = &call.cause { div { dt { "Cause" } dd { (labels::with_code(cause)) } } }
                div { dt { "Request id" } dd { code { (call.request_id) } } }
                @if let Some(context) = &call.trace { div { dt { "Trace" } dd { code { (format!("{:?}", context.trace)) } } } }
                div { dt { "Revision" } dd { (call.revision) } }
            }
            h2 { "What took time" }
            (timeline::waterfall(&call.journal, call.elapsed))
            p.quiet {
                "Of a call that came in, no body is kept, neither sent nor answered: they are a caller's data. "
                @if served { "To see requests and answers, " a href={ (labels::action_page(&call.route)) "#try" } { "try the action" } "." }
            }
        }
    }
}

/// The address of the page behind this one.
fn older(request: &PageRequest, last: u64) -> String {
    let kept = request.query.iter().filter(|(name, _)| *name != "before");
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(kept).append_pair("before", &last.to_string());
    pairs.finish()
}

/// Why a call ended as it did; the message to its caller where there is no other cause.
fn cause(call: &CallFacts) -> &str {
    call.cause.as_deref().or(call.message.as_deref()).unwrap_or_default()
}

/// A table of calls.
pub(super) fn rows(calls: &[(u64, Arc<CallFacts>)], now: SystemTime) -> Markup {
    html! {
        @if calls.is_empty() {
            p.quiet { "No call fits." }
        } @else {
            div.scroll tabindex="0" role="group" aria-label="Calls" {
                table.calls {
                    thead { tr { th scope="col" { "Call" } th scope="col" { "When" } th scope="col" { "Outcome" } th scope="col" { "Route" } th scope="col" { "Message" } th.number scope="col" { "Took" } } }
                    tbody {
                        @for (number, call) in calls {
                            tr {
                                th scope="row" { a href={ "/console/calls/" (number) } data-row { (number) } }
                                td { (labels::moment(call.began, now)) }
                                td { (labels::outcome(call)) }
                                td { code { (call.route) } }
                                td.clip { (labels::with_code(cause(call))) }
                                td.number { (labels::took(call.elapsed)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Failures that are alike, the most frequent first: the same route, outcome and cause but for its digits.
fn causes(calls: &[(u64, Arc<CallFacts>)], now: SystemTime) -> Markup {
    // The newest comes first and represents all.
    let mut same: HashMap<(&str, &str, &str), (usize, u64, &CallFacts)> = HashMap::new();
    for (number, call) in calls.iter().filter(|(_, call)| !call.is_good()) {
        same.entry((&call.route, call.outcome, cause(call))).or_insert((0, *number, call)).0 += 1;
    }
    let mut groups: HashMap<(&str, &str, String), (usize, u64, &CallFacts)> = HashMap::new();
    for ((route, outcome, cause), (count, number, call)) in same {
        let alike = cause.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        let group = groups.entry((route, outcome, alike)).or_insert((0, number, call));
        group.0 += count;
        if number > group.1 {
            (group.1, group.2) = (number, call);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|(count, number, _)| std::cmp::Reverse((*count, *number)));
    html! {
        @if groups.is_empty() {
            p.quiet { "No failure fits." }
        } @else {
            div.scroll tabindex="0" role="group" aria-label="Failures by cause" {
                table {
                    thead { tr { th.number scope="col" { "Calls" } th scope="col" { "Outcome" } th scope="col" { "Route" } th scope="col" { "Cause" } th scope="col" { "Last" } } }
                    tbody {
                        @for (count, number, call) in groups.into_iter().take(GROUPS) {
                            tr {
                                td.number { (count) }
                                td { (labels::outcome(call)) }
                                td { code { (call.route) } }
                                td { (labels::with_code(cause(call))) }
                                td { a href={ "/console/calls/" (number) } data-row { "call " (number) } " " (labels::moment(call.began, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
