//! The credentials that a definition writes, rendered. They come from the scope.

use super::error::AuthError;
use super::place;
use crate::catalog::Apply;
use crate::secret::Masks;
use crate::template::{Scope, Template};
use crate::upstream::OutboundRequest;

/// Renders a credential and puts it where it goes.
pub(super) fn put(
    apply: &Apply,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let text = credential(&apply.value, scope)?;
    masks.add(&text);
    place::put(apply.place, &apply.name, &text, request)
}

pub(super) fn credential(template: &Template, scope: &Scope<'_>) -> Result<String, AuthError> {
    template.string(scope)?.ok_or_else(|| AuthError::Absent(template.text().to_owned()))
}
