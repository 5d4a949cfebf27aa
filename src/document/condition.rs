//! `when:`: conditions as data.

use super::decode::Decode;
use super::{Kind, Node, Text};
use crate::diagnostic::{Code, Problems, Span};
use crate::keyword::Comparison;
use crate::suggest::did_you_mean;

/// One condition: a map with exactly one key.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionDocument {
    /// Which one, with its operands.
    pub kind: ConditionKind,
    /// Where it stands.
    pub span: Span,
}

/// The conditions. The first operand is a reference (`vars.x`) or, where an answer is at hand, a `$path`.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionKind {
    /// `present: x`: there and not null.
    Present(Text),
    /// `absent: x`: not there, or null.
    Absent(Text),
    /// `empty: x`: absent, null, `""`, `[]` or `{}`.
    Empty(Text),
    /// `eq: [x, y]` and its kin.
    Compare(Comparison, Text, Node),
    /// `in: [x, [a, b]]`.
    In(Text, Node),
    /// `matches: [x, regex]`.
    Matches(Text, Text),
    /// `all: […]`.
    All(Vec<ConditionDocument>),
    /// `any: […]`.
    Any(Vec<ConditionDocument>),
    /// `not: {…}`.
    Not(Box<ConditionDocument>),
}

/// The keys a condition can have.
const KEYS: [&str; 13] =
    ["present", "absent", "empty", "eq", "ne", "gt", "gte", "lt", "lte", "in", "matches", "all", "any"];

impl Decode for ConditionDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            problems
                .add(Code::WrongType, node.span, format!("A condition is a map, found {}.", node.kind_name()))
                .help("for example `{ present: data.email }`");
            return None;
        };
        let [entry] = entries.as_slice() else {
            let span = entries.get(1).map_or(node.span, |entry| entry.key.span);
            problems
                .add(Code::ConflictingKeys, span, format!("A condition has exactly one key, found {}.", entries.len()))
                .help("join several with `{ all: [ {…}, {…} ] }` or `{ any: [ … ] }`");
            return None;
        };
        let kind = decode_kind(&entry.key, &entry.value, problems)?;
        Some(Self { kind, span: node.span })
    }
}

fn decode_kind(key: &Text, value: &Node, problems: &mut Problems) -> Option<ConditionKind> {
    let comparison = match key.value.as_str() {
        "present" => return Text::decode(value, problems).map(ConditionKind::Present),
        "absent" => return Text::decode(value, problems).map(ConditionKind::Absent),
        "empty" => return Text::decode(value, problems).map(ConditionKind::Empty),
        "all" => return Vec::decode(value, problems).map(ConditionKind::All),
        "any" => return Vec::decode(value, problems).map(ConditionKind::Any),
        "not" => return ConditionDocument::decode(value, problems).map(|part| ConditionKind::Not(Box::new(part))),
        "in" => return pair(value, problems).map(|(left, right)| ConditionKind::In(left, right)),
        "matches" => {
            let (left, right) = pair(value, problems)?;
            return Text::decode(&right, problems).map(|pattern| ConditionKind::Matches(left, pattern));
        }
        "eq" => Comparison::Eq,
        "ne" => Comparison::Ne,
        "gt" => Comparison::Gt,
        "gte" => Comparison::Gte,
        "lt" => Comparison::Lt,
        "lte" => Comparison::Lte,
        other => {
            let known = KEYS.into_iter().chain(["not"]);
            let help = did_you_mean(other, known.clone())
                .unwrap_or_else(|| format!("the conditions are {}", known.collect::<Vec<_>>().join(", ")));
            problems.add(Code::UnknownKey, key.span, format!("`{other}` is not a condition.")).help(help);
            return None;
        }
    };
    pair(value, problems).map(|(left, right)| ConditionKind::Compare(comparison, left, right))
}

/// `[reference, second]`
fn pair(value: &Node, problems: &mut Problems) -> Option<(Text, Node)> {
    match &value.kind {
        Kind::List(items) if items.len() == 2 => {
            let (left, right) = (items.first()?, items.get(1)?);
            Text::decode(left, problems).map(|left| (left, right.clone()))
        }
        _ => {
            problems
                .add(
                    Code::WrongType,
                    value.span,
                    "This condition takes a list of two: a reference and what it is compared with.",
                )
                .help("for example `{ eq: [data.priority, high] }`");
            None
        }
    }
}
