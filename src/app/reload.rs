//! Changes while the program runs: SIGHUP reloads definitions and certificates, certificates are watched, reloads are counted.
//! All of it beside the threads that serve calls.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::service_manager;
use super::signals::Hangups;
use crate::live::Live;
use crate::server::{Certificates, TlsError, TlsFiles};
use crate::telemetry::Metrics;

/// The certificates of the listeners that have one.
#[derive(Clone, Default)]
pub(super) struct ListenerCertificates {
    pub(super) public: Option<Arc<Certificates>>,
    pub(super) admin: Option<Arc<Certificates>>,
}

impl ListenerCertificates {
    pub(super) fn load(public: Option<&TlsFiles>, admin: Option<&TlsFiles>) -> Result<Self, TlsError> {
        let load = |files: Option<&TlsFiles>| files.cloned().map(Certificates::load).transpose();
        Ok(Self { public: load(public)?.map(Arc::new), admin: load(admin)?.map(Arc::new) })
    }

    /// Each with the name of its listener.
    fn all(&self) -> impl Iterator<Item = (&'static str, &Arc<Certificates>)> {
        let all = [("public", &self.public), ("admin", &self.admin)];
        all.into_iter().filter_map(|(name, own)| Some((name, own.as_ref()?)))
    }

    /// Reads their files again.
    fn renew(&self) {
        for (_, certificates) in self.all() {
            certificates.renew();
        }
    }

    /// When they end, by listener.
    pub(super) fn ends(&self) -> Vec<(&'static str, SystemTime)> {
        self.all().filter_map(|(name, certificates)| Some((name, certificates.ends()?))).collect()
    }
}

/// What changes while the program runs.
pub(super) struct Reload {
    pub(super) live: Live,
    pub(super) certificates: ListenerCertificates,
    pub(super) metrics: Arc<Metrics>,
    pub(super) hangups: Hangups,
    /// How often certificates are compared.
    pub(super) poll: Duration,
}

impl Reload {
    /// Begins; ends with the runtime.
    pub(super) fn begin(self) {
        for (_, certificates) in self.certificates.all() {
            tokio::spawn(Arc::clone(certificates).watch(self.poll));
        }
        tokio::spawn(count_reloads(self.live.clone(), self.metrics));
        tokio::spawn(reload_on_hangup(self.hangups, self.live, self.certificates));
    }
}

async fn reload_on_hangup(mut hangups: Hangups, live: Live, certificates: ListenerCertificates) {
    loop {
        hangups.next().await;
        service_manager::reloading();
        live.reload().await;
        let certificates = certificates.clone();
        // Files may lie on a slow disk.
        let _ = tokio::task::spawn_blocking(move || certificates.renew()).await;
        service_manager::ready();
    }
}

async fn count_reloads(live: Live, metrics: Arc<Metrics>) {
    let mut reports = live.reports();
    drop(live);
    while reports.changed().await.is_ok() {
        let (changed, clean, failed) = {
            let report = reports.borrow_and_update();
            (report.changed, report.is_clean(), report.failed.is_some())
        };
        if failed || (changed && !clean) {
            metrics.reload("failed");
        } else if changed {
            metrics.reload("applied");
        }
    }
}
