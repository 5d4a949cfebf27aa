//! The arguments of one call of a helper, with the checks that every helper needs.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::error::HelperError;
use crate::budget::Budget;
use crate::template::scope::CallClock;
use crate::value::{deep_size, kind_of, text_of};

/// The arguments of one call; an absent value is `None`.
pub(in crate::template) struct Arguments<'a> {
    pub(in crate::template) values: Vec<Option<Cow<'a, Value>>>,
    pub(in crate::template) named: Vec<(&'a str, Option<Cow<'a, Value>>)>,
    pub(in crate::template) clock: &'a CallClock,
    pub(in crate::template) budget: &'a Budget,
}

impl Arguments<'_> {
    /// The argument at `index`, from 0; null is a value.
    pub(super) fn value(&self, index: usize) -> Option<&Value> {
        self.values.get(index).and_then(|value| value.as_deref())
    }

    /// The argument at `index` unless it is absent or null.
    pub(super) fn present(&self, index: usize) -> Option<&Value> {
        self.value(index).filter(|value| !value.is_null())
    }

    /// How many arguments were given.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument at `index` as text; `None` if it is absent or null.
    pub(super) fn text(&self, index: usize) -> Result<Option<String>, HelperError> {
        self.present(index).map(|value| as_text(value, index)).transpose()
    }

    /// The argument at `index` as text; an error if it is absent or null.
    pub(super) fn needed_text(&self, index: usize) -> Result<String, HelperError> {
        self.text(index)?.ok_or_else(|| HelperError::new(format!("needs its argument {}, which is absent", index + 1)))
    }

    /// The argument at `index` as a number, also from its digits; `None` if it is absent or null.
    pub(super) fn number(&self, index: usize) -> Result<Option<Number>, HelperError> {
        self.present(index).map(|value| as_number(value, index)).transpose()
    }

    /// The argument at `index` as a count; an error if it is absent or no whole number.
    pub(super) fn count(&self, index: usize) -> Result<usize, HelperError> {
        let number = self.number(index)?.and_then(|number| number.to_string().parse().ok());
        number.ok_or_else(|| HelperError::new(format!("needs a whole number as its argument {}", index + 1)))
    }

    /// The argument at `index` as a list; `None` if it is absent or null.
    pub(super) fn list(&self, index: usize) -> Result<Option<&Vec<Value>>, HelperError> {
        match self.present(index) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong(index, "a list", other)),
        }
    }

    /// A named argument as text.
    pub(super) fn named_text(&self, name: &str) -> Result<Option<String>, HelperError> {
        let value = self.named_value(name).filter(|value| !value.is_null());
        value
            .map(|value| {
                text_of(value)
                    .map(Cow::into_owned)
                    .ok_or_else(|| HelperError::new(format!("needs text for `{name}`, found {}", kind_of(Some(value)))))
            })
            .transpose()
    }

    /// A named argument.
    pub(super) fn named_value(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_deref())
    }

    /// The call's instant and source of ids.
    pub(super) fn clock(&self) -> &CallClock {
        self.clock
    }

    /// The account of the call. What a helper gives is charged when it has given it; what may be far larger than its
    /// arguments is asked for before.
    pub(super) fn budget(&self) -> &Budget {
        self.budget
    }

    /// Refuses to make so many bytes if the call may not.
    pub(super) fn afford(&self, bytes: usize) -> Result<(), HelperError> {
        Ok(self.budget.afford_bytes(bytes)?)
    }

    /// Refuses to make so many nodes, or to look at them, if the call may not.
    pub(super) fn visit(&self, nodes: usize) -> Result<(), HelperError> {
        Ok(self.budget.charge_steps(nodes)?)
    }

    /// A copy of an argument, or of a part of one.
    pub(super) fn copy(&self, value: Option<&Value>) -> Result<Option<Value>, HelperError> {
        value.map(|value| self.afford(deep_size(value)).map(|()| value.clone())).transpose()
    }
}

/// Applies `change` to the first argument's text; absent stays absent.
pub(super) fn map_text(
    arguments: &Arguments<'_>,
    change: impl FnOnce(&str) -> Result<String, HelperError>,
) -> Result<Option<Value>, HelperError> {
    arguments.text(0)?.map(|text| change(&text).map(Value::String)).transpose()
}

/// The error for an argument of the wrong type.
pub(super) fn wrong(index: usize, wanted: &str, found: &Value) -> HelperError {
    HelperError::new(format!("takes {wanted} as its argument {}, found {}", index + 1, kind_of(Some(found))))
}

fn as_text(value: &Value, index: usize) -> Result<String, HelperError> {
    text_of(value).map(Cow::into_owned).ok_or_else(|| wrong(index, "text", value))
}

fn as_number(value: &Value, index: usize) -> Result<Number, HelperError> {
    let number = match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => match serde_json::from_str(text.trim()) {
            Ok(Value::Number(number)) => Some(number),
            _ => None,
        },
        _ => None,
    };
    number.ok_or_else(|| wrong(index, "a number", value))
}
