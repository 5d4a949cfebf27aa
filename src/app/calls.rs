//! Calls behind the public listener: what they are made of, and who watches them.

use std::sync::Arc;

use http::HeaderMap;

use super::config::Config;
use super::parts::Parts;
use crate::call::{CallContext, CallPermits, CallWatch, Calls, CallsParts, LongWork, TraceContext};
use crate::server::Routing;
use crate::telemetry::Watchers;
use crate::upstream::Network;

impl Parts {
    /// Carries out calls.
    pub(super) fn calls(&self, config: &Config, long_work: LongWork) -> Calls<Network> {
        let limits = &config.calls;
        let (begins, leaves) = (Arc::clone(&self.metrics), Arc::clone(&self.metrics));
        let watchers = Watchers {
            metrics: Arc::clone(&self.metrics),
            recent: Arc::clone(&self.recent),
            traces: self.traces.clone(),
        };
        Calls::new(CallsParts {
            context: CallContext {
                sender: Arc::clone(&self.network),
                shared: Arc::clone(&self.state),
                secrets: Arc::clone(&self.secrets),
                bounds: limits.budget,
            },
            deadlines: config.deadlines.clone(),
            permits: CallPermits::new(limits.calls, limits.calls_per_service, limits.calls_of.clone()),
            long_work: Some(long_work),
            watch: CallWatch {
                begins: Box::new(move || begins.call_begins()),
                leaves: Box::new(move || leaves.call_leaves()),
                ended: Box::new(move |call| watchers.note(call)),
            },
        })
    }

    /// Finds actions in the live catalog, and the traces that requests belong to.
    pub(super) fn routing(&self) -> Routing {
        let (live, traces) = (self.live.clone(), self.traces.clone());
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
}
