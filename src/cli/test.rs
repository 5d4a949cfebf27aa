//! `test`: every action's examples, offline.

use std::io::IsTerminal;
use std::time::Instant;

use super::Exit;
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, progress, say, takes_colours};
use super::test_arguments::{TestArguments, TestFormat};
use super::test_report::{Report, Tested, coverage_text, json_report, junit, tested_text};
use super::test_watch::{stamps, wait_for_change};
use crate::catalog::Catalog;
use crate::testing::{Coverage, run_case};

/// From this many tests on, a terminal shows progress.
const LONG_WORK: usize = 200;

pub(super) fn test(arguments: &TestArguments) -> Exit {
    if !arguments.watch {
        return test_once(arguments);
    }
    let directory = &arguments.definitions.actions;
    loop {
        let before = stamps(directory);
        if std::io::stdout().is_terminal() {
            // Clears the screen and what has scrolled away.
            say("\u{1b}[2J\u{1b}[3J\u{1b}[H");
        }
        test_once(arguments);
        complain(format_args!("waiting for changes in {}; Ctrl-C ends it", directory.display()));
        wait_for_change(directory, &before);
    }
}

fn test_once(arguments: &TestArguments) -> Exit {
    let definitions = &arguments.definitions;
    let catalog = author(definitions).and_then(|operator| catalog(definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
        return Exit::Definitions;
    }
    let report = match run_all(&catalog, arguments) {
        Ok(report) => report,
        Err(error) => {
            complain(format_args!("error: the runtime cannot start: {error}"));
            return Exit::Failed;
        }
    };
    if let Some(path) = &arguments.junit
        && let Err(error) = std::fs::write(path, junit(&report))
    {
        complain(format_args!("error: {}: {error}", path.display()));
        return Exit::Failed;
    }
    let failed = report.failed();
    if arguments.format == TestFormat::Json {
        say(format_args!("{:#}", json_report(&report)));
    } else if report.tests.is_empty() {
        say("no tests match");
    } else {
        if arguments.coverage {
            say(coverage_text(&report.coverage.files()).trim_end());
        }
        say(format_args!("{} passed, {failed} failed", report.tests.len() - failed));
    }
    if failed == 0 && !report.tests.is_empty() { Exit::Ok } else { Exit::Failed }
}

fn run_all(catalog: &Catalog, arguments: &TestArguments) -> std::io::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let colours = takes_colours(&std::io::stdout());
    let mut report = Report { tests: Vec::new(), coverage: Coverage::default() };
    let checks = catalog.directories().filter_map(|directory| directory.verify());
    let actions: Vec<_> = catalog
        .actions()
        .into_iter()
        .chain(checks)
        .filter(|action| {
            arguments.routes.is_empty() || arguments.routes.iter().any(|part| action.route().contains(part.as_str()))
        })
        .collect();
    let all: usize = actions.iter().map(|action| action.tests().len()).sum();
    let shows_progress = all >= LONG_WORK && std::io::stderr().is_terminal();
    for action in actions {
        report.coverage.add(action, &[]);
        for case in action.tests() {
            if arguments.name.as_ref().is_some_and(|name| !case.name.contains(name.as_str())) {
                continue;
            }
            let began = Instant::now();
            let ran = runtime.block_on(run_case(action, case));
            report.coverage.add(action, &ran.events);
            let tested = Tested {
                route: action.route().to_owned(),
                name: case.name.clone(),
                file: action.source().name().to_owned(),
                line: case.line,
                took: began.elapsed(),
                differences: ran.differences,
                events: ran.events,
            };
            let quiet = arguments.format == TestFormat::Json || (arguments.quiet && tested.differences.is_empty());
            if !quiet {
                say(tested_text(&tested, colours).trim_end());
            }
            report.tests.push(tested);
            if shows_progress && report.tests.len().is_multiple_of(20) {
                progress(format_args!("{} of {all}", report.tests.len()));
            }
        }
    }
    Ok(report)
}
