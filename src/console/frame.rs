//! The frame of every page: head, navigation, banners.

use maud::{DOCTYPE, Markup, html};

use super::{Console, labels};
use crate::catalog::DirectoryState;
use crate::diagnostic::Severity;
use crate::operations::SharedStateHealth;
use crate::server::{PageRequest, SignIn};

/// The part of the console that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    Overview,
    Catalog,
    Calls,
    Playground,
    Nowhere,
}

const PARTS: [(Here, &str, &str, &str); 4] = [
    (Here::Overview, "/console/", "Overview", "o"),
    (Here::Catalog, "/console/catalog", "Catalog", "c"),
    (Here::Calls, "/console/calls", "Calls", "l"),
    (Here::Playground, "/console/playground", "Playground", "p"),
];

impl Console {
    /// A whole page.
    pub(super) fn framed(&self, request: &PageRequest, here: Here, title: &str, content: Markup) -> String {
        let page = document(
            title,
            html! {
                a.skip href="#content" { "Skip to the content" }
                header.top {
                    a.brand href="/console/" { img src="/console/assets/icon.svg" alt="" width="24" height="24"; span { "Action Executor" } }
                    nav aria-label="Parts" {
                        @for (part, address, name, key) in PARTS {
                            a href=(address) data-key=(key) aria-current=[(part == here).then_some("page")] { (name) }
                        }
                    }
                    div.tools {
                        span #live-state role="status" title="Whether this page follows what happens" {}
                        button type="button" #theme aria-label="Light or dark" title="Light or dark (t)" { "◐" }
                        button type="button" #keys-open aria-label="Keys" title="Keys (?)" { "?" }
                        @if request.signed_in {
                            form method="post" action="/console/sign-out" { button { "Sign out" } }
                        }
                    }
                }
                div #banner data-live="catalog" role="alert" { (self.banner()) }
                div #toast role="status" aria-live="polite" {}
                main #content tabindex="-1" { (content) }
                dialog #keys aria-label="Keys" {
                    h2 { "Keys" }
                    dl {
                        div { dt { kbd { "/" } } dd { "search or filter" } }
                        @for (_, _, name, key) in PARTS { div { dt { kbd { "g" } " " kbd { (key) } } dd { (name) } } }
                        div { dt { kbd { "j" } " " kbd { "k" } } dd { "next, previous row" } }
                        div { dt { kbd { "t" } } dd { "light or dark" } }
                        div { dt { kbd { "?" } } dd { "these keys" } }
                    }
                    form method="dialog" { button { "Close" } }
                }
            },
        );
        page.into_string()
    }

    /// Problems that every page shows; nothing if all is well.
    fn banner(&self) -> Markup {
        let report = self.operations.live().report();
        let unwell: Vec<_> =
            report.directories.iter().filter(|directory| directory.state != DirectoryState::Live).collect();
        let first = report.diagnostics.iter().find(|problem| problem.severity() == Severity::Error);
        html! {
            @if let Some(failed) = &report.failed {
                p.banner.bad { strong { "Reload failed" } " — what was served is served on. " (failed) }
            } @else if !unwell.is_empty() {
                p.banner.bad {
                    strong { "Reload failed for " (labels::count(unwell.len(), "service")) }
                    ": "
                    @for (at, directory) in unwell.iter().enumerate() {
                        @if at > 0 { ", " }
                        (labels::service(&directory.name)) " " (labels::directory_state(directory.state))
                    }
                    ". "
                    @if let Some(first) = first {
                        a href={ (labels::file_page(first.source.name())) "#L" (first.line_column().0) } {
                            (first.source.name()) ":" (first.line_column().0) ":" (first.line_column().1)
                        }
                        " " (labels::with_code(&first.message))
                    }
                }
            }
            @if self.operations.state() == SharedStateHealth::Away {
                p.banner.warn { strong { "The shared state is away" } " — tokens, limits and remembered calls are kept by this process alone until it is back." }
            }
        }
    }
}

/// The page that asks for the token.
pub(super) fn sign_in(why: SignIn) -> String {
    let wrong = why == SignIn::WrongToken;
    let page = document(
        "Sign in",
        html! {
            main.sign-in #content {
                img src="/console/assets/icon.svg" alt="" width="48" height="48";
                h1 { "Action Executor" }
                form method="post" action="/console/sign-in" {
                    label for="token" { "Admin token" }
                    input #token type="password" name="token" required autofocus autocomplete="current-password"
                        aria-describedby=[wrong.then_some("wrong")] aria-invalid=[wrong.then_some("true")];
                    @if wrong { p.error #wrong role="alert" { "That is not the admin token." } }
                    button.primary { "Sign in" }
                }
                p.quiet { "It is what " code { "--admin-token" } " or " code { "admin_token" } " in the settings names." }
            }
        },
    );
    page.into_string()
}

/// The content of a page that is not there.
pub(super) fn nothing_here() -> Markup {
    html! {
        h1 { "Nothing here" }
        p { "An action that is gone, a call that is forgotten, or an address that never was. " a href="/console/catalog" { "The catalog" } " has what is served." }
    }
}

/// A title with the pages above it.
pub(super) fn heading(above: &[(&str, &str)], title: &str) -> Markup {
    html! {
        nav.crumbs aria-label="Above" {
            @for (address, name) in above { a href=(address) { (name) } " / " }
        }
        h1 { (title) }
    }
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · Action Executor" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="/console/assets/icon.svg";
                link rel="stylesheet" href="/console/assets/console.css";
                script src="/console/assets/console.js" {}
            }
            body { (body) }
        }
    }
}
