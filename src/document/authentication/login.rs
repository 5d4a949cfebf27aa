//! `type: login`: ordinary steps that end in a token.

use super::{ApplyDocument, ExpiryDocument, TokenDocument};
use crate::document::StepDocument;
use crate::document::decode::Fields;

/// The keys of `type: login`.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginDocument {
    /// What to do, top to bottom; captures are their own.
    pub steps: Vec<StepDocument>,
    /// What is kept.
    pub token: TokenDocument,
    /// Which answers say that the token is no longer good.
    pub expired_when: Option<ExpiryDocument>,
    /// Where the token goes.
    pub apply: Option<ApplyDocument>,
}

impl LoginDocument {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (steps, token) = (fields.required("steps"), fields.required("token"));
        let (expired_when, apply) = (fields.optional("expired_when"), fields.optional("apply"));
        Some(Self { steps: steps?, token: token?, expired_when, apply })
    }
}
