//! Calls behind the public listener: what they are made of, and who watches them.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;

use crate::budget::BudgetBounds;
use crate::call::{
    CallContext, CallPermits, CallWatch, Calls, CallsParts, Deadlines, LongWork, SharedState, TraceContext,
};
use crate::live::Live;
use crate::server::Routing;
use crate::telemetry::Watchers;
use crate::upstream::Network;

/// The parts that serving has at hand.
pub(super) struct Bridge {
    pub(super) network: Arc<Network>,
    pub(super) shared: Arc<SharedState>,
    pub(super) secrets: Arc<Value>,
    pub(super) deadlines: Deadlines,
    pub(super) permits: CallPermits,
    pub(super) long_work: LongWork,
    pub(super) watchers: Watchers,
}

impl Bridge {
    /// Calls of these parts.
    pub(super) fn build(self) -> Calls<Network> {
        let context = CallContext {
            sender: self.network,
            shared: self.shared,
            secrets: self.secrets,
            bounds: BudgetBounds::default(),
        };
        let (begun, left, watchers) =
            (Arc::clone(&self.watchers.metrics), Arc::clone(&self.watchers.metrics), self.watchers);
        let watch = CallWatch {
            begins: Box::new(move || begun.call_begins()),
            leaves: Box::new(move || left.call_leaves()),
            ended: Box::new(move |call| watchers.note(call)),
        };
        let long_work = Some(self.long_work);
        Calls::new(CallsParts { context, deadlines: self.deadlines, permits: self.permits, long_work, watch })
    }
}

/// Finds actions in the live catalog, and the traces that requests belong to.
pub(super) fn routing(live: Live, watchers: &Watchers) -> Routing {
    let traces = watchers.traces.clone();
    Routing {
        find: Box::new(move |route| {
            let catalog = live.snapshot();
            let action = Arc::clone(catalog.find(route)?);
            Some((action, Arc::clone(catalog.shared_revision())))
        }),
        trace: Box::new(move |headers: &HeaderMap| {
            let traces = traces.as_ref()?;
            Some(TraceContext::of(headers, || traces.draws()))
        }),
    }
}
