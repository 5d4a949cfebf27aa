//! Schemas of single values: texts, statuses, durations, sizes.
//!
//! The types exist only here, to say what a key takes; they hold nothing.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::document::{Node, Spanned, Text};

/// `8s`, `500ms`, `1h 30m`, or `null` to forget what an outer level said.
pub(in crate::document) struct DurationText;

/// A number of retries, or `null` to forget what an outer level said.
pub(in crate::document) struct RetryCount;

/// `1MiB`, `500kB`, `1000`, or `null` to forget what an outer level said.
pub(in crate::document) struct SizeText;

/// `1MiB`, `500kB`, `1000`.
pub(in crate::document) struct BytesText;

/// `20/s`, `100/min`, or `null` to forget what an outer level said.
pub(in crate::document) struct RateText;

/// A status or class of statuses, or a list of them.
pub(in crate::document) struct Statuses;

/// `connect`, a status or a class of statuses, or a list of them.
pub(in crate::document) struct Reasons;

/// A single value, or a list of them.
pub(in crate::document) struct OneOrMore<T>(PhantomData<T>);

/// Implements `JsonSchema` for a type whose schema is written where it is used.
macro_rules! inline_schema {
    ($name:ident, |$generator:ident| $schema:expr) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
pub(super) use inline_schema;

inline_schema!(Text, |_generator| json_schema!({ "type": "string" }));

inline_schema!(Node, |_generator| json_schema!({}));

inline_schema!(RateText, |_generator| json_schema!({
    "anyOf": [
        { "type": "string", "pattern": r"^\s*[0-9]+\s*/\s*[0-9]*\s*[A-Za-z]+\s*$" },
        { "const": null },
    ],
}));

inline_schema!(DurationText, |_generator| json_schema!({
    "anyOf": [
        { "type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*[A-Za-zµ]+\s*)+$" },
        { "const": null },
    ],
}));

inline_schema!(RetryCount, |_generator| json_schema!({
    "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 5 }, { "const": null }],
}));

inline_schema!(SizeText, |_generator| json_schema!({
    "anyOf": [
        { "type": "string", "pattern": r"^\s*[0-9]+\s*(([KkMmGg][Ii]?)?[Bb])?\s*$" },
        { "type": "integer", "minimum": 0 },
        { "const": null },
    ],
}));

inline_schema!(BytesText, |_generator| json_schema!({
    "anyOf": [
        { "type": "string", "pattern": r"^\s*[0-9]+\s*(([KkMmGg][Ii]?)?[Bb])?\s*$" },
        { "type": "integer", "minimum": 1 },
    ],
}));

inline_schema!(Statuses, |_generator| one_or_more(json_schema!({
    "anyOf": [status_number(), { "type": "string", "pattern": "^([1-5](xx|XX)|[1-5][0-9][0-9])$" }],
})));

inline_schema!(Reasons, |_generator| one_or_more(json_schema!({
    "anyOf": [status_number(), { "type": "string", "pattern": "^(connect|[1-5](xx|XX)|[1-5][0-9][0-9])$" }],
})));

fn status_number() -> Schema {
    json_schema!({ "type": "integer", "minimum": 100, "maximum": 599 })
}

pub(super) fn one_or_more(single: Schema) -> Schema {
    json_schema!({ "anyOf": [single, { "type": "array", "items": single }] })
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMore{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        one_or_more(generator.subschema_for::<T>())
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
