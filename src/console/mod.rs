//! The console: the admin operations as pages, for people.
//!
//! Every page is rendered here, whole. The script in `assets/` only replaces parts of a page by those of a newer one, so each
//! thing is shown in one way, and everything works without the script, only slower.
//! Pages are made on the runtime of the admin listener, never on a thread that serves calls.

mod action;
mod assets;
mod calls;
mod catalog;
mod chart;
mod events;
mod figures;
mod file;
mod form;
mod frame;
mod history;
mod labels;
mod overview;
mod playground;
mod test_runs;
mod timeline;
mod try_runner;

use std::sync::Arc;

use crate::operations::Operations;
use crate::server::{PageRequest, PageResponse, Pages};

pub use history::History;
pub use test_runs::TestRuns;
pub use try_runner::TryRunner;

use frame::Here;

/// Shows pages to operators.
pub struct Console {
    /// What operators may ask and order.
    pub operations: Arc<Operations>,
    /// Tries actions out.
    pub try_runner: Arc<TryRunner>,
    /// Results of the tests of actions.
    pub test_runs: TestRuns,
    /// What was served since the start.
    pub history: Arc<History>,
    /// Connections that the public listener takes.
    pub most_connections: usize,
    /// Where actions are called, for example `http://127.0.0.1:8080`, with the base path.
    pub address: String,
}

impl Console {
    /// Its pages, for the admin listener.
    #[must_use]
    pub fn pages(self) -> Pages {
        let console = Arc::new(self);
        Pages {
            page: Box::new(move |request| {
                let console = Arc::clone(&console);
                Box::pin(async move { console.page(request).await })
            }),
            asset: assets::find,
            sign_in: frame::sign_in,
        }
    }

    async fn page(&self, request: PageRequest) -> PageResponse {
        let (here, title, content) = match request.path.as_str() {
            "" => (Here::Overview, "Overview".to_owned(), self.overview(&request)),
            "catalog" => (Here::Catalog, "Catalog".to_owned(), self.catalog(&request)),
            "calls" => (Here::Calls, "Calls".to_owned(), self.calls(&request)),
            "playground" => (Here::Playground, "Playground".to_owned(), playground::page(&request)),
            "events" => {
                return PageResponse::Events(events::stream(self.operations.live(), self.operations.recent()));
            }
            "reload" if request.form.is_some() => {
                self.operations.reload().await;
                return PageResponse::See("/console/catalog");
            }
            path => match self.named(path, &request).await {
                Some((here, title, content)) => (here, title, content),
                None => {
                    let content = frame::nothing_here();
                    return PageResponse::Missing(self.framed(&request, Here::Nowhere, "Not found", content));
                }
            },
        };
        PageResponse::Page(self.framed(&request, here, &title, content))
    }

    /// Pages of things that have names.
    async fn named(&self, path: &str, request: &PageRequest) -> Option<(Here, String, maud::Markup)> {
        let (kind, name) = path.split_once('/')?;
        Some(match kind {
            "actions" => {
                let catalog = self.operations.live().snapshot();
                let action = Arc::clone(catalog.find(&format!("/{name}"))?);
                let content = self.action(&action, catalog.revision(), request).await;
                (Here::Catalog, action.title().to_owned(), content)
            }
            "files" => (Here::Catalog, name.to_owned(), self.file(name)?),
            "calls" => {
                let (number, call) = self.operations.recent().get(name)?;
                (Here::Calls, format!("Call {number}"), self.call(number, &call))
            }
            _ => return None,
        })
    }
}
