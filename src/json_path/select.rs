//! What each selector takes from one node (RFC 9535, section 2.3).
//!
//! Decides nothing about order between nodes; that is `evaluate`'s.

use serde_json::Value;

use super::evaluate::{Evaluation, PathError};
use super::node::{Node, item_at};
use super::query::{Selector, Slice};

impl<'v> Evaluation<'v, '_> {
    pub(super) fn select(
        &mut self,
        selector: &Selector,
        node: Node<'v>,
        found: &mut Vec<&'v Value>,
    ) -> Result<(), PathError> {
        self.charge(1)?;
        match selector {
            Selector::Name(name) => found.extend(node.value.as_object().and_then(|members| members.get(name))),
            Selector::Index(index) => found.extend(node.items().and_then(|items| item_at(items, *index))),
            Selector::Slice(bounds) => {
                if let Some(items) = node.items() {
                    self.slice(*bounds, items, found)?;
                }
            }
            Selector::Wildcard { bracketed } => {
                let node = Node { as_list: node.as_list && *bracketed, ..node };
                self.each_child(node, |_, child| {
                    found.push(child);
                    Ok(())
                })?;
            }
            Selector::Filter(test) => self.each_child(node, |evaluation, child| {
                if evaluation.holds(test, child)? {
                    found.push(child);
                }
                Ok(())
            })?,
        }
        Ok(())
    }

    /// Items of a list, or else members of a map.
    fn each_child(
        &mut self,
        node: Node<'v>,
        mut take: impl FnMut(&mut Self, &'v Value) -> Result<(), PathError>,
    ) -> Result<(), PathError> {
        let mut visit = |evaluation: &mut Self, child| {
            evaluation.charge(1)?;
            take(evaluation, child)
        };
        match (node.items(), node.value) {
            (Some(items), _) => items.iter().try_for_each(|child| visit(self, child)),
            (None, Value::Object(members)) => members.values().try_for_each(|child| visit(self, child)),
            _ => Ok(()),
        }
    }

    /// RFC 9535, section 2.3.4.2.2.
    fn slice(&mut self, bounds: Slice, items: &'v [Value], found: &mut Vec<&'v Value>) -> Result<(), PathError> {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let from_start = |bound: i64| if bound < 0 { length.saturating_add(bound) } else { bound };
        let step = bounds.step;
        let (mut index, end) = if step > 0 {
            let start = from_start(bounds.start.unwrap_or(0)).clamp(0, length);
            (start, from_start(bounds.end.unwrap_or(length)).clamp(0, length))
        } else {
            let start = bounds.start.map_or(length - 1, from_start).clamp(-1, length - 1);
            (start, bounds.end.map_or(-1, from_start).clamp(-1, length - 1))
        };
        while (step > 0 && index < end) || (step < 0 && index > end) {
            self.charge(1)?;
            found.extend(usize::try_from(index).ok().and_then(|index| items.get(index)));
            index = index.saturating_add(step);
        }
        Ok(())
    }
}
