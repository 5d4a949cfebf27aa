//! One problem with its place, and the list in which a compile collects them all.

use std::sync::Arc;

use super::{Code, Severity, Source, Span};

/// One problem in one definition file. Cheap to clone: reports and pages show what was found long before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable identifier; tools may match on it.
    pub code: Code,
    /// A full sentence for people; may change between releases.
    pub message: Arc<str>,
    /// What to do, or a near match.
    pub help: Option<Arc<str>>,
    /// The file.
    pub source: Arc<Source>,
    /// The bytes of the file the problem is about.
    pub span: Span,
}

impl Diagnostic {
    /// Whether it stops the definition from being served.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Line and column, both from 1.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.span.start)
    }
}

/// Every problem of one file, in the order found.
#[derive(Debug)]
pub struct Problems {
    source: Arc<Source>,
    found: Vec<Diagnostic>,
    hidden: Vec<Span>,
}

impl Problems {
    /// An empty list for the file `source`.
    #[must_use]
    pub fn new(source: Arc<Source>) -> Self {
        Self { source, found: Vec::new(), hidden: Vec::new() }
    }

    /// The file the problems are about.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Records a problem; the answer takes an optional `.help(…)`.
    pub fn add(&mut self, code: Code, span: Span, message: impl Into<String>) -> Reported<'_> {
        let diagnostic =
            Diagnostic { code, message: message.into().into(), help: None, source: Arc::clone(&self.source), span };
        self.found.push(diagnostic);
        Reported { last: self.found.last_mut() }
    }

    /// Keeps what stands there out of every excerpt.
    pub fn hide(&mut self, span: Span) {
        self.hidden.push(span);
    }

    /// Whether any problem stops the definition from being served.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|problem| problem.severity() == Severity::Error)
    }

    /// Every problem so far, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// Number of errors and warnings so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Every problem, sorted by place.
    #[must_use]
    pub fn finish(mut self) -> Vec<Diagnostic> {
        if !self.hidden.is_empty() {
            let masked = Arc::new(self.source.masked(&self.hidden));
            self.found.iter_mut().for_each(|problem| problem.source = Arc::clone(&masked));
        }
        self.found.sort_by_key(|problem| problem.span.start);
        self.found.dedup();
        self.found
    }
}

/// The problem just recorded.
#[derive(Debug)]
pub struct Reported<'a> {
    last: Option<&'a mut Diagnostic>,
}

impl Reported<'_> {
    /// Adds what to do.
    pub fn help(self, help: impl Into<String>) {
        if let Some(problem) = self.last {
            problem.help = Some(help.into().into());
        }
    }

    /// Adds what to do where there is something to say.
    pub fn maybe_help(self, help: Option<String>) {
        if let Some(problem) = self.last {
            problem.help = help.map(Arc::from);
        }
    }
}
