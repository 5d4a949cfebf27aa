//! `input:`: the fields a caller may send.

use schemars::JsonSchema;

use super::decode::{Decode, Fields};
use super::field::FieldDocument;
use super::schema::InputFields;
use super::{Keyed, Node};
use crate::diagnostic::Problems;

/// The fields of `auth`, `data` and `meta` that templates may use.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InputDocument {
    /// Credentials and account facts; in `service.yaml`, an action may add to it.
    #[schemars(with = "Option<InputFields>", extend("examples" = [{"token": {"required": true}}]))]
    pub auth: Option<FieldsDocument>,
    /// What the automation fills in.
    #[schemars(with = "Option<InputFields>", extend("examples" = [{"subject": {"required": true, "max_length": 150}, "tags": {"type": "list"}}]))]
    pub data: Option<FieldsDocument>,
    /// What Talkdesk knows of the contact and the agent.
    #[schemars(with = "Option<InputFields>", extend("examples" = [{"contact_external_id": {}}]))]
    pub meta: Option<FieldsDocument>,
}

/// Fields by name.
pub type FieldsDocument = Keyed<FieldDocument>;

impl Decode for InputDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`input`", problems)?;
        let document =
            Self { auth: fields.optional("auth"), data: fields.optional("data"), meta: fields.optional("meta") };
        fields.close();
        Some(document)
    }
}
