//! Whether a node passes a filter (RFC 9535, sections 2.3.5 and 2.4).
//!
//! Types were checked when the path was parsed; here everything has a result.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::evaluate::{Evaluation, PathError};
use super::pattern::compile;
use super::query::{Extent, Operand, Operator, Pattern, Test};
use crate::regular_expression::RegularExpression;
use crate::value::{compare_numbers, deep_equal_within};

/// What compiling a pattern costs, in visited nodes.
const COMPILE_STEPS: usize = 1000;

impl<'v> Evaluation<'v, '_> {
    pub(super) fn holds(&mut self, test: &Test, current: &'v Value) -> Result<bool, PathError> {
        self.charge(1)?;
        match test {
            Test::Any(tests) => {
                for test in tests {
                    if self.holds(test, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::All(tests) => {
                for test in tests {
                    if !self.holds(test, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => Ok(!self.holds(test, current)?),
            Test::Exists(query) if query.is_singular() => {
                Ok(self.single(&query.segments, self.origin(query, current))?.is_some())
            }
            Test::Exists(query) => Ok(!self.nodes(&query.segments, self.origin(query, current))?.is_empty()),
            Test::Matches { text, pattern, extent } => {
                let text = self.operand(text, current)?;
                match text.as_deref() {
                    Some(Value::String(text)) => self.matches(text, pattern, (*extent, current)),
                    _ => Ok(false),
                }
            }
            Test::Compare { left, operator, right } => {
                let left = self.operand(left, current)?;
                let right = self.operand(right, current)?;
                self.compare(left.as_deref(), *operator, right.as_deref())
            }
        }
    }

    /// The value of an operand; absent is RFC 9535's `Nothing`.
    fn operand<'a>(&mut self, operand: &'a Operand, current: &'v Value) -> Result<Option<Cow<'a, Value>>, PathError>
    where
        'v: 'a,
    {
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Query(query) => self.single(&query.segments, self.origin(query, current))?.map(Cow::Borrowed),
            Operand::Length(argument) => match self.operand(argument, current)?.as_deref() {
                Some(Value::String(text)) => {
                    self.charge(text.len() / 64)?;
                    Some(count(text.chars().count()))
                }
                Some(Value::Array(items)) => Some(count(items.len())),
                Some(Value::Object(members)) => Some(count(members.len())),
                _ => None,
            },
            Operand::Count(query) => Some(count(self.nodes(&query.segments, self.origin(query, current))?.len())),
            Operand::Value(query) => match self.nodes(&query.segments, self.origin(query, current))?.as_slice() {
                [only] => Some(Cow::Borrowed(*only)),
                _ => None,
            },
        })
    }

    fn matches(&mut self, text: &str, pattern: &Pattern, at: (Extent, &'v Value)) -> Result<bool, PathError> {
        let (extent, current) = at;
        let operand = match pattern {
            Pattern::Fixed(regex) => return self.search(regex, text),
            Pattern::Given(operand) => operand,
        };
        let given = self.operand(operand, current)?;
        let Some(Value::String(given)) = given.as_deref() else { return Ok(false) };
        self.charge(given.len() / 64)?;
        let key = (given.clone(), extent);
        if !self.patterns.contains_key(&key) {
            self.charge(COMPILE_STEPS + given.len())?;
            let compiled = compile(given, extent).ok();
            self.patterns.insert(key.clone(), compiled);
        }
        match self.patterns.get(&key).and_then(Option::as_ref) {
            Some(regex) => self.search(regex, text),
            None => Ok(false),
        }
    }

    fn search(&self, regex: &RegularExpression, text: &str) -> Result<bool, PathError> {
        Ok(regex.is_match(text, self.budget)?)
    }

    /// RFC 9535, section 2.3.5.2.2.
    fn compare(&mut self, left: Option<&Value>, operator: Operator, right: Option<&Value>) -> Result<bool, PathError> {
        Ok(match operator {
            Operator::Equal => self.equal(left, right)?,
            Operator::NotEqual => !self.equal(left, right)?,
            Operator::Less => self.less(left, right)?,
            Operator::Greater => self.less(right, left)?,
            Operator::LessOrEqual => self.less(left, right)? || self.equal(left, right)?,
            Operator::GreaterOrEqual => self.less(right, left)? || self.equal(left, right)?,
        })
    }

    fn equal(&mut self, left: Option<&Value>, right: Option<&Value>) -> Result<bool, PathError> {
        match (left, right) {
            (None, None) => Ok(true),
            (Some(left), Some(right)) => Ok(deep_equal_within(left, right, self.budget)?),
            _ => Ok(false),
        }
    }

    /// Only two numbers or two texts have an order; texts that of their characters' code points.
    fn less(&mut self, left: Option<&Value>, right: Option<&Value>) -> Result<bool, PathError> {
        Ok(match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => {
                self.charge((left.as_str().len() + right.as_str().len()) / 64)?;
                compare_numbers(left, right) == Ordering::Less
            }
            (Some(Value::String(left)), Some(Value::String(right))) => {
                self.charge(left.len().min(right.len()) / 64)?;
                left < right
            }
            _ => false,
        })
    }
}

fn count<'a>(number: usize) -> Cow<'a, Value> {
    Cow::Owned(Value::from(number))
}
