//! Conditions, compiled: data, not a string language.
//!
//! Pure: a condition sees the scope of the call and, where one is at hand, an answer.

use serde_json::Value;

use crate::budget::{Budget, Exhausted};
use crate::content::Content;
use crate::json_path::{JsonPath, PathError};
use crate::keyword::Comparison;
use crate::regular_expression::RegularExpression;
use crate::template::{Reference, RenderError, Scope, Template};
use crate::value::{compare_numbers, deep_equal_within, is_empty, is_present, kind_of, text_of};

/// A condition, ready to be asked.
#[derive(Clone, Debug)]
pub enum Condition {
    /// There and not null.
    Present(Operand),
    /// Not there, or null.
    Absent(Operand),
    /// Absent, null, `""`, `[]` or `{}`.
    Empty(Operand),
    /// The first operand against the second.
    Compare(Comparison, Operand, Second),
    /// The first operand is one of the second's elements.
    In(Operand, Second),
    /// The first operand's text matches somewhere.
    Matches(Operand, RegularExpression),
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// What is asked about.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A reference: a template of one lone path.
    Reference(Template),
    /// Nodes of the answer at hand; any that fits will do.
    Path(JsonPath),
}

/// What it is compared with.
#[derive(Clone, Debug)]
pub enum Second {
    /// A value as written.
    Literal(Value),
    /// `{ ref: vars.y }`
    Reference(Template),
}

/// Why a condition cannot be answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConditionError {
    /// `gt` and its kin take numbers only.
    #[error("`{operator}` compares numbers, but {operand} is {found}{advice}")]
    NotNumbers {
        /// `gt`, `gte`, `lt` or `lte`.
        operator: &'static str,
        /// The operand as written.
        operand: String,
        /// What it is.
        found: &'static str,
        /// What to do, where there is something to say.
        advice: &'static str,
    },
    /// `in` takes a list.
    #[error("`in` looks into a list, but its second operand is {found}")]
    NotAList {
        /// What it is.
        found: &'static str,
    },
    /// The search was too expensive.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The reference cannot be read.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The comparison takes more than the call may.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

impl ConditionError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self {
            Self::Path(error) => error.exhausted(),
            Self::Render(error) => error.exhausted(),
            Self::Exhausted(exhausted) => Some(*exhausted),
            Self::NotNumbers { .. } | Self::NotAList { .. } => None,
        }
    }
}

impl Condition {
    /// Whether it holds.
    ///
    /// # Errors
    /// When an operand is of a type that the operator cannot compare.
    pub fn holds(&self, scope: &Scope<'_>, answer: Option<&Content>) -> Result<bool, ConditionError> {
        let budget = scope.budget();
        budget.charge_steps(1)?;
        match self {
            Self::Present(operand) => any_of(operand, scope, answer, |value| Ok(is_present(value))),
            Self::Absent(operand) => Ok(!any_of(operand, scope, answer, |value| Ok(is_present(value)))?),
            Self::Empty(operand) => Ok(!any_of(operand, scope, answer, |value| Ok(!is_empty(value)))?),
            Self::Compare(comparison, operand, second) => {
                let compare = |second: Option<&Value>| {
                    any_of(operand, scope, answer, |value| compare(*comparison, operand, value, second, budget))
                };
                second.with_value(scope, compare)?
            }
            Self::In(operand, second) => {
                let search = |second: Option<&Value>| match second {
                    Some(Value::Array(items)) => {
                        any_of(operand, scope, answer, |value| Ok(contains(items, value, budget)?))
                    }
                    other => Err(ConditionError::NotAList { found: kind_of(other) }),
                };
                second.with_value(scope, search)?
            }
            Self::Matches(operand, regex) => any_of(operand, scope, answer, |value| {
                let Some(text) = value.and_then(text_of) else { return Ok(false) };
                Ok(regex.is_match(&text, budget)?)
            }),
            Self::All(conditions) => {
                for condition in conditions {
                    if !condition.holds(scope, answer)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(conditions) => {
                for condition in conditions {
                    if condition.holds(scope, answer)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => Ok(!condition.holds(scope, answer)?),
        }
    }

    /// Every path in it.
    pub fn paths(&self) -> Vec<&JsonPath> {
        match self {
            Self::Present(operand)
            | Self::Absent(operand)
            | Self::Empty(operand)
            | Self::Matches(operand, _)
            | Self::Compare(_, operand, _)
            | Self::In(operand, _) => match operand {
                Operand::Path(path) => vec![path],
                Operand::Reference(_) => Vec::new(),
            },
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().flat_map(Self::paths).collect(),
            Self::Not(condition) => condition.paths(),
        }
    }

    /// Every reference in it, with the template that holds it.
    pub fn references(&self) -> Vec<Reference> {
        match self {
            Self::Present(operand) | Self::Absent(operand) | Self::Empty(operand) | Self::Matches(operand, _) => {
                operand.references()
            }
            Self::Compare(_, operand, second) | Self::In(operand, second) => {
                operand.references().into_iter().chain(second.references()).collect()
            }
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().flat_map(Self::references).collect(),
            Self::Not(condition) => condition.references(),
        }
    }
}

impl Operand {
    /// As written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Reference(template) => template.text().trim_start_matches('{').trim_end_matches('}'),
            Self::Path(path) => path.text(),
        }
    }

    fn references(&self) -> Vec<Reference> {
        match self {
            Self::Reference(template) => template.references(),
            Self::Path(_) => Vec::new(),
        }
    }
}

impl Second {
    /// Hands the value on without a copy where it has a place of its own.
    fn with_value<T>(&self, scope: &Scope<'_>, take: impl FnOnce(Option<&Value>) -> T) -> Result<T, RenderError> {
        match self {
            Self::Literal(value) => Ok(take(Some(value))),
            Self::Reference(template) => template.with_value(scope, take),
        }
    }

    fn references(&self) -> Vec<Reference> {
        match self {
            Self::Reference(template) => template.references(),
            Self::Literal(_) => Vec::new(),
        }
    }
}

/// Whether `test` holds for the reference's value, or for any node of the path; for "no node" once with nothing.
fn any_of(
    operand: &Operand,
    scope: &Scope<'_>,
    answer: Option<&Content>,
    test: impl Fn(Option<&Value>) -> Result<bool, ConditionError>,
) -> Result<bool, ConditionError> {
    match operand {
        Operand::Reference(template) => template.with_value(scope, test)?,
        Operand::Path(path) => {
            let nodes = answer.map(|answer| answer.nodes(path, scope.budget())).transpose()?.unwrap_or_default();
            if nodes.is_empty() {
                return test(None);
            }
            for node in nodes {
                scope.budget().charge_steps(1)?;
                if test(Some(node))? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

fn compare(
    comparison: Comparison,
    operand: &Operand,
    value: Option<&Value>,
    second: Option<&Value>,
    budget: &Budget,
) -> Result<bool, ConditionError> {
    use std::cmp::Ordering;
    let holds: fn(Ordering) -> bool = match comparison {
        Comparison::Eq => return Ok(equal(value, second, budget)?),
        Comparison::Ne => return Ok(!equal(value, second, budget)?),
        Comparison::Gt => Ordering::is_gt,
        Comparison::Gte => Ordering::is_ge,
        Comparison::Lt => Ordering::is_lt,
        Comparison::Lte => Ordering::is_le,
    };
    match (value, second) {
        (Some(Value::Number(value)), Some(Value::Number(second))) => {
            budget.charge_steps((value.as_str().len() + second.as_str().len()) / 64)?;
            Ok(holds(compare_numbers(value, second)))
        }
        (Some(Value::Number(_)), _) => Err(ConditionError::NotNumbers {
            operator: operator_name(comparison),
            operand: "the second operand".to_owned(),
            found: kind_of(second),
            advice: advice_on(second),
        }),
        _ => Err(ConditionError::NotNumbers {
            operator: operator_name(comparison),
            operand: format!("`{}`", operand.text()),
            found: kind_of(value),
            advice: if matches!(operand, Operand::Path(_)) { "" } else { advice_on(value) },
        }),
    }
}

fn advice_on(value: Option<&Value>) -> &'static str {
    if is_present(value) {
        "; use `as: number` where it is captured, or `type: number` where it is declared"
    } else {
        "; ask first whether it is `present`, with `all: [ … ]`"
    }
}

fn equal(value: Option<&Value>, second: Option<&Value>, budget: &Budget) -> Result<bool, Exhausted> {
    match (value, second) {
        (Some(value), Some(second)) => deep_equal_within(value, second, budget),
        (None, None) => Ok(true),
        _ => Ok(false),
    }
}

fn contains(items: &[Value], value: Option<&Value>, budget: &Budget) -> Result<bool, Exhausted> {
    let Some(value) = value else { return Ok(false) };
    for item in items {
        if deep_equal_within(item, value, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The key a comparison is written with.
#[must_use]
pub fn operator_name(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => "eq",
        Comparison::Ne => "ne",
        Comparison::Gt => "gt",
        Comparison::Gte => "gte",
        Comparison::Lt => "lt",
        Comparison::Lte => "lte",
    }
}
