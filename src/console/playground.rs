//! Templates and JSONPaths against values that one types: the engine's own answers and messages.

use std::sync::Arc;
use std::time::Duration;

use maud::{Markup, html};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{labels, timeline};
use crate::budget::{Budget, BudgetBounds};
use crate::diagnostic::{Code, Fault, Problems, Source, Span, render_text};
use crate::json_path::{JsonPath, Reading};
use crate::server::PageRequest;
use crate::template::{CallClock, Scope, Template};
use crate::value::{JsonLimits, XmlLimits, decode_json, kind_of, read_xml};

const TEMPLATE: &str = "{{upper data.name}} called about {{default data.subject \"nothing\"}}";
const VALUES: &str = "{\n  \"auth\": {},\n  \"data\": { \"name\": \"Ada\", \"subject\": null },\n  \"meta\": {}\n}";
const PATH: &str = "$.tickets[?@.open == true].id";
const ANSWER: &str = "{\n  \"tickets\": [\n    { \"id\": 12345678901234567890, \"open\": true },\n    { \"id\": 7, \"open\": false }\n  ]\n}";

/// What is tried may take so long.
const LONGEST: Duration = Duration::from_secs(2);

/// What can be found in an answer is shown up to here.
const MOST: usize = 200;

pub(super) fn page(request: &PageRequest) -> Markup {
    let given = |name: &str, first: &str| match &request.form {
        Some(form) => form.get(name).unwrap_or_default().replace("\r\n", "\n"),
        None => first.to_owned(),
    };
    let (template, values) = (given("template", TEMPLATE), given("values", VALUES));
    let (path, answer) = (given("path", PATH), given("answer", ANSWER));
    html! {
        h1 { "Playground" }
        p.lead { "What the engine makes of a template and of a JSONPath. Nothing is sent anywhere." }
        form method="post" action="/console/playground" data-auto="post" {
            section {
                h2 { "Template" }
                div.sides {
                    div {
                        label for="template" { "Template" }
                        textarea #template name="template" rows="3" spellcheck="false" data-search { (template) }
                        label for="values" { "Values, as JSON: " code { "auth" } ", " code { "data" } ", " code { "meta" } ", " code { "vars" } }
                        textarea #values name="values" rows="9" spellcheck="false" { (values) }
                    }
                    div #template-result data-found role="region" aria-label="Result of the template" aria-live="polite" { (rendered(&template, &values)) }
                }
            }
            section {
                h2 { "JSONPath" }
                div.sides {
                    div {
                        label for="path" { "JSONPath" }
                        textarea #path name="path" rows="2" spellcheck="false" { (path) }
                        label for="answer" { "Answer, as JSON or XML" }
                        textarea #answer name="answer" rows="9" spellcheck="false" { (answer) }
                    }
                    div #path-result data-found role="region" aria-label="Result of the path" aria-live="polite" { (looked_up(&path, &answer)) }
                }
            }
            p.plain { button { "Evaluate" } }
        }
    }
}

fn rendered(text: &str, values: &str) -> Markup {
    let values = match object(values) {
        Ok(values) => values,
        Err(why) => return html! { p.error { "The values are not read: " (why) } },
    };
    let template = match Template::compile(text) {
        Ok(template) => template,
        Err(faults) => return problems("template", text, faults),
    };
    let (clock, budget) = (CallClock::now(), budget());
    let scope = values.iter().fold(Scope::new(&clock, &budget), |scope, (name, value)| scope.with(name, value));
    let wrong = |error: crate::template::RenderError| {
        problems("template", text, vec![Fault::new(Code::BadTemplate, error.at(), error.to_string())])
    };
    html! {
        h3 { "As a value" span.quiet { " – where a template is the whole value, types are kept" } }
        @match template.value(&scope) {
            Ok(Some(value)) => { p { span.quiet { (kind_of(Some(&value))) } } (timeline::text("Value", &format!("{value:#}"))) }
            Ok(None) => p { span.mark.warn { "nothing" } " – the place is left out" }
            Err(error) => (wrong(error))
        }
        h3 { "As text" }
        @match template.string(&scope) {
            Ok(Some(text)) => (timeline::text("Text", &text))
            Ok(None) => p { span.mark.warn { "nothing" } }
            Err(error) => (wrong(error))
        }
    }
}

/// What a call may take, and less time.
fn budget() -> Budget {
    Budget::new(BudgetBounds::default(), Instant::now() + LONGEST)
}

fn looked_up(text: &str, answer: &str) -> Markup {
    let xml = answer.trim_start().starts_with('<');
    let read = if xml {
        read_xml(answer, XmlLimits::default()).map_err(|error| error.to_string())
    } else {
        decode_json(answer.as_bytes(), JsonLimits::default()).map_err(|error| error.to_string())
    };
    let answer = match read {
        Ok(answer) => answer,
        Err(why) => return html! { p.error { "The answer is not read: " (why) } },
    };
    let path = match JsonPath::compile(text.trim()) {
        Ok(path) => path,
        Err(fault) => return problems("path", text.trim(), vec![fault]),
    };
    let reading = if xml { Reading::Xml } else { Reading::Json };
    let budget = budget();
    match path.nodes_as(&answer, reading, &budget) {
        Err(error) => html! { p.error { (error) } },
        Ok(nodes) if nodes.is_empty() => html! {
            p { span.mark.warn { "nothing" } @if let Some(near) = path.missed(&answer, reading, &budget).unwrap_or_default() { " " (labels::with_code(&near)) } }
        },
        Ok(nodes) => html! {
            p { span.mark.good { (nodes.len()) " found" } @if path.is_singular() { span.quiet { " – a singular path, one value at most" } } }
            @for node in nodes.iter().take(MOST) {
                p { span.quiet { (kind_of(Some(node))) } }
                (timeline::text("Found", &format!("{node:#}")))
            }
            @if nodes.len() > MOST { p.quiet { "and " (nodes.len() - MOST) " more" } }
        },
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match decode_json(text.as_bytes(), JsonLimits::default()) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => {
            Err(format!("they are an object with `auth`, `data` and so on, and this is {}", kind_of(Some(&other))))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// As the terminal shows them.
fn problems(name: &str, text: &str, faults: Vec<Fault>) -> Markup {
    let mut problems = Problems::new(Arc::new(Source::new(name, text)));
    for fault in faults {
        problems.add(fault.code, Span::new(fault.at.start, fault.at.end), fault.message).maybe_help(fault.help);
    }
    html! { div.problem { pre tabindex="0" role="group" aria-label="Problems" { (render_text(&problems.finish(), false).trim_end()) } } }
}
