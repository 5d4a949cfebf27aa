//! What is served: services, their actions and their problems, and how that changed.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use maud::{Markup, html};

use super::history::Entry;
use super::{Console, labels};
use crate::catalog::{Action, DirectoryState, ServiceDirectory};
use crate::diagnostic::{Diagnostic, render_text};
use crate::server::PageRequest;

impl Console {
    pub(super) fn catalog(&self, request: &PageRequest) -> Markup {
        let catalog = self.operations.live().snapshot();
        let sought = request.query.get("q").map(str::to_lowercase);
        let only = request.query.get("state");
        let mut actions = 0;
        let mut shown = Vec::new();
        for directory in catalog.directories() {
            if only.is_some_and(|only| only != directory.state().as_str()) {
                continue;
            }
            let fits = |action: &&Arc<Action>| sought.as_deref().is_none_or(|sought| is_about(action, sought));
            let fitting: Vec<_> = directory.actions().iter().filter(fits).cloned().collect();
            let named = sought.as_deref().is_none_or(|sought| directory.name().to_lowercase().contains(sought));
            if named || !fitting.is_empty() {
                actions += fitting.len();
                shown.push((Arc::clone(directory), fitting));
            }
        }
        html! {
            h1 { "Catalog" }
            form.filter role="search" data-auto {
                label.unseen for="q" { "Search" }
                input #q type="search" name="q" value=[request.query.get("q")] placeholder="Search actions, services, descriptions" data-search;
                label.unseen for="state" { "State" }
                select #state name="state" {
                    option value="" { "every state" }
                    @for (state, name) in [("live", "live"), ("last_good", "last good kept"), ("broken", "broken")] {
                        option value=(state) selected[only == Some(state)] { (name) }
                    }
                }
                button { "Search" }
            }
            section #found data-live="catalog" data-found {
                p.quiet role="status" {
                    (labels::count(actions, "action")) " in " (labels::count(shown.len(), "service")) ", revision " (catalog.revision())
                }
                @for (directory, fitting) in &shown { (service(directory, fitting)) }
            }
            section #history data-live="catalog" {
                h2 { "History" }
                form method="post" action="/console/reload" { button { "Read all files now" } }
                (history(&self.history.entries(), SystemTime::now()))
            }
        }
    }
}

fn is_about(action: &Action, sought: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(sought);
    holds(action.route())
        || holds(action.title())
        || action.description().is_some_and(holds)
        || holds(action.service_title())
}

fn service(directory: &ServiceDirectory, actions: &[Arc<Action>]) -> Markup {
    let title = directory.service().map_or(labels::service(directory.name()), |service| service.title());
    let errors = directory.errors();
    html! {
        section.service {
            h2 {
                (title) " " (labels::directory_state(directory.state()))
                @if errors > 0 { " " span.mark.bad { (labels::count(errors, "error")) } }
                @if directory.diagnostics().len() > errors { " " span.mark.warn { (labels::count(directory.diagnostics().len() - errors, "warning")) } }
            }
            @match directory.state() {
                DirectoryState::Live => {}
                DirectoryState::LastGood => p { "Its files have errors. What they said before is served on." }
                DirectoryState::Broken => p { "Its files have errors and never were without. None of it is served." }
            }
            @if directory.service().is_some() && let Some(name) = service_file(directory) {
                p { a href=(labels::file_page(&name)) { "service.yaml" } span.quiet { " – what its actions share" } }
            }
            (problems(directory.diagnostics()))
            @if !actions.is_empty() {
                div.scroll tabindex="0" role="group" aria-label={ "Actions of " (title) } {
                    table {
                        thead { tr { th scope="col" { "Action" } th scope="col" { "Route" } th.number scope="col" { "Inputs" } th.number scope="col" { "Tests" } th scope="col" { "File" } } }
                        tbody {
                            @for action in actions {
                                @let input = action.input();
                                tr {
                                    th scope="row" { a href=(labels::action_page(action.route())) { (action.title()) } }
                                    td { code { (action.route()) } }
                                    td.number { (input.auth.len() + input.data.len() + input.meta.len()) }
                                    td.number { (action.tests().len()) }
                                    td { a href=(labels::file_page(action.source().name())) { (action.source().name().rsplit('/').next().unwrap_or_default()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name of the file that the actions of a service share.
pub(super) fn service_file(directory: &ServiceDirectory) -> Option<String> {
    let problems = directory.diagnostics().iter().map(|problem| &problem.source);
    let mut sources = directory.actions().iter().map(|action| action.source()).chain(problems);
    let directory = sources.find_map(|source| Path::new(source.name()).parent())?;
    Some(directory.join("service.yaml").to_string_lossy().into_owned())
}

/// Each as the terminal shows it, with the way to its place.
pub(super) fn problems(problems: &[Diagnostic]) -> Markup {
    html! {
        @for problem in problems {
            @let (line, column) = problem.line_column();
            div.problem {
                a href={ (labels::file_page(problem.source.name())) "#L" (line) } { (problem.source.name()) ":" (line) ":" (column) }
                pre tabindex="0" role="group" aria-label={ (problem.message) } { (render_text(std::slice::from_ref(problem), false).trim_end()) }
            }
        }
    }
}

fn history(entries: &[Entry], now: SystemTime) -> Markup {
    html! {
        ol.history {
            @for entry in entries {
                li {
                    (labels::moment(entry.at, now)) " "
                    strong { "revision " (entry.report.revision) } " "
                    @if entry.report.failed.is_some() {
                        span.mark.bad { "failed" }
                    } @else if entry.report.is_clean() {
                        span.mark.good { "clean" }
                    } @else {
                        span.mark.bad { "with errors" }
                    }
                    (changes("added", &entry.added)) (changes("changed", &entry.changed)) (changes("removed", &entry.removed))
                    @for directory in entry.report.directories.iter().filter(|directory| directory.state != DirectoryState::Live) {
                        " " (labels::service(&directory.name)) " " (labels::directory_state(directory.state))
                    }
                }
            }
        }
    }
}

fn changes(what: &str, routes: &[String]) -> Markup {
    const MOST: usize = 3;
    html! {
        @if !routes.is_empty() {
            " " (what) ": "
            @for route in routes.iter().take(MOST) { code { (route) } " " }
            @if routes.len() > MOST { "and " (routes.len() - MOST) " more" }
        }
    }
}
