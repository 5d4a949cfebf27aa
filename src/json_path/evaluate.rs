//! Finds the nodes of a query in an answer, in the order of RFC 9535.
//!
//! Every node that is visited is charged to the budget of the call.

use std::collections::HashMap;

use serde_json::Value;
use thiserror::Error;

use super::node::{Node, Reading, single_child};
use super::query::{Extent, Origin, Query, Segment};
use crate::budget::{Budget, Exhausted};
use crate::regular_expression::RegularExpression;

/// Why a path has no result.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PathError {
    /// The evaluation visits more nodes than the call may.
    #[error("{0}; a path that names the way to a node takes less than one that searches for it")]
    Exhausted(#[from] Exhausted),
}

impl PathError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        let Self::Exhausted(exhausted) = self;
        Some(*exhausted)
    }
}

/// One evaluation on one answer.
pub(super) struct Evaluation<'v, 'b> {
    root: &'v Value,
    pub(super) reading: Reading,
    pub(super) budget: &'b Budget,
    /// Patterns that came from the answer, compiled once; absent where they are no I-Regexp.
    pub(super) patterns: HashMap<(String, Extent), Option<RegularExpression>>,
}

impl<'v, 'b> Evaluation<'v, 'b> {
    pub(super) fn new(root: &'v Value, reading: Reading, budget: &'b Budget) -> Self {
        Self { root, reading, budget, patterns: HashMap::new() }
    }

    pub(super) fn charge(&self, steps: usize) -> Result<(), PathError> {
        Ok(self.budget.charge_steps(steps)?)
    }

    pub(super) fn origin(&self, query: &Query, current: &'v Value) -> &'v Value {
        match query.origin {
            Origin::Root => self.root,
            Origin::Current => current,
        }
    }

    /// The node to which singular segments lead.
    pub(super) fn single(&self, segments: &[Segment], from: &'v Value) -> Result<Option<&'v Value>, PathError> {
        self.charge(segments.len())?;
        let step = |node, segment: &Segment| single_child(segment.single_step()?, node, self.reading);
        Ok(segments.iter().try_fold(from, step))
    }

    /// Every node to which segments lead, in order.
    pub(super) fn nodes(&mut self, segments: &[Segment], from: &'v Value) -> Result<Vec<&'v Value>, PathError> {
        // uncharged: every selector charges the node that it is given.
        let mut nodes = vec![from];
        for segment in segments {
            let mut found = Vec::new();
            for node in nodes {
                self.segment(segment, node, &mut found)?;
            }
            nodes = found;
        }
        Ok(nodes)
    }

    fn segment(&mut self, segment: &Segment, node: &'v Value, found: &mut Vec<&'v Value>) -> Result<(), PathError> {
        match segment {
            Segment::Child(selectors) => {
                let node = Node { value: node, as_list: self.reading == Reading::Xml };
                selectors.iter().try_for_each(|selector| self.select(selector, node, found))
            }
            Segment::Descendants(selectors) => {
                // Depth first with a stack of our own, so that depth costs no call stack.
                let mut waiting = vec![Node { value: node, as_list: self.reading == Reading::Xml }];
                while let Some(node) = waiting.pop() {
                    self.charge(1)?;
                    for selector in selectors {
                        self.select(selector, node, found)?;
                    }
                    self.push_children(node.value, &mut waiting);
                }
                Ok(())
            }
        }
    }

    /// Children in reverse, so that the first is visited first. An item of a list was already seen through its list.
    fn push_children(&self, node: &'v Value, waiting: &mut Vec<Node<'v>>) {
        // uncharged: every child is charged when its turn comes.
        match node {
            Value::Array(items) => waiting.extend(items.iter().rev().map(|value| Node { value, as_list: false })),
            Value::Object(members) => {
                let as_list = self.reading == Reading::Xml;
                waiting.extend(members.values().rev().map(|value| Node { value, as_list }));
            }
            _ => {}
        }
    }
}
