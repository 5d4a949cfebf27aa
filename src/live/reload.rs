//! The one task that replaces the live catalog, and the handle that others read it by.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::report::ReloadReport;
use super::watch::Watch;
use crate::catalog::{Catalog, DirectoryState, Files, LoadError, Operator, ServiceDirectory, build, load_on};
use crate::diagnostic::Severity;

/// How changes are noticed.
#[derive(Clone, Copy, Debug)]
pub struct LiveSettings {
    /// A change is acted on when nothing happened for so long.
    pub quiet: Duration,
    /// A change is acted on after so long, even if more keep coming.
    pub longest: Duration,
    /// Files are compared this often where no events come.
    pub poll: Duration,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self { quiet: Duration::from_millis(100), longest: Duration::from_secs(1), poll: Duration::from_secs(10) }
    }
}

/// The live catalog. Cheap to clone; readers never wait.
#[derive(Clone, Debug)]
pub struct Live {
    current: Arc<ArcSwap<Catalog>>,
    requests: mpsc::Sender<oneshot::Sender<Arc<ReloadReport>>>,
    reports: watch::Receiver<Arc<ReloadReport>>,
}

impl Live {
    /// Serves `first`, and from now on the definitions in `directory`. Ends when every handle is gone.
    #[must_use]
    pub fn start(directory: &Path, operator: Operator, first: Catalog, settings: LiveSettings) -> Self {
        let (requests, received) = mpsc::channel(16);
        let (publish, reports) = watch::channel(Arc::new(ReloadReport::of(&first)));
        let current = Arc::new(ArcSwap::from_pointee(first));
        let changed = Arc::new(Notify::new());
        let watch = Watch::new(directory, Arc::clone(&changed));
        let reloader = Reloader {
            directory: directory.to_owned(),
            operator: Arc::new(operator),
            current: Arc::clone(&current),
            publish,
            changed,
            watch: Some(watch),
            settings,
            files: Files::default(),
            number: 0,
        };
        tokio::spawn(reloader.run(received));
        Self { current, requests, reports }
    }

    /// The catalog to use for one call, from start to end.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Catalog> {
        self.current.load_full()
    }

    /// Reads all files now; the report says what that found.
    pub async fn reload(&self) -> Arc<ReloadReport> {
        let (answer, report) = oneshot::channel();
        if self.requests.send(answer).await.is_ok()
            && let Ok(report) = report.await
        {
            return report;
        }
        self.report()
    }

    /// What the last reload found.
    #[must_use]
    pub fn report(&self) -> Arc<ReloadReport> {
        Arc::clone(&self.reports.borrow())
    }

    /// The reports as they come.
    #[must_use]
    pub fn reports(&self) -> watch::Receiver<Arc<ReloadReport>> {
        self.reports.clone()
    }
}

struct Reloader {
    directory: PathBuf,
    operator: Arc<Operator>,
    current: Arc<ArcSwap<Catalog>>,
    publish: watch::Sender<Arc<ReloadReport>>,
    changed: Arc<Notify>,
    /// None only while a blocking reload holds it.
    watch: Option<Watch>,
    settings: LiveSettings,
    /// What was read last, so that what has not been written to since need not be read again.
    files: Files,
    number: u64,
}

impl Reloader {
    async fn run(mut self, mut requests: mpsc::Receiver<oneshot::Sender<Arc<ReloadReport>>>) {
        // The first round closes the gap between the first reading and the first watch.
        self.reload().await;
        loop {
            let answer = tokio::select! {
                // A request does not wait until the changes pause.
                answer = requests.recv() => match answer {
                    Some(answer) => Some(answer),
                    None => return,
                },
                () = self.settled_change() => None,
                () = tokio::time::sleep(self.settings.poll) => None,
            };
            let report = self.reload().await;
            if let Some(answer) = answer {
                // The receiver may be gone; the reload holds.
                let _ = answer.send(report);
            }
        }
    }

    /// Waits for a change, and then until the changes pause, so that half-written files are seldom read.
    async fn settled_change(&self) {
        self.changed.notified().await;
        let latest = Instant::now() + self.settings.longest;
        loop {
            let quiet = (Instant::now() + self.settings.quiet).min(latest);
            if timeout_at(quiet, self.changed.notified()).await.is_err() || Instant::now() >= latest {
                return;
            }
        }
    }

    /// Load → build → swap, if anything changed.
    async fn reload(&mut self) -> Arc<ReloadReport> {
        let started = Instant::now();
        let (directory, operator, current) =
            (self.directory.clone(), Arc::clone(&self.operator), self.current.load_full());
        let (mut watch, before) = (self.watch.take(), std::mem::take(&mut self.files));
        let built = tokio::task::spawn_blocking(move || {
            if let Some(watch) = watch.as_mut() {
                watch.renew();
            }
            match load_on(&directory, &before) {
                Ok(files) => {
                    let next = build(&files, &operator, Some(&current));
                    (watch, files, Ok(next))
                }
                Err(error) => (watch, before, Err(error)),
            }
        });
        self.number += 1;
        let mut report = match built.await {
            Ok((watch, files, next)) => {
                (self.watch, self.files) = (watch, files);
                self.apply(next)
            }
            // A panic while compiling is a defect of ours; what is served stays.
            Err(_) => {
                self.watch = Some(Watch::new(&self.directory, Arc::clone(&self.changed)));
                self.failed("compiling the definitions ended in a defect of this program")
            }
        };
        report.number = self.number;
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = Arc::new(report);
        self.publish.send_replace(Arc::clone(&report));
        report
    }

    fn apply(&self, next: Result<Catalog, LoadError>) -> ReloadReport {
        let current = self.current.load_full();
        let next = match next {
            Ok(next) => next,
            Err(error) => return self.failed(&error.to_string()),
        };
        if same(&current, &next) {
            return ReloadReport { changed: false, ..ReloadReport::of(&current) };
        }
        let (report, next) = (ReloadReport::of(&next), Arc::new(next));
        // Logged after the swap: a reader of the line may call at once.
        self.current.store(Arc::clone(&next));
        log_changes(&current, &next);
        report
    }

    fn failed(&self, reason: &str) -> ReloadReport {
        let before = self.publish.borrow().failed.clone();
        if before.as_deref() != Some(reason) {
            tracing::error!(reason, "reload failed, what was served is served on");
        }
        let current = self.current.load_full();
        ReloadReport { changed: false, failed: Some(reason.to_owned()), ..ReloadReport::of(&current) }
    }
}

/// Whether nothing that is served, and nothing known of it, differs.
fn same(current: &Catalog, next: &Catalog) -> bool {
    current.directories().count() == next.directories().count()
        && current.directories().zip(next.directories()).all(|(ours, theirs)| same_directory(ours, theirs))
}

fn same_directory(ours: &ServiceDirectory, theirs: &ServiceDirectory) -> bool {
    if std::ptr::eq(ours, theirs) {
        return true;
    }
    let same_actions = ours.actions().len() == theirs.actions().len()
        && ours.actions().iter().zip(theirs.actions()).all(|(ours, theirs)| Arc::ptr_eq(ours, theirs));
    let same_verify = match (ours.verify(), theirs.verify()) {
        (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    ours.name() == theirs.name()
        && same_verify
        && ours.state() == theirs.state()
        && same_actions
        && ours.diagnostics() == theirs.diagnostics()
}

/// Logs what changed; an error that stays is not logged again with every change elsewhere.
fn log_changes(current: &Catalog, next: &Catalog) {
    for directory in next.directories() {
        let before = current.directories().find(|before| before.name() == directory.name());
        if before.is_some_and(|before| same_directory(before, directory)) {
            continue;
        }
        let first = directory.diagnostics().iter().find(|problem| problem.severity() == Severity::Error);
        if let (true, Some(first)) = (directory.state() != DirectoryState::Live, first) {
            let (line, column) = first.line_column();
            tracing::error!(
                service = directory.name(),
                state = directory.state().as_str(),
                errors = directory.errors(),
                first = format!("{}:{line}:{column}: {} [{}]", first.source.name(), first.message, first.code.as_str()),
                "service has errors"
            );
        } else if before.is_some_and(|before| before.state() != DirectoryState::Live) {
            tracing::info!(service = directory.name(), "service recovered");
        }
    }
    tracing::info!(revision = next.revision(), actions = next.count(), "catalog reloaded");
}
