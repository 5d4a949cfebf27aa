//! What `test` found: for people, for tools, for build servers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::call::Event;
use crate::testing::{Coverage, Covered};

/// Every test that ran.
pub(super) struct Report {
    pub(super) tests: Vec<Tested>,
    pub(super) coverage: Coverage,
}

/// One test.
pub(super) struct Tested {
    pub(super) route: String,
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) took: Duration,
    /// Empty if it passed.
    pub(super) differences: Vec<String>,
    pub(super) events: Vec<Event>,
}

impl Report {
    pub(super) fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.differences.is_empty()).count()
    }
}

/// `ok` and its name; for a failure each place with what was expected above what was found.
pub(super) fn tested_text(test: &Tested, colours: bool) -> String {
    let paint =
        |code: &str, text: &str| if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    if test.differences.is_empty() {
        return format!("{}      {} · {}\n", paint("32", "ok"), test.route, test.name);
    }
    let mut text = format!("{}  {} · {} ({}:{})\n", paint("31", "FAILED"), test.route, test.name, test.file, test.line);
    for difference in &test.differences {
        match difference.split_once(": expected ").and_then(|(place, rest)| Some((place, rest.split_once(", found ")?)))
        {
            Some((place, (expected, found))) if difference.len() > 60 => {
                text.push_str(&format!("          {place}\n"));
                text.push_str(&format!("            {}\n", paint("32", &format!("- {expected}"))));
                text.push_str(&format!("            {}\n", paint("31", &format!("+ {found}"))));
            }
            _ => text.push_str(&format!("          {difference}\n")),
        }
    }
    text
}

/// Each file's share, and what no test reaches.
pub(super) fn coverage_text(files: &[Covered]) -> String {
    let mut text = "\nreached by tests: steps run and skipped, error rules met\n".to_owned();
    for file in files {
        text.push_str(&format!("  {}  {} of {}\n", file.file, file.reached, file.total));
        for (line, what) in &file.missing {
            text.push_str(&format!("    line {line}: never: {what}\n"));
        }
    }
    let (reached, total) =
        files.iter().fold((0, 0), |(reached, total), file| (reached + file.reached, total + file.total));
    text.push_str(&format!("  {reached} of {total} in {} files\n\n", files.len()));
    text
}

/// As an array of tests, each with the requests that were built.
pub(super) fn json_report(report: &Report) -> Value {
    let tests = report.tests.iter().map(|test| {
        let requests = test.events.iter().filter_map(|event| match event {
            Event::Sent(sent) => Some(json!({
                "method": sent.method,
                "url": sent.url,
                "headers": sent.headers.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
                "body": sent.body,
            })),
            _ => None,
        });
        json!({
            "route": test.route,
            "name": test.name,
            "file": test.file,
            "line": test.line,
            "passed": test.differences.is_empty(),
            "differences": test.differences,
            "requests": requests.collect::<Vec<_>>(),
        })
    });
    let coverage = report.coverage.files().into_iter().map(|file| {
        let missing: Vec<Value> =
            file.missing.iter().map(|(line, what)| json!({ "line": line, "what": what })).collect();
        json!({ "file": file.file, "reached": file.reached, "total": file.total, "missing": missing })
    });
    json!({ "tests": tests.collect::<Vec<_>>(), "coverage": coverage.collect::<Vec<_>>() })
}

/// As JUnit's XML, which build servers read; one suite for each action.
pub(super) fn junit(report: &Report) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{}\">\n",
        report.tests.len(),
        report.failed()
    );
    for tests in report.tests.chunk_by(|one, other| one.route == other.route) {
        let failed = tests.iter().filter(|test| !test.differences.is_empty()).count();
        let route = tests.first().map(|test| escaped(&test.route)).unwrap_or_default();
        text.push_str(&format!("  <testsuite name=\"{route}\" tests=\"{}\" failures=\"{failed}\">\n", tests.len()));
        for test in tests {
            let head = format!(
                "    <testcase classname=\"{route}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\"",
                escaped(&test.name),
                escaped(&test.file),
                test.line,
                test.took.as_secs_f64()
            );
            text.push_str(&head);
            match test.differences.first() {
                None => text.push_str("/>\n"),
                Some(first) => text.push_str(&format!(
                    ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                    escaped(first),
                    escaped(&test.differences.join("\n"))
                )),
            }
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Text in XML 1.0; what it cannot hold is replaced.
fn escaped(text: &str) -> String {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let plain: String = text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect();
    quick_xml::escape::escape(&plain).into_owned()
}
