//! Plans that sign each request, and what they sign it with: time and nonce of the call.

use http::header::HOST;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::{Position, Url};

use super::aws_sigv4::{self, AwsCredentials};
use super::credential::{credential, put};
use super::error::AuthError;
use super::hmac;
use super::oauth1::{self, Oauth1, Stamp};
use crate::catalog::{AwsPlan, HmacPlan, Oauth1Plan, SignedPart};
use crate::secret::Masks;
use crate::template::{Scope, Template};
use crate::upstream::OutboundRequest;

/// Signs the parts that the plan names, as they are sent.
pub(super) fn apply_hmac(
    plan: &HmacPlan,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let now = scope.clock().present();
    let timestamp = Value::from(now.as_second());
    let timestamp_ms = Value::from(now.as_millisecond());
    let nonce = Value::from(scope.clock().draw_uuid().simple().to_string());
    let stamped = scope.clone().with("timestamp", &timestamp).with("timestamp_ms", &timestamp_ms).with("nonce", &nonce);
    let key = credential(&plan.key, scope)?;
    let mut message = Vec::new();
    for (index, part) in plan.parts.iter().enumerate() {
        if index > 0 {
            message.extend_from_slice(plan.separator.as_bytes());
        }
        add_part(part, &stamped, request, &mut message)?;
    }
    let signature = hmac::signature(plan.algorithm, key.as_bytes(), &message, plan.encoding);
    let signature = json!(signature);
    let signed = stamped.with("signature", &signature);
    for header in std::iter::once(&plan.apply).chain(&plan.also) {
        put(header, &signed, request, &mut Masks::default())?;
    }
    if let Some(signature) = signature.as_str() {
        masks.add(signature);
    }
    Ok(())
}

fn add_part(
    part: &SignedPart,
    scope: &Scope<'_>,
    request: &OutboundRequest,
    message: &mut Vec<u8>,
) -> Result<(), AuthError> {
    let url = &request.url;
    match part {
        SignedPart::Method => message.extend_from_slice(request.method.as_str().as_bytes()),
        SignedPart::Url => message.extend_from_slice(url.as_str().as_bytes()),
        SignedPart::Host => message.extend_from_slice(host_of(url, request).as_bytes()),
        SignedPart::Path => message.extend_from_slice(url.path().as_bytes()),
        SignedPart::Query => message.extend_from_slice(url.query().unwrap_or_default().as_bytes()),
        SignedPart::PathAndQuery => {
            message.extend_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
        }
        SignedPart::Body => message.extend_from_slice(&request.body),
        SignedPart::BodySha256 => message.extend_from_slice(hex::encode(digest(&SHA256, &request.body)).as_bytes()),
        SignedPart::Text(template) => {
            message.extend_from_slice(template.string(scope)?.unwrap_or_default().as_bytes());
        }
    }
    Ok(())
}

fn host_of(url: &Url, request: &OutboundRequest) -> String {
    let written = request.headers.get(HOST).and_then(|value| value.to_str().ok());
    written.map_or_else(|| url[Position::BeforeHost..Position::AfterPort].to_owned(), ToOwned::to_owned)
}

/// Signs with OAuth 1.0.
pub(super) fn apply_oauth1(
    plan: &Oauth1Plan,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let consumer_key = credential(&plan.consumer_key, scope)?;
    let consumer_secret = credential(&plan.consumer_secret, scope)?;
    let (token, token_secret) = (optional(plan.token.as_ref(), scope)?, optional(plan.token_secret.as_ref(), scope)?);
    let realm = optional(plan.realm.as_ref(), scope)?;
    let credentials = Oauth1 {
        consumer_key: &consumer_key,
        consumer_secret: &consumer_secret,
        token: token.as_deref(),
        token_secret: token_secret.as_deref(),
        method: plan.method,
        realm: realm.as_deref(),
    };
    let nonce = scope.clock().draw_uuid().simple().to_string();
    let stamp = Stamp { seconds: scope.clock().present().as_second(), nonce: &nonce };
    oauth1::apply(&credentials, &stamp, request, masks)
}

/// Signs with AWS Signature Version 4.
pub(super) fn apply_aws(
    plan: &AwsPlan,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let (id, secret) = (credential(&plan.access_key_id, scope)?, credential(&plan.secret_access_key, scope)?);
    let session_token = optional(plan.session_token.as_ref(), scope)?;
    let (region, service) = (credential(&plan.region, scope)?, credential(&plan.service, scope)?);
    let credentials = AwsCredentials {
        access_key_id: &id,
        secret_access_key: &secret,
        session_token: session_token.as_deref(),
        region: &region,
        service: &service,
    };
    aws_sigv4::apply(&credentials, scope.clock().present(), request, masks)
}

fn optional(template: Option<&Template>, scope: &Scope<'_>) -> Result<Option<String>, AuthError> {
    template.map_or(Ok(None), |template| template.string(scope).map_err(AuthError::from))
}
