//! The console: pages for people who would rather look than read.
//!
//! Every page is rendered here, whole, from what the process knows; the script in `assets/` only replaces parts of a page by
//! those of a newer one, so that there is one way of showing a thing and everything works without it, only slower.

mod action;
mod assets;
mod bench;
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

use std::sync::Arc;

use crate::live::Live;
use crate::server::{Asset, PageRequest, PageResponse};
use crate::state::State;
use crate::telemetry::{Metrics, Recent};
use crate::upstream::Network;

pub use bench::Bench;
pub use history::History;
pub use test_runs::TestRuns;

use frame::Here;

/// Shows pages to operators.
pub struct Console {
    /// What is served.
    pub live: Live,
    /// The last calls.
    pub recent: Arc<Recent>,
    /// For how many calls are in hand.
    pub metrics: Arc<Metrics>,
    /// For the hosts that fail.
    pub network: Arc<Network>,
    /// For whether it is away.
    pub state: State,
    /// Tries actions out.
    pub bench: Arc<Bench>,
    /// What the tests of actions came to.
    pub test_runs: TestRuns,
    /// What was served since the start.
    pub history: Arc<History>,
    /// Connections that the public listener takes.
    pub most_connections: usize,
    /// Where actions are called, for example `http://127.0.0.1:8080`, with the base path.
    pub address: String,
}

impl crate::server::Console for Console {
    async fn visit(&self, visit: PageRequest) -> PageResponse {
        let (here, title, content) = match visit.path.as_str() {
            "" => (Here::Overview, "Overview".to_owned(), self.overview(&visit)),
            "catalog" => (Here::Catalog, "Catalog".to_owned(), self.catalog(&visit)),
            "calls" => (Here::Calls, "Calls".to_owned(), self.calls(&visit)),
            "playground" => (Here::Playground, "Playground".to_owned(), playground::page(&visit)),
            "events" => return PageResponse::Events(events::stream(&self.live, &self.recent)),
            "reload" if visit.form.is_some() => {
                self.live.reload().await;
                return PageResponse::See("/console/catalog");
            }
            path => match self.named(path, &visit).await {
                Some((here, title, content)) => (here, title, content),
                None => {
                    return PageResponse::Missing(self.framed(
                        &visit,
                        Here::Nowhere,
                        "Not found",
                        frame::nothing_here(),
                    ));
                }
            },
        };
        PageResponse::Page(self.framed(&visit, here, &title, content))
    }

    fn asset(&self, name: &str) -> Option<Asset> {
        assets::find(name)
    }

    fn sign_in(&self, wrong: bool) -> String {
        frame::sign_in(wrong)
    }
}

impl Console {
    /// Pages of things that have names.
    async fn named(&self, path: &str, visit: &PageRequest) -> Option<(Here, String, maud::Markup)> {
        let (kind, name) = path.split_once('/')?;
        Some(match kind {
            "actions" => {
                let catalog = self.live.snapshot();
                let action = Arc::clone(catalog.find(&format!("/{name}"))?);
                let content = self.action(&action, catalog.revision(), visit).await;
                (Here::Catalog, action.title().to_owned(), content)
            }
            "files" => (Here::Catalog, name.to_owned(), self.file(name)?),
            "calls" => {
                let (number, call) = self.recent.get(name)?;
                (Here::Calls, format!("Call {number}"), self.call(number, &call))
            }
            _ => return None,
        })
    }
}
