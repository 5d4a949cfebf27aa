//! The admin listener: health, readiness, reload, the catalog.
//!
//! What the answers hold stands behind [`Control`]; here are the addresses and methods.

use std::future::Future;
use std::net::SocketAddr;

use http::{Method, Request};
use hyper::body::{Body as _, Incoming};
use serde_json::{Value, json};

use super::handler::Handler;
use super::respond::{Asked, Draft, Response};

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";

/// What an operator can ask and order.
pub trait Control: Send + Sync + 'static {
    /// Whether calls can be served, and the state of every service directory.
    fn readiness(&self) -> (bool, Value);

    /// Reads all definitions anew; whether they were applied, and what was found.
    fn reload(&self) -> impl Future<Output = (bool, Value)> + Send;

    /// The actions that are served, without secrets.
    fn catalog(&self) -> Value;
}

/// Serves what an operator can ask and order.
pub struct Admin<C> {
    control: C,
}

/// The addresses.
#[derive(Clone, Copy)]
enum Page {
    Index,
    Health,
    Readiness,
    Reload,
    Catalog,
}

impl Page {
    fn at(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Index),
            "/healthz" => Some(Self::Health),
            "/readyz" => Some(Self::Readiness),
            "/reload" => Some(Self::Reload),
            "/api/catalog" => Some(Self::Catalog),
            _ => None,
        }
    }

    fn allow(self) -> &'static str {
        match self {
            Self::Reload => WRITE,
            Self::Index | Self::Health | Self::Readiness | Self::Catalog => READ,
        }
    }

    fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

impl<C: Control> Admin<C> {
    /// Serves one control.
    pub fn new(control: C) -> Self {
        Self { control }
    }

    async fn page(&self, page: Page) -> Draft {
        match page {
            Page::Index => Draft::page(index()),
            Page::Health => Draft::page(json!({ "status": "ok" })),
            Page::Readiness => {
                let (ready, state) = self.control.readiness();
                Draft::readiness(ready, state)
            }
            Page::Reload => {
                let (applied, result) = self.control.reload().await;
                Draft::reload(applied, result)
            }
            Page::Catalog => Draft::page(self.control.catalog()),
        }
    }
}

impl<C: Control> Handler for Admin<C> {
    async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response {
        let (parts, body) = request.into_parts();
        let asked = Asked::of(&parts);
        let draft = match Page::at(parts.uri.path()) {
            None => Draft::no_page(),
            Some(page) if !page.allows(&parts.method) => Draft::wrong_method(page.allow()),
            Some(page) => self.page(page).await,
        };
        // No page reads a body.
        let draft = if body.is_end_stream() { draft } else { draft.closing() };
        draft.send(&asked)
    }
}

fn index() -> Value {
    json!({
        "/healthz": "whether the process lives",
        "/readyz": "whether calls can be served, and the state of every service directory",
        "/reload": "POST: reads all definitions anew and answers with the result",
        "/api/catalog": "the actions that are served",
    })
}
