//! Tokens of our own: claims rendered, times and id added, signed.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;

use super::failure::{CallResult, not_built};
use super::frame::{Frame, Progress};
use super::{BuildError, build_value};
use crate::auth::{SigningKey, sign};
use crate::catalog::AssertionPlan;

/// A signed assertion (RFC 7523 §3): it begins now, ends soon and is used once.
pub(super) fn assertion<S>(frame: &Frame<'_, S>, progress: &Progress, plan: &AssertionPlan) -> CallResult<String> {
    let refuse = |error: BuildError| Box::new(not_built(&Arc::from("token"), &error.within("assertion")));
    let (scope, clock) = (frame.scope(progress), &frame.conditions.clock);
    let mut claims = Map::new();
    for (name, structure) in &plan.claims {
        let value = build_value(structure, &scope).map_err(|error| refuse(error.within(name)))?;
        claims.extend(value.map(|value| (name.clone(), value)));
    }
    let now: Timestamp = clock.instant();
    let life = i64::try_from(plan.life.as_secs()).unwrap_or_default();
    claims.insert("iat".to_owned(), now.as_second().into());
    claims.insert("exp".to_owned(), now.as_second().saturating_add(life).into());
    claims.insert("jti".to_owned(), clock.draw_uuid().to_string().into());
    let render = |error| refuse(BuildError::render("key", &error));
    let key = plan.key.string(&scope).map_err(render)?.unwrap_or_default();
    let key_id = match &plan.key_id {
        Some(key_id) => key_id.string(&scope).map_err(render)?,
        None => None,
    };
    let signing = SigningKey { algorithm: plan.algorithm, key: &key, key_id: key_id.as_deref() };
    sign(&claims, &signing).map_err(|error| refuse(BuildError::new("key", error.to_string())))
}
