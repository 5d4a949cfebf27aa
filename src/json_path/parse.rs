//! Text to query: the only place that knows `jsonpath-rust`, used as a parser.
//!
//! Checks that functions are well-typed (RFC 9535, section 2.4.3), which the parser does only in part.

use std::ops::Range;

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model as parsed;
use jsonpath_rust::parser::parse_json_path;
use serde_json::Value;

use super::advice::advice;
use super::pattern::compile;
use super::query::{Extent, Operand, Operator, Origin, Pattern, Query, Segment, Selector, Slice, Test};
use super::scan::{Scan, scan};
use crate::diagnostic::{Code, Fault};

/// Parses and checks one path.
pub(super) fn parse(text: &str) -> Result<Query, Fault> {
    let Scan { masked, numbers, wildcards, functions } = scan(text)?;
    let document = parse_json_path(&masked).map_err(|error| syntax_fault(text, &error))?;
    let mut conversion = Conversion {
        text,
        numbers: numbers.into_iter(),
        wildcards: wildcards.into_iter(),
        functions: functions.into_iter(),
    };
    let query = conversion.query(Origin::Root, document.segments)?;
    // What was seen in the text and what the parser made of it must be the same.
    if conversion.numbers.next().is_some() || conversion.wildcards.next().is_some() {
        return Err(conversion.fault("This path cannot be read with certainty."));
    }
    Ok(query)
}

/// Says where the text stops being a path, and what is probably meant.
fn syntax_fault(text: &str, error: &JsonPathError) -> Fault {
    let at = match error {
        // The position's type belongs to a crate that is not ours to name; its debug form is `Pos(4)`.
        JsonPathError::PestError(syntax) => first_number(&format!("{:?}", syntax.location)).unwrap_or_default(),
        _ => 0,
    };
    let at = at.min(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let Some(found) = rest.chars().next() else {
        return Fault::new(Code::BadJsonPath, at..at, "The path ends too early.");
    };
    if matches!(error, JsonPathError::PestError(_)) {
        let fault = Fault::new(Code::BadJsonPath, at..at + found.len_utf8(), format!("`{found}` cannot stand here."));
        match advice(text.get(..at).unwrap_or_default(), rest) {
            Some(help) => fault.help(help),
            None => fault,
        }
    } else {
        Fault::new(Code::BadJsonPath, 0..text.len(), "This is not a path that RFC 9535 allows.")
    }
}

fn first_number(text: &str) -> Option<usize> {
    text.split(|character: char| !character.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}

/// Turns the parser's tree into ours, in the order of the text.
struct Conversion<'a> {
    text: &'a str,
    numbers: std::vec::IntoIter<String>,
    wildcards: std::vec::IntoIter<bool>,
    functions: std::vec::IntoIter<Range<usize>>,
}

impl Conversion<'_> {
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(Code::BadJsonPath, 0..self.text.len(), message)
    }

    fn query(&mut self, origin: Origin, segments: Vec<parsed::Segment>) -> Result<Query, Fault> {
        let segments = segments.into_iter().map(|segment| self.segment(segment)).collect::<Result<_, _>>()?;
        Ok(Query { origin, segments })
    }

    fn segment(&mut self, segment: parsed::Segment) -> Result<Segment, Fault> {
        match segment {
            parsed::Segment::Selector(selector) => Ok(Segment::Child(vec![self.selector(selector)?])),
            parsed::Segment::Selectors(selectors) => {
                let selectors = selectors.into_iter().map(|selector| self.selector(selector));
                Ok(Segment::Child(selectors.collect::<Result<_, _>>()?))
            }
            parsed::Segment::Descendant(inner) => match self.segment(*inner)? {
                Segment::Child(selectors) | Segment::Descendants(selectors) => Ok(Segment::Descendants(selectors)),
            },
        }
    }

    fn selector(&mut self, selector: parsed::Selector) -> Result<Selector, Fault> {
        Ok(match selector {
            parsed::Selector::Name(name) => Selector::Name(name),
            parsed::Selector::Index(index) => Selector::Index(index),
            parsed::Selector::Wildcard => {
                let bracketed = self.wildcards.next();
                Selector::Wildcard { bracketed: bracketed.ok_or_else(|| self.fault("This path has a stray `*`."))? }
            }
            parsed::Selector::Slice(start, end, step) => Selector::Slice(Slice { start, end, step: step.unwrap_or(1) }),
            parsed::Selector::Filter(filter) => Selector::Filter(self.test(filter)?),
        })
    }

    fn test(&mut self, filter: parsed::Filter) -> Result<Test, Fault> {
        match filter {
            parsed::Filter::Or(tests) => Ok(Test::Any(self.tests(tests)?)),
            parsed::Filter::And(tests) => Ok(Test::All(self.tests(tests)?)),
            parsed::Filter::Atom(atom) => self.atom(atom),
        }
    }

    fn tests(&mut self, tests: Vec<parsed::Filter>) -> Result<Vec<Test>, Fault> {
        tests.into_iter().map(|test| self.test(test)).collect()
    }

    fn atom(&mut self, atom: parsed::FilterAtom) -> Result<Test, Fault> {
        let (test, negated) = match atom {
            parsed::FilterAtom::Filter { expr, not } => (self.test(*expr)?, not),
            parsed::FilterAtom::Test { expr, not } => (self.existence(*expr)?, not),
            parsed::FilterAtom::Comparison(comparison) => (self.comparison(*comparison)?, false),
        };
        Ok(if negated { Test::Not(Box::new(test)) } else { test })
    }

    fn existence(&mut self, test: parsed::Test) -> Result<Test, Fault> {
        match test {
            parsed::Test::RelQuery(segments) => Ok(Test::Exists(self.query(Origin::Current, segments)?)),
            parsed::Test::AbsQuery(query) => Ok(Test::Exists(self.query(Origin::Root, query.segments)?)),
            parsed::Test::Function(function) => self.logical_function(*function),
        }
    }

    fn logical_function(&mut self, function: parsed::TestFunction) -> Result<Test, Fault> {
        let at = self.function_place();
        let (text, pattern, extent) = match function {
            parsed::TestFunction::Match(text, pattern) => (text, pattern, Extent::Whole),
            parsed::TestFunction::Search(text, pattern) => (text, pattern, Extent::Part),
            _ => {
                let message = "This function gives a value, which is not yet a test.";
                return Err(Fault::new(Code::BadJsonPath, at, message).help("compare it: `length(@.name) > 3`"));
            }
        };
        let text = self.value_argument(text, &at)?;
        let pattern = match self.value_argument(pattern, &at)? {
            Operand::Literal(Value::String(pattern)) => {
                let message = "The pattern is not a regular expression of RFC 9485 (I-Regexp), or is too large.";
                let help = "use `[0-9]`, `[A-Za-z]` and `[ ]` for `\\d`, `\\w` and `\\s`; there are no lazy quantifiers, \
                            look-arounds or flags";
                let compiled = compile(&pattern, extent);
                Pattern::Fixed(compiled.map_err(|_| Fault::new(Code::BadJsonPath, at, message).help(help))?)
            }
            operand => Pattern::Given(operand),
        };
        Ok(Test::Matches { text, pattern, extent })
    }

    fn comparison(&mut self, comparison: parsed::Comparison) -> Result<Test, Fault> {
        let (left, operator, right) = match comparison {
            parsed::Comparison::Eq(left, right) => (left, Operator::Equal, right),
            parsed::Comparison::Ne(left, right) => (left, Operator::NotEqual, right),
            parsed::Comparison::Lt(left, right) => (left, Operator::Less, right),
            parsed::Comparison::Lte(left, right) => (left, Operator::LessOrEqual, right),
            parsed::Comparison::Gt(left, right) => (left, Operator::Greater, right),
            parsed::Comparison::Gte(left, right) => (left, Operator::GreaterOrEqual, right),
        };
        let left = self.operand(left)?;
        Ok(Test::Compare { left, operator, right: self.operand(right)? })
    }

    fn operand(&mut self, operand: parsed::Comparable) -> Result<Operand, Fault> {
        match operand {
            parsed::Comparable::Literal(literal) => Ok(Operand::Literal(self.literal(literal)?)),
            parsed::Comparable::Function(function) => self.value_function(function),
            parsed::Comparable::SingularQuery(query) => {
                let (origin, steps) = match query {
                    parsed::SingularQuery::Current(steps) => (Origin::Current, steps),
                    parsed::SingularQuery::Root(steps) => (Origin::Root, steps),
                };
                let segments = steps.into_iter().map(|step| {
                    Segment::Child(vec![match step {
                        parsed::SingularQuerySegment::Index(index) => Selector::Index(index),
                        parsed::SingularQuerySegment::Name(name) => Selector::Name(name),
                    }])
                });
                Ok(Operand::Query(Query { origin, segments: segments.collect() }))
            }
        }
    }

    /// Numbers that a float cannot hold are taken from the text, where they stand in the same order.
    fn literal(&mut self, literal: parsed::Literal) -> Result<Value, Fault> {
        Ok(match literal {
            parsed::Literal::Int(number) => Value::Number(number.into()),
            parsed::Literal::Float(_) => {
                let exact = self.numbers.next().and_then(|text| text.parse().ok());
                Value::Number(exact.ok_or_else(|| self.fault("A number in this path cannot be read exactly."))?)
            }
            parsed::Literal::String(text) => Value::String(text),
            parsed::Literal::Bool(flag) => Value::Bool(flag),
            parsed::Literal::Null => Value::Null,
        })
    }

    fn value_function(&mut self, function: parsed::TestFunction) -> Result<Operand, Fault> {
        let at = self.function_place();
        match function {
            parsed::TestFunction::Length(argument) => {
                Ok(Operand::Length(Box::new(self.value_argument(*argument, &at)?)))
            }
            parsed::TestFunction::Count(argument) => Ok(Operand::Count(self.nodes_argument(argument, &at)?)),
            parsed::TestFunction::Value(argument) => Ok(Operand::Value(self.nodes_argument(argument, &at)?)),
            _ => {
                let message = "This function is a test by itself; it gives no value to compare or pass on.";
                Err(Fault::new(Code::BadJsonPath, at, message).help("leave out the comparison"))
            }
        }
    }

    fn value_argument(&mut self, argument: parsed::FnArg, at: &Range<usize>) -> Result<Operand, Fault> {
        let query = match argument {
            parsed::FnArg::Literal(literal) => return Ok(Operand::Literal(self.literal(literal)?)),
            parsed::FnArg::Test(test) => match *test {
                parsed::Test::RelQuery(segments) => self.query(Origin::Current, segments)?,
                parsed::Test::AbsQuery(query) => self.query(Origin::Root, query.segments)?,
                parsed::Test::Function(function) => return self.value_function(*function),
            },
            parsed::FnArg::Filter(_) => {
                let message = "This function takes a path or a literal, not a test.";
                return Err(Fault::new(Code::BadJsonPath, at.clone(), message));
            }
        };
        if query.is_singular() {
            return Ok(Operand::Query(query));
        }
        let message = "This function takes one value, but the path in it can find several nodes.";
        Err(Fault::new(Code::BadJsonPath, at.clone(), message).help("use names and indices only, or `value(…)`"))
    }

    fn nodes_argument(&mut self, argument: parsed::FnArg, at: &Range<usize>) -> Result<Query, Fault> {
        if let parsed::FnArg::Test(test) = argument {
            match *test {
                parsed::Test::RelQuery(segments) => return self.query(Origin::Current, segments),
                parsed::Test::AbsQuery(query) => return self.query(Origin::Root, query.segments),
                parsed::Test::Function(_) => {}
            }
        }
        Err(Fault::new(Code::BadJsonPath, at.clone(), "This function takes a path, like `@.items[*]`."))
    }

    fn function_place(&mut self) -> Range<usize> {
        self.functions.next().unwrap_or(0..self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(path: &str, at: Range<usize>, message: &str, help: Option<&str>) {
        let fault = parse(path).unwrap_err();
        assert_eq!((fault.message.as_str(), fault.help.as_deref(), fault.at), (message, help, at), "{path}");
    }

    #[track_caller]
    fn refused(path: &str) {
        assert!(parse(path).is_err(), "{path}");
    }

    #[test]
    fn a_path_begins_with_the_answer() {
        refuses("ticket.id", 0..1, "A path begins with `$`, the whole answer.", Some("did you mean `$.ticket.id`?"));
        refuses("@.id", 0..1, "A path begins with `$`, the whole answer.", Some("did you mean `$.id`?"));
        refuses("[0].id", 0..1, "A path begins with `$`, the whole answer.", Some("did you mean `$[0].id`?"));
        refuses("", 0..0, "A path cannot be empty.", Some("the whole answer is `$`"));
        refuses("$.a ", 3..4, "A path cannot begin or end with white space.", Some("write `$.a`"));
    }

    #[test]
    fn usual_slips_are_told_with_their_place() {
        refuses(
            "$.first-name",
            7..8,
            "`-` cannot stand here.",
            Some("a name with a hyphen is written `['first-name']`"),
        );
        refuses("$.a[name]", 4..5, "`n` cannot stand here.", Some("a name in brackets needs quotes: `['name']`"));
        refuses("$.a.[0]", 4..5, "`[` cannot stand here.", Some("leave out the `.` before `[`"));
        refuses(
            "$.a.0.id",
            4..5,
            "`0` cannot stand here.",
            Some("an index is written `[0]`, a name that begins with a digit `['0']`"),
        );
        refuses("$.a[0", 3..4, "The `[` that begins here is never closed.", None);
        refuses("$.a]", 3..4, "This closes a `[` that is not open.", None);
        refuses("$.a.", 4..4, "The path ends too early.", None);
        refuses("$.a['b", 4..5, "The quote ' that begins here is never closed.", None);
    }

    #[test]
    fn white_space_that_the_parser_overlooks_is_refused() {
        refused("$.a b");
        refused("$. a");
        refused("$[?@. a == 1]");
        refused("$[?@.a b == 1]");
        refused("$[?@.a == 1 2]");
        refused("$.. a");
        refused("$\u{a0}.a");
    }

    #[test]
    fn functions_must_fit_their_place() {
        for path in [
            "$[?count(@..*)]",
            "$[?length(@.*) < 3]",
            "$[?value(@.a)]",
            "$[?match(@.a, 'x') == true]",
            "$[?count(1) > 0]",
            "$[?length(match(@.a, 'x')) > 0]",
            "$[?count(length(@.a)) > 0]",
            "$[?match(@.*, 'x')]",
            "$[?length(@.a == 1) > 0]",
            "$[?search(@.a, $..b)]",
            "$[?value(length(@.a)) == 1]",
            "$[?length((@.a)) == 1]",
        ] {
            refused(path);
        }
        assert!(parse("$[?length(value(@..a)) > count($.b[*])]").is_ok());
    }

    #[test]
    fn only_the_functions_of_the_standard_exist() {
        refuses("$[?lenght(@.a) > 1]", 3..9, "JSONPath has no function `lenght`.", Some("did you mean `length`?"));
        refused("$[?in(@.a, $.b)]");
        refused("$[?none_of(@.a, $.b)]");
        refused("$[?@.a in ['x']]");
        refused("$[?@.a ~= 'x']");
        refuses(
            "$.items.length()",
            8..14,
            "`length()` cannot be called on a path.",
            Some("functions stand in filters: `$.items[?length(@.name) > 3]`"),
        );
    }

    #[test]
    fn patterns_are_checked_at_load() {
        let fault = parse(r"$[?match(@.a, '\\d+')]").unwrap_err();
        assert_eq!(fault.at, 3..8);
        assert!(fault.message.contains("I-Regexp"), "{}", fault.message);
    }

    #[test]
    fn size_and_nesting_are_bounded() {
        refused(&format!("$.{}", "a".repeat(1100)));
        let nested = |depth: usize| format!("${}{}", "[?@.a".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(8)).is_ok());
        refused(&nested(9));
        assert!(parse("$[?@..a]").is_ok());
        refused("$[?@.b[?@..a]]");
        refused(&format!("$[?{}@.a{}]", "(".repeat(200), ")".repeat(200)));
        refused(&format!("$[?{}@.a{} > 0]", "length(".repeat(100), ")".repeat(100)));
        // The parser's time could double with every level; whatever the limits let through must be quick.
        refused("$[?count(@[?count(@[?count(@[?count(@[?@[?@[?@[?@=]]]])])])])]");
        refused("$[?length((length((length((length((@.a==1=))))))))]");
        assert!(parse("$[?count(@[?count(@[?count(@[?count(@[?@[?@[?@[?@]]]])>1])>1])>1])>1]").is_ok());
        refused("$[9007199254740992]");
        refused("$[?@ == 01]");
    }
}
