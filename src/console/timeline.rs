//! The timeline of a call: a waterfall of the work that took time, and its events in order.

use std::time::Duration;

use maud::{Markup, html};

use super::labels;
use crate::call::{Attempt, Captured, Event, Fetched, Journal, SeenAnswer, SentRequest, Span, Work};

/// Width of the drawing, in its own units.
const WIDE: f64 = 1000.0;

/// Steps, tokens and requests, each from when to when.
pub(super) fn waterfall(record: &Journal, elapsed: Duration) -> Markup {
    let whole = elapsed.as_secs_f64().max(1e-6);
    html! {
        @if record.repeated {
            p { span.mark.warn { "repeated" } " It was answered from what an earlier call with the same key left; nothing was sent." }
        }
        @if record.spans.is_empty() {
            p.quiet { "No step ran." }
        } @else {
            div.scroll tabindex="0" role="group" aria-label="Waterfall" {
                table.waterfall {
                    caption.unseen { "Steps and requests of this call" }
                    thead { tr { th scope="col" { "What" } th scope="col" { "Result" } th.number scope="col" { "Began" } th.number scope="col" { "Took" } th scope="col" { "0 – " (labels::took(elapsed)) } } }
                    tbody {
                        @for span in &record.spans {
                            @let took = span.took.unwrap_or(elapsed.saturating_sub(span.began));
                            tr {
                                th.clip scope="row" data-depth=(depth(record, span)) { (what(&span.work)) }
                                td { (result(&span.work)) }
                                td.number { (labels::took(span.began)) }
                                td.number { (labels::took(took)) }
                                td.bar {
                                    svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true" {
                                        rect class=(class(&span.work)) x=(place(span.began, whole)) y="2" height="10" rx="3" width=(place(took, whole).max(4.0)) {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !record.rules.is_empty() {
            p { "Error rule that matched: " @for rule in &record.rules { code { (rule) } " " } }
        }
        @if !record.unmapped.is_empty() {
            h3 { "Optional fields left out" }
            ul { @for unmapped in &record.unmapped { li { (labels::with_code(unmapped)) } } }
        }
    }
}

fn place(at: Duration, whole: f64) -> f64 {
    (at.as_secs_f64() / whole * WIDE).clamp(0.0, WIDE).round()
}

fn depth(record: &Journal, span: &Span) -> usize {
    let mut depth = 0;
    let mut parent = span.parent;
    while let Some(above) = parent.and_then(|index| record.spans.get(index)).filter(|_| depth < 4) {
        depth += 1;
        parent = above.parent;
    }
    depth
}

fn what(work: &Work) -> Markup {
    match work {
        Work::Step(id) => html! { "step " code { (id) } },
        Work::Token(_) => html! { "access token" },
        Work::Attempt(attempt) => html! {
            (attempt.method)
            @if let Some(again) = &attempt.again { " " span.quiet { "again: " (again) } }
        },
    }
}

fn result(work: &Work) -> Markup {
    match work {
        Work::Step(_) => html! {},
        Work::Token(Some(Fetched::Token)) => html! { span.mark.good { "fetched" } },
        Work::Token(_) => html! { span.mark.bad { "none" } },
        Work::Attempt(Attempt { result: Some(Ok(status)), .. }) => status_mark(*status),
        Work::Attempt(Attempt { result: Some(Err(why)), .. }) => html! { span.mark.bad { (why) } },
        Work::Attempt(_) => html! { span.mark.warn { "no answer" } },
    }
}

fn class(work: &Work) -> &'static str {
    match work {
        Work::Step(_) => "step",
        Work::Token(_) => "token",
        Work::Attempt(Attempt { result: Some(Ok(100..=399)), .. }) => "good",
        Work::Attempt(_) => "bad",
    }
}

/// A status of HTTP.
pub(super) fn status_mark(status: u16) -> Markup {
    html! { span.mark.good[status < 400].bad[status >= 400] { (status) } }
}

/// Everything that happened, in its order.
pub(super) fn events(events: &[Event]) -> Markup {
    html! {
        ol.story {
            @for event in events { (one(event)) }
        }
    }
}

fn one(event: &Event) -> Markup {
    match event {
        Event::Began { step } => html! { li.begin { h3 { "Step " code { (step) } } } },
        Event::Skipped { step } => {
            html! { li.begin { h3 { "Step " code { (step) } } p.quiet { "Skipped: its condition does not hold." } } }
        }
        Event::TokenKept => html! { li { "The access token of an earlier call is used." } },
        Event::TokenFetched => html! { li { "An access token is fetched:" } },
        Event::Sent(request) => html! { li { (sent(request)) } },
        Event::ServiceAnswer { result: Ok(answer), milliseconds } => html! { li { (answered(answer, *milliseconds)) } },
        Event::ServiceAnswer { result: Err(why), milliseconds } => html! {
            li { span.mark.bad { "no answer" } " after " (milliseconds) " ms: " (why) }
        },
        Event::Waited { milliseconds } => html! { li { "Waited " (milliseconds) " ms, and once more:" } },
        Event::Succeeded => html! { li { span.mark.good { "success" } } },
        Event::Failed { rule: Some(rule) } => {
            html! { li { span.mark.bad { "failure" } " The rule that matched: " code { (rule) } } }
        }
        Event::Failed { rule: None } => {
            html! { li { span.mark.bad { "failure" } " No rule of " code { "errors" } " matched." } }
        }
        Event::Captured(captured) => html! { li.captured { (found(captured)) } },
    }
}

fn sent(request: &SentRequest) -> Markup {
    html! {
        details open {
            summary { "→ " strong { (request.method) } " " code { (request.url) } }
            (headers(&request.headers))
            @if let Some(body) = &request.body { (text("Body of the request", body)) }
        }
    }
}

fn answered(answer: &SeenAnswer, milliseconds: u64) -> Markup {
    html! {
        details open {
            summary { "← " (status_mark(answer.status)) " after " (milliseconds) " ms" }
            (headers(&answer.headers))
            @if let Some(body) = &answer.body { (text("Body of the answer", body)) }
        }
    }
}

fn headers(headers: &[(String, String)]) -> Markup {
    html! {
        @if !headers.is_empty() {
            details.headers {
                summary { (labels::count(headers.len(), "header")) }
                dl.pairs { @for (name, value) in headers { div { dt { (name) } dd { (value) } } } }
            }
        }
    }
}

/// Text as it is, to be scrolled and copied.
pub(super) fn text(label: &str, text: &str) -> Markup {
    html! {
        div.code {
            button.copy type="button" data-copy aria-label={ "Copy: " (label) } { "Copy" }
            pre tabindex="0" role="group" aria-label=(label) { code { (text) } }
        }
    }
}

fn found(captured: &Captured) -> Markup {
    html! {
        code { (captured.name) } " ← " span.quiet { (labels::with_code(&captured.source)) } " → "
        @match (&captured.found, &captured.near) {
            (Some((kind, value)), _) => { span.quiet { (kind) } " " code { (value) } }
            (None, Some(near)) => { span.mark.warn { "nothing" } " " (labels::with_code(near)) }
            (None, None) => { span.mark.warn { "nothing" } }
        }
    }
}
