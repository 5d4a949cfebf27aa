//! A field of `input:`, which a caller may send.

use schemars::JsonSchema;
use serde_json::Value;

use super::decode::{Decode, Fields, decode_word};
use super::{Kind, Node, Spanned, Text};
use crate::diagnostic::Problems;
use crate::keyword::{FieldFormat, FieldType};

/// One field: its type and what it must satisfy. `{}` or nothing is an optional string.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FieldDocument {
    /// What the value is turned into; `string` if not said.
    #[schemars(rename = "type", extend("default" = "string", "examples" = ["integer"]))]
    pub field_type: Option<Spanned<FieldType>>,
    /// Whether a call without it is refused.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub required: Option<Spanned<bool>>,
    /// The value if none is sent.
    #[schemars(extend("examples" = ["normal"]))]
    pub default: Option<Node>,
    /// The only values allowed.
    #[schemars(rename = "enum", extend("examples" = [["low", "normal", "high"]]))]
    pub allowed: Option<Vec<Node>>,
    /// A regular expression that the whole text must match.
    #[schemars(extend("examples" = ["[A-Z]{2}[0-9]+"]))]
    pub pattern: Option<Text>,
    /// Least number.
    #[schemars(extend("examples" = [0]))]
    pub min: Option<Spanned<serde_json::Number>>,
    /// Greatest number.
    #[schemars(extend("examples" = [100]))]
    pub max: Option<Spanned<serde_json::Number>>,
    /// Least number of characters.
    #[schemars(extend("examples" = [1]))]
    pub min_length: Option<Spanned<u64>>,
    /// Greatest number of characters.
    #[schemars(extend("examples" = [150]))]
    pub max_length: Option<Spanned<u64>>,
    /// Least number of items.
    #[schemars(extend("examples" = [1]))]
    pub min_items: Option<Spanned<u64>>,
    /// Greatest number of items.
    #[schemars(extend("examples" = [20]))]
    pub max_items: Option<Spanned<u64>>,
    /// A well-known form.
    #[schemars(extend("examples" = ["email"]))]
    pub format: Option<Spanned<FieldFormat>>,
    /// Whether it is masked; true for `auth` unless `false` is said.
    #[schemars(extend("examples" = [false]))]
    pub secret: Option<Spanned<bool>>,
    /// The name people see.
    #[schemars(extend("examples" = ["Subject"]))]
    pub label: Option<Text>,
    /// What it is for.
    #[schemars(extend("examples" = ["What the ticket is about."]))]
    pub description: Option<Text>,
    /// A value that fits.
    #[schemars(extend("examples" = ["Broken phone"]))]
    pub example: Option<Node>,
}

impl FieldDocument {
    /// The default as JSON.
    #[must_use]
    pub fn default_value(&self) -> Option<Value> {
        self.default.as_ref().map(Node::to_value)
    }
}

impl Decode for FieldDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if node.kind == Kind::Null {
            return Some(Self::default());
        }
        let mut fields = Fields::open(node, "an input field", problems)?;
        let document = Self {
            field_type: fields.optional("type"),
            required: fields.optional("required"),
            default: fields.optional("default"),
            allowed: fields.optional("enum"),
            pattern: fields.optional("pattern"),
            min: fields.optional("min"),
            max: fields.optional("max"),
            min_length: fields.optional("min_length"),
            max_length: fields.optional("max_length"),
            min_items: fields.optional("min_items"),
            max_items: fields.optional("max_items"),
            format: fields.optional("format"),
            secret: fields.optional("secret"),
            label: fields.optional("label"),
            description: fields.optional("description"),
            example: fields.optional("example"),
        };
        fields.close();
        Some(document)
    }
}

impl Decode for Spanned<FieldType> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("string", FieldType::String),
            ("integer", FieldType::Integer),
            ("number", FieldType::Number),
            ("boolean", FieldType::Boolean),
            ("list", FieldType::List),
            ("object", FieldType::Object),
            ("datetime", FieldType::Datetime),
            ("any", FieldType::Any),
        ];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<FieldFormat> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("email", FieldFormat::Email),
            ("url", FieldFormat::Url),
            ("hostname_label", FieldFormat::HostnameLabel),
            ("phone", FieldFormat::Phone),
        ];
        decode_word(node, &words, problems)
    }
}
