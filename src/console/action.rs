//! One action: what it does, how it is called, its tests and calls, and a place to try it.

use std::sync::Arc;
use std::time::SystemTime;

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::calls::rows;
use super::form::{self, Values};
use super::try_runner::Try;
use super::{Console, chart, frame, labels, timeline};
use crate::catalog::{Action, FieldRule, TestCase};
use crate::server::{PageRequest, Pairs};
use crate::telemetry::RecentFilter;

const CALLS: usize = 10;

impl Console {
    pub(super) async fn action(&self, action: &Arc<Action>, revision: u64, request: &PageRequest) -> Markup {
        let now = SystemTime::now();
        let results = self.test_runs.of(action).await;
        let of_route =
            RecentFilter { route: Some(action.route().to_owned()), limit: usize::MAX, ..RecentFilter::default() };
        let calls = self.operations.recent().matching(&of_route);
        let tried = match &request.form {
            Some(form) => Some(self.tried(action, revision, form).await),
            None => None,
        };
        let chosen = request.query.get("example").and_then(|name| action.tests().iter().find(|case| case.name == name));
        let service = labels::service(action.service_name());
        html! {
            (frame::heading(&[("/console/catalog", "Catalog"), (&format!("/console/catalog?q={}", action.service_name()), service)], action.title()))
            @if let Some(description) = action.description() { p.lead { (labels::with_code(description)) } }
            p {
                code { "POST " (action.route()) } " · "
                a href=(labels::file_page(action.source().name())) { (action.source().name()) } " · revision " (revision)
            }
            nav.within aria-label="On this page" {
                a href="#try" { "Try it" } a href="#inputs" { "Inputs" } a href="#call" { "Call it" } a href="#tests" { "Tests" } a href="#recent" { "Calls" }
            }
            section #try {
                h2 { "Try it" }
                div.sides {
                    div {
                        @if !action.tests().is_empty() {
                            form.filter method="get" data-auto="page" {
                                label for="example" { "Begin with" }
                                select #example name="example" {
                                    option value="" { "the fields' own examples" }
                                    @for case in action.tests() { option value=(case.name) selected[chosen.is_some_and(|chosen| chosen.name == case.name)] { (case.name) } }
                                }
                                button { "Fill in" }
                            }
                        }
                        form #trial method="post" action={ (labels::action_page(action.route())) "#result" } data-into="result" {
                            div #fields { (form::fields(action.input(), &Values { form: request.form.as_ref(), case: chosen })) }
                            @if !action.tests().is_empty() {
                                div.field {
                                    label for="answers" { "Answers of a dry run" }
                                    select #answers name="answers" aria-describedby="answers-hint" {
                                        option value="" { "none: stop at the first answer" }
                                        @for case in action.tests() { option value=(case.name) selected[chosen.is_some_and(|chosen| chosen.name == case.name)] { (case.name) } }
                                    }
                                    small #answers-hint { "A dry run sends nothing; a test can stand in for the service." }
                                }
                            }
                            p.actions {
                                button.primary name="act" value="dry" { "Dry run" }
                                button.danger name="act" value="send" { "Send for real" }
                            }
                        }
                    }
                    div #result role="region" aria-label="Result" aria-live="polite" tabindex="-1" {
                        @match &tried {
                            None => p.quiet { "A dry run shows each request as it would be sent. " strong { "Send for real" } " carries the action out." }
                            Some(Err(why)) => p.error { (labels::with_code(why)) }
                            Some(Ok(tried)) => (result(tried))
                        }
                    }
                }
            }
            section #inputs { h2 { "Inputs" } (inputs(action)) }
            section #call {
                h2 { "Call it" }
                (timeline::text("curl", &self.curl(action)))
                p.quiet { "With the values of " @if action.tests().is_empty() { "the fields' examples" } @else { "its first test" } "; callers that must show something else are not known to it." }
            }
            section #tests data-live="catalog" {
                h2 { "Tests" }
                @match &results {
                    _ if action.tests().is_empty() => p { "It has none. " strong { "Send for real" } " makes one of what happens." }
                    None => p.quiet data-pending { "They are being run …" }
                    Some(results) => ul.tests {
                        @for (case, differences) in action.tests().iter().zip(results) { (test(action, case, differences)) }
                    }
                }
            }
            section #recent data-live="calls" {
                h2 { "Calls" }
                (chart::charts(&calls, now))
                (rows(calls.get(..CALLS).unwrap_or(&calls), now))
                @if calls.len() > CALLS { p { a href={ "/console/calls?route=" (action.route()) } { "All " (calls.len()) } } }
            }
        }
    }

    async fn tried(&self, action: &Arc<Action>, revision: u64, form: &Pairs) -> Result<Try, String> {
        let envelope = form::envelope(action.input(), form)?;
        if form.get("act") == Some("send") {
            let sent = self.try_runner.send(action, envelope, revision).await;
            return sent.ok_or_else(|| "The action ended in a defect of this program; the log has it.".to_owned());
        }
        let answers = form.get("answers").and_then(|name| action.tests().iter().find(|case| case.name == name));
        Ok(self.try_runner.dry_run(action, envelope, answers).await)
    }

    /// A line for a shell.
    fn curl(&self, action: &Action) -> String {
        let body = match action.tests().first() {
            Some(case) => {
                let [auth, data, meta] = &case.input;
                let parts = [("auth", auth), ("data", data), ("meta", meta)];
                let given = parts.into_iter().filter(|(_, part)| !part.is_null());
                given.map(|(name, part)| (name.to_owned(), part.clone())).collect()
            }
            None => {
                let input = action.input();
                let part = |rules: &[Arc<FieldRule>]| -> Value {
                    let known = rules.iter().filter_map(|rule| Some((rule.name().to_owned(), rule.example()?.clone())));
                    Value::Object(known.collect())
                };
                Map::from_iter([("auth".to_owned(), part(&input.auth)), ("data".to_owned(), part(&input.data))])
            }
        };
        let body = Value::Object(body).to_string().replace('\'', r"'\''");
        format!(
            "curl -i {}{} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'",
            self.address,
            action.route()
        )
    }
}

fn inputs(action: &Action) -> Markup {
    let input = action.input();
    let parts = [("auth", &input.auth), ("data", &input.data), ("meta", &input.meta)];
    html! {
        @if parts.iter().all(|(_, rules)| rules.is_empty()) {
            p { "It takes none." }
        } @else {
            div.scroll tabindex="0" role="group" aria-label="Inputs" {
                table {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Needed" } th scope="col" { "Type" } th scope="col" { "What for" } th scope="col" { "Example" } } }
                    tbody {
                        @for (part, rules) in parts { @for rule in rules {
                            tr {
                                th scope="row" { code { (part) "." (rule.name()) } }
                                td { @if rule.is_required() { "yes" } @else { span.quiet { "no" } } }
                                td {
                                    (form::kind(rule))
                                    @if !rule.allowed().is_empty() { ": " (rule.allowed().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
                                }
                                td { (labels::with_code(rule.description().or(rule.label()).unwrap_or_default())) }
                                td { @if let Some(example) = rule.example().filter(|_| !rule.is_secret()) { code { (example) } } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn test(action: &Action, case: &TestCase, differences: &[String]) -> Markup {
    html! {
        li {
            @if differences.is_empty() { span.mark.good { "passed" } } @else { span.mark.bad { "failed" } }
            " " a href={ (labels::file_page(action.source().name())) "#L" (case.line) } { (case.name) }
            @if !differences.is_empty() { pre tabindex="0" role="group" aria-label={ "Differences of " (case.name) } { (differences.join("\n")) } }
        }
    }
}

fn result(tried: &Try) -> Markup {
    html! {
        h3 { @if tried.sent.is_some() { "Sent" } @else { "Dry run" } }
        @if let Some(sent) = &tried.sent {
            p { (timeline::status_mark(tried.status)) " in " (labels::took(tried.elapsed)) " · " a href={ "/console/calls/" (sent.number) } { "call " (sent.number) } }
            (timeline::waterfall(&tried.journal, tried.elapsed))
        }
        (timeline::events(&tried.events))
        h3 { "What the caller " @if tried.sent.is_some() { "got" } @else { "would get" } " " (timeline::status_mark(tried.status)) }
        (timeline::text("Reply", &tried.reply))
        @match tried.sent.as_ref().map(|sent| &sent.test) {
            None => {}
            Some(Ok(test)) => details #save {
                summary { "Save as test" }
                p { "Put this at the end of the action's file. Secrets are replaced by example values; look through it for personal data." }
                (timeline::text("Test", test))
            }
            Some(Err(why)) => p.quiet { "No test can be made of it: " (why) }
        }
    }
}
