//! A definition's file with its problems where they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};

use super::catalog::{problems, service_file};
use super::{Console, frame, labels};
use crate::catalog::{Catalog, ServiceDirectory};
use crate::diagnostic::{Diagnostic, Severity, Source};

impl Console {
    /// The file of this name, if it is one of the definitions.
    pub(super) fn file(&self, name: &str) -> Option<Markup> {
        let catalog = self.operations.live().snapshot();
        let (directory, text) = found(&catalog, name)?;
        let own: Vec<Diagnostic> =
            directory.diagnostics().iter().filter(|problem| problem.source.name() == name).cloned().collect();
        let mut lines: BTreeMap<usize, Vec<&Diagnostic>> = BTreeMap::new();
        for problem in &own {
            lines.entry(problem.line_column().0).or_default().push(problem);
        }
        let actions = directory.actions().iter().filter(|action| action.source().name() == name);
        Some(html! {
            (frame::heading(&[("/console/catalog", "Catalog"), (&format!("/console/catalog?q={}", directory.name()), labels::service(directory.name()))], name))
            section #file data-live="catalog" {
                p { (labels::directory_state(directory.state())) @for action in actions { " serves " a href=(labels::action_page(action.route())) { (action.route()) } } }
                (problems(&own))
                div.source tabindex="0" role="group" aria-label=(name) {
                    @for (at, line) in text.lines().enumerate() {
                        @let here = lines.get(&(at + 1));
                        div.line id={ "L" (at + 1) } .bad[here.is_some_and(|here| here.iter().any(|problem| problem.severity() == Severity::Error))] .warn[here.is_some()] {
                            a.at href={ "#L" (at + 1) } aria-hidden="true" tabindex="-1" { (at + 1) }
                            code { (yaml_line(line)) }
                        }
                        @for problem in here.into_iter().flatten() {
                            div.note.bad[problem.severity() == Severity::Error].warn[problem.severity() == Severity::Warning] {
                                code aria-hidden="true" { (caret(line, problem)) } " " (labels::with_code(&problem.message))
                                @if let Some(help) = &problem.help { " " em { (labels::with_code(help)) } }
                            }
                        }
                    }
                }
            }
        })
    }
}

/// Blanks up to the place, and a caret below each character of it.
fn caret(line: &str, problem: &Diagnostic) -> String {
    let (first, start) = problem.line_column();
    let (last, end) = problem.source.line_column(problem.span.end);
    let most = line.chars().count() + 1;
    let wide = if first == last { end.saturating_sub(start) } else { most.saturating_sub(start) };
    format!("{}{}", " ".repeat(start.saturating_sub(1)), "^".repeat(wide.clamp(1, most)))
}

/// The text that was read last. Where a directory has no errors, that is the text that is served.
fn found(catalog: &Catalog, name: &str) -> Option<(Arc<ServiceDirectory>, String)> {
    for directory in catalog.directories() {
        let sources = directory.diagnostics().iter().map(|problem| &problem.source);
        let sources = sources.chain(directory.actions().iter().map(|action| action.source()));
        let known: Vec<&Arc<Source>> = sources.collect();
        if let Some(source) = known.iter().find(|source| source.name() == name) {
            return Some((Arc::clone(directory), source.text().to_owned()));
        }
        // Nothing compiled from a service's own file keeps its text.
        if service_file(directory).is_some_and(|file| file == name)
            && directory.service().is_some()
            && let Ok(text) = std::fs::read_to_string(name)
        {
            return Some((Arc::clone(directory), text));
        }
    }
    None
}

/// A line with its key and its comment marked: enough to find one's way.
fn yaml_line(line: &str) -> Markup {
    let body = line.trim_start();
    if body.starts_with('#') {
        return html! { span.comment { (line) } };
    }
    let key = body.strip_prefix("- ").unwrap_or(body);
    let is_key = |end: &usize| key.get(..*end).is_some_and(|name| !name.contains(['"', '\'', '{', '[', ' ']));
    match key.find(':').filter(is_key) {
        Some(end) => {
            let before = line.len() - key.len();
            let (start, rest) = line.split_at_checked(before).unwrap_or(("", line));
            let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
            html! { (start) span.key { (name) } (rest) }
        }
        None => html! { (line) },
    }
}
