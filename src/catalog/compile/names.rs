//! The names that documents declare for templates to use.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{AuthenticationDocument, AuthenticationKind, ErrorRuleDocument, Keyed, StepDocument};

/// Every name that these steps capture, collect or set.
pub(super) fn names_of_steps(steps: &[StepDocument]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |keys: &mut dyn Iterator<Item = &String>| names.extend(keys.cloned());
    for step in steps {
        add(&mut step.set.iter().flat_map(Keyed::iter).map(|(name, _)| &name.value));
        add(&mut step.capture.iter().flat_map(Keyed::iter).map(|(name, _)| &name.value));
        add(&mut step.collect.iter().flat_map(Keyed::iter).map(|(name, _)| &name.value));
        add(&mut accepted(step.errors.as_deref()));
    }
    names
}

/// The names that these error rules capture.
pub(super) fn accepted(rules: Option<&[ErrorRuleDocument]>) -> impl Iterator<Item = &String> {
    let rules = rules.unwrap_or_default().iter();
    rules.filter_map(|rule| rule.accept.as_ref()).flat_map(Keyed::iter).map(|(name, _)| &name.value)
}

/// What an authentication block exports, as far as its document says.
pub(super) fn exports_of(document: Option<&AuthenticationDocument>) -> BTreeMap<String, bool> {
    let token = match document.map(|document| &document.kind) {
        Some(AuthenticationKind::Oauth2(oauth2)) => &oauth2.token,
        Some(AuthenticationKind::Login(login)) => &login.token,
        _ => return BTreeMap::new(),
    };
    let exports = token.export.iter().flat_map(Keyed::iter);
    // `value` is the token itself, and no name for an export.
    let exports = exports.filter(|(name, _)| name.value != "value");
    exports.map(|(name, export)| (name.value.clone(), export.secret.is_none_or(|secret| secret.value))).collect()
}
