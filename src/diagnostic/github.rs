//! Diagnostics as commands of a GitHub workflow, which shows them beside the lines of a change.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{Diagnostic, Severity};

/// A line for each problem.
#[must_use]
pub fn render_github(problems: &[Diagnostic]) -> String {
    problems.iter().map(line).collect()
}

fn line(problem: &Diagnostic) -> String {
    let (line, column) = problem.line_column();
    let (end_line, end_column) = problem.source.line_column(problem.span.end);
    let command = match problem.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let help = problem.help.as_deref().map(|help| format!("\n{help}")).unwrap_or_default();
    // Columns are told only where they are those of one line.
    let columns = if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
    format!(
        "::{command} file={},line={line},endLine={end_line}{columns},title={}::{}\n",
        property(problem.source.name()),
        problem.code.as_str(),
        data(&format!("{}{help}", problem.message)),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Code, Source, Span};
    use super::*;

    #[test]
    fn nothing_in_a_message_is_a_command() {
        let problem = Diagnostic {
            code: Code::UnknownKey,
            message: "100% of\n::error::x".into(),
            help: Some("a, b".into()),
            source: Arc::new(Source::new("a,b:c.yaml", "x: 1\n")),
            span: Span::new(0, 1),
        };
        assert_eq!(
            render_github(&[problem]),
            "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=unknown-key::100%25 of%0A::error::x%0Aa, b\n"
        );
    }
}
