//! The page of each address.

use std::sync::Arc;

use super::frame::{self, Here};
use super::parts::Console;
use super::{assets, events, playground};
use crate::server::{PageRequest, PageResponse, Pages};

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
