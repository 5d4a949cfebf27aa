//! The action and the input that a command calls.

use std::io::Read;
use std::sync::Arc;

use super::definitions::print_problems;
use crate::call::Envelope;
use crate::call::decode_envelope;
use crate::catalog::{Action, Catalog, TestCase};

/// The action of a route, with or without its first slash.
pub(super) fn find_action<'c>(catalog: &'c Catalog, route: &str) -> Result<&'c Arc<Action>, String> {
    let route = format!("/{}", route.trim_matches('/'));
    if let Some(action) = catalog.find(&route) {
        return Ok(action);
    }
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
    }
    if let Some(service) = route.strip_suffix("/_verify") {
        let reason = "its `service.yaml` has no `verify:`, or there is no such service";
        return Err(format!("`{}` has no check of credentials: {reason}", service.trim_start_matches('/')));
    }
    let routes: Vec<&str> = catalog.actions().into_iter().map(|action| action.route()).collect();
    let near = crate::suggest::did_you_mean(&route, routes.iter().copied())
        .unwrap_or_else(|| "`action-executor list` shows all".to_owned());
    Err(format!("there is no action `{route}`; {near}"))
}

/// The test of this name.
pub(super) fn find_test<'a>(action: &'a Action, name: &str) -> Result<&'a TestCase, String> {
    action.tests().iter().find(|case| case.name == name).ok_or_else(|| {
        let names = action.tests().iter().map(|case| case.name.as_str());
        let near = crate::suggest::did_you_mean(name, names.clone())
            .unwrap_or_else(|| format!("its tests are: {}", names.collect::<Vec<_>>().join(", ")));
        format!("{} has no test `{name}`; {near}", action.route())
    })
}

/// `auth`, `data` and `meta` from a JSON file, or from standard input with `-`.
pub(super) fn read_input(input: &str) -> Result<Envelope, String> {
    let mut bytes = Vec::new();
    let read = if input == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(input).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{input}: {error}"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Envelope::default());
    }
    decode_envelope(&bytes).map_err(|error| format!("{input}: {error}"))
}
