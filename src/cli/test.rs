//! `test`: every action's examples, offline.

use super::Exit;
use super::arguments::TestArguments;
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::rehearsal::run_case;

pub(super) fn test(arguments: &TestArguments) -> Exit {
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
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("error: the runtime cannot start: {error}"));
            return Exit::Failed;
        }
    };
    let (mut passed, mut failed) = (0, 0);
    let checks = catalog.units().filter_map(|unit| unit.verify());
    for action in catalog.actions().into_iter().chain(checks) {
        let wanted =
            arguments.routes.is_empty() || arguments.routes.iter().any(|part| action.route().contains(part.as_str()));
        for case in action.tests().iter().filter(|_| wanted) {
            if arguments.name.as_ref().is_some_and(|name| !case.name.contains(name.as_str())) {
                continue;
            }
            let problems = runtime.block_on(run_case(action, case));
            if problems.is_empty() {
                passed += 1;
                say(format_args!("ok      {} · {}", action.route(), case.name));
            } else {
                failed += 1;
                say(format_args!(
                    "FAILED  {} · {} ({}:{})",
                    action.route(),
                    case.name,
                    action.source().name(),
                    case.line
                ));
                problems.iter().for_each(|problem| say(format_args!("          {problem}")));
            }
        }
    }
    if passed + failed == 0 {
        say(format_args!("no tests match"));
        return Exit::Failed;
    }
    say(format_args!("{passed} passed, {failed} failed"));
    if failed == 0 { Exit::Ok } else { Exit::Failed }
}
