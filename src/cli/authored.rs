//! What the program wrote: put in its place without replacing anything, then checked and tried at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::Exit;
use super::arguments::{AuthoringArguments, DefinitionArguments};
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::authoring::sample::ExistingService;
use crate::authoring::{ActionDraft, DraftFile, ServiceDraft};
use crate::diagnostic::{Severity, Source};
use crate::document::read_foreign_yaml;
use crate::testing::run_case;

/// Writes, or prints, a service and its actions; then checks them and runs their tests.
pub(super) fn place(
    service: &str,
    draft: &ServiceDraft,
    actions: &[ActionDraft],
    arguments: &AuthoringArguments,
) -> Exit {
    let files: Vec<DraftFile> = actions.iter().map(ActionDraft::to_file).collect();
    let service_file = draft.to_file();
    if arguments.print {
        let is_there = directory(service, &arguments.definitions).join("service.yaml").exists();
        let shown = (!is_there).then_some(&service_file).into_iter().chain(&files);
        shown.for_each(|file| say(format_args!("# {service}/{}\n{}", file.name, file.text)));
        return Exit::Ok;
    }
    match write(&directory(service, &arguments.definitions), &service_file, &files, arguments.force) {
        Ok(written) => written.iter().for_each(|path| say(format_args!("wrote {}", path.display()))),
        Err(reason) => {
            complain(format_args!("error: {reason}"));
            return Exit::Failed;
        }
    }
    let routes: Vec<String> = actions.iter().map(|action| format!("/{service}/{}", action.name)).collect();
    try_out(service, &routes, &arguments.definitions)
}

fn directory(service: &str, definitions: &DefinitionArguments) -> PathBuf {
    definitions.actions.join(service)
}

/// Nothing is written if anything is in the way.
fn write(directory: &Path, service: &DraftFile, actions: &[DraftFile], force: bool) -> Result<Vec<PathBuf>, String> {
    if !force && let Some(file) = actions.iter().find(|file| directory.join(&file.name).exists()) {
        let path = directory.join(&file.name);
        return Err(format!(
            "{} is there already; `--force` replaces it, `--action` gives another name",
            path.display()
        ));
    }
    std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let new_service = (!directory.join("service.yaml").exists()).then_some(service);
    let mut written = Vec::new();
    for file in new_service.into_iter().chain(actions) {
        let path = directory.join(&file.name);
        std::fs::write(&path, &file.text).map_err(|error| format!("{}: {error}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// Says what `check` and `test` say of these actions.
pub(super) fn try_out(service: &str, routes: &[String], definitions: &DefinitionArguments) -> Exit {
    let catalog = author(definitions).and_then(|operator| catalog(definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    let Some(unit) = catalog.directories().find(|unit| unit.name() == service) else { return Exit::Failed };
    let problems = unit.diagnostics();
    if !problems.is_empty() {
        print_problems(problems);
    }
    if problems.iter().any(|problem| problem.severity() == Severity::Error) {
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
    for action in unit.actions().iter().filter(|action| routes.iter().any(|route| route == action.route())) {
        for case in action.tests() {
            let differences = runtime.block_on(run_case(action, case)).differences;
            if differences.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            say(format_args!("FAILED  {} · {}", action.route(), case.name));
            differences.iter().for_each(|line| say(format_args!("          {line}")));
        }
    }
    say(format_args!("{passed} passed, {failed} failed"));
    if failed == 0 { Exit::Ok } else { Exit::Failed }
}

/// What is known of a service that has a file already.
pub(super) fn existing(service: &str, definitions: &DefinitionArguments) -> Option<ExistingService> {
    let path = directory(service, definitions).join("service.yaml");
    let text = std::fs::read_to_string(&path).ok()?;
    let (value, _) = read_foreign_yaml(Arc::new(Source::new(path.display().to_string(), text)));
    let value = value?;
    let base_url = value.get("base_url")?.as_str()?.to_owned();
    let authentication = value.pointer("/authentication/type").and_then(Value::as_str).map(str::to_owned);
    let catalog = author(definitions).and_then(|operator| catalog(definitions, &operator)).ok()?;
    let unit = catalog.directories().find(|unit| unit.name() == service)?;
    let tests = unit.actions().iter().flat_map(|action| action.tests());
    let auth = tests
        .map(|test| {
            let [auth, _, _] = &test.input;
            auth.clone()
        })
        .find(Value::is_object);
    Some(ExistingService { base_url, auth: auth.unwrap_or_default(), authentication })
}
