//! `apply:`: where a credential goes instead of its default place.

use schemars::JsonSchema;

use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields};
use crate::document::{Node, Text};
use crate::keyword::KeyPlace;

/// Where a credential goes.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["header"] }, { "required": ["query"] }, { "required": ["cookie"] }, { "required": ["field"] }]))]
pub struct ApplyDocument {
    /// Name of the header that carries it.
    #[schemars(extend("examples" = ["X-Session"]))]
    pub header: Option<Text>,
    /// Name of the query parameter that carries it.
    #[schemars(extend("examples" = ["access_token"]))]
    pub query: Option<Text>,
    /// Name of the cookie that carries it.
    #[schemars(extend("examples" = ["session"]))]
    pub cookie: Option<Text>,
    /// Name of the field at the top of the JSON or form body that carries it.
    #[schemars(extend("examples" = ["sessionId"]))]
    pub field: Option<Text>,
    /// What it carries.
    #[schemars(extend("examples" = ["Token {{token.value}}"]))]
    pub value: Text,
}

impl ApplyDocument {
    /// The place and its name.
    #[must_use]
    pub fn place(&self) -> Option<(KeyPlace, &Text)> {
        let places = [
            (KeyPlace::Header, &self.header),
            (KeyPlace::Query, &self.query),
            (KeyPlace::Cookie, &self.cookie),
            (KeyPlace::Field, &self.field),
        ];
        places.into_iter().find_map(|(place, name)| name.as_ref().map(|name| (place, name)))
    }
}

impl Decode for ApplyDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`apply`", problems)?;
        fields.exactly_one(&["header", "query", "cookie", "field"]);
        let (header, query) = (fields.optional("header"), fields.optional("query"));
        let (cookie, field) = (fields.optional("cookie"), fields.optional("field"));
        let value = fields.required("value");
        fields.close();
        Some(Self { header, query, cookie, field, value: value? })
    }
}
