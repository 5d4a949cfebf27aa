//! Diagnostics as text with an excerpt and a caret, and as JSON for tools.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Diagnostic, Severity};

/// The problems as a terminal shows them: sentence, `file:line:column`, excerpt with a caret, what to do.
#[must_use]
pub fn render_text(problems: &[Diagnostic], colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&renderer.render(&[report(problem)]));
        text.push_str("\n\n");
    }
    text
}

/// The problems as a JSON array of `{code, severity, message, help, file, line, column, end_line, end_column}`.
#[must_use]
pub fn render_json(problems: &[Diagnostic]) -> Value {
    // Neither a key that is no text nor anything else that JSON cannot hold is in a diagnostic.
    serde_json::to_value(problems).unwrap_or_default()
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.line_column();
        let (end_line, end_column) = self.source.line_column(self.span.end);
        let mut fields = serializer.serialize_struct("Diagnostic", 9)?;
        fields.serialize_field("code", self.code.as_str())?;
        fields.serialize_field("severity", severity_name(self.severity()))?;
        fields.serialize_field("message", &*self.message)?;
        fields.serialize_field("help", &self.help.as_deref())?;
        fields.serialize_field("file", self.source.name())?;
        fields.serialize_field("line", &line)?;
        fields.serialize_field("column", &column)?;
        fields.serialize_field("end_line", &end_line)?;
        fields.serialize_field("end_column", &end_column)?;
        fields.end()
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn report(problem: &Diagnostic) -> annotate_snippets::Group<'_> {
    let level = match problem.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let snippet = Snippet::source(problem.source.text())
        .path(problem.source.name())
        .fold(true)
        .annotation(AnnotationKind::Primary.span(caret(problem)));
    let group = level.primary_title(&*problem.message).id(problem.code.as_str()).element(snippet);
    match &problem.help {
        Some(help) => group.element(Level::HELP.message(&**help)),
        None => group,
    }
}

/// The span, inside the text and on one line, so that a whole block does not become the excerpt.
fn caret(problem: &Diagnostic) -> std::ops::Range<usize> {
    let text = problem.source.text();
    let start = floor_boundary(text, problem.span.start);
    let end = floor_boundary(text, problem.span.end.max(start));
    let line_end = text.get(start..end).and_then(|part| part.find('\n')).map_or(end, |at| start + at);
    start..line_end
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
