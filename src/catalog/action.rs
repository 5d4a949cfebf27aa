//! One compiled action, and the service it belongs to.

/// What the actions of one directory share, compiled.
#[derive(Debug)]
pub struct Service {
    pub(super) title: String,
}

/// One action, ready to run.
#[derive(Debug)]
pub struct Action {
    pub(super) route: String,
    pub(super) title: String,
}

impl Service {
    /// Name as people know it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl Action {
    /// The path it is served at, for example `/zendesk/create_ticket`; no trailing slash.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Name as people know it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
}
