//! A path as the rest of the program uses it: compiled once at load, evaluated on each answer.

use serde_json::Value;

use super::evaluate::{Evaluation, PathError};
use super::near_miss::near_miss;
use super::node::Reading;
use super::parse::parse;
use super::query::{Query, Selector};
use crate::budget::{Budget, Exhausted};
use crate::diagnostic::Fault;

/// A compiled JSONPath (RFC 9535).
///
/// Numbers compare exactly, also those that a float cannot hold.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
    query: Query,
    is_singular: bool,
}

impl JsonPath {
    /// Compiles a path of at most 1024 characters.
    ///
    /// # Errors
    ///
    /// A [`Fault`] at the bytes in question where the text is not a path of RFC 9535, uses a function wrongly, has a
    /// pattern that is not an I-Regexp (RFC 9485), or nests filters too deep.
    pub fn compile(text: &str) -> Result<Self, Fault> {
        let query = parse(text)?;
        Ok(Self { text: text.to_owned(), is_singular: query.is_singular(), query })
    }

    /// The path as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it finds at most one node: names and indices only.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        self.is_singular
    }

    /// The names that lead to all that the path looks at; none where that may be anywhere.
    pub fn way(&self) -> impl Iterator<Item = &str> {
        // uncharged: as long as the path.
        let names = self.query.segments.iter().map_while(|segment| match segment.single_step() {
            Some(Selector::Name(name)) => Some(name.as_str()),
            _ => None,
        });
        names.take(if self.query.looks_elsewhere() { 0 } else { usize::MAX })
    }

    /// Every node that the path finds in a JSON answer, in the order of RFC 9535.
    ///
    /// # Errors
    ///
    /// When the budget is exhausted.
    pub fn nodes<'v>(&self, answer: &'v Value, budget: &Budget) -> Result<Vec<&'v Value>, PathError> {
        self.nodes_as(answer, Reading::Json, budget)
    }

    /// As [`JsonPath::nodes`], for an answer that came as `reading` says.
    ///
    /// # Errors
    ///
    /// When the budget is exhausted.
    pub fn nodes_as<'v>(
        &self,
        answer: &'v Value,
        reading: Reading,
        budget: &Budget,
    ) -> Result<Vec<&'v Value>, PathError> {
        self.nodes_beyond(0, answer, reading, budget)
    }

    /// As [`JsonPath::nodes_as`], from a node to which the first so many names of [`JsonPath::way`] lead.
    ///
    /// # Errors
    ///
    /// As [`JsonPath::nodes_as`].
    pub fn nodes_beyond<'v>(
        &self,
        names: usize,
        node: &'v Value,
        reading: Reading,
        budget: &Budget,
    ) -> Result<Vec<&'v Value>, PathError> {
        let segments = self.query.segments.get(names..).unwrap_or_default();
        let mut evaluation = Evaluation::new(node, reading, budget);
        if self.is_singular {
            return Ok(evaluation.single(segments, node)?.into_iter().collect());
        }
        evaluation.nodes(segments, node)
    }

    /// What the answer has instead, for a path that found nothing: how far it leads and the near names.
    ///
    /// Holds names of the answer, never values. Absent where names and indices alone lead to a node.
    ///
    /// # Errors
    ///
    /// When the budget is exhausted.
    pub fn missed(&self, answer: &Value, reading: Reading, budget: &Budget) -> Result<Option<String>, Exhausted> {
        near_miss(&self.query, answer, reading, budget)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::budget::BudgetBounds;

    #[track_caller]
    fn check(path: &str, answer: &Value, expected: &Value) {
        check_as(path, answer, (Reading::Json, expected));
    }

    #[track_caller]
    fn check_xml(path: &str, answer: &Value, expected: &Value) {
        check_as(path, answer, (Reading::Xml, expected));
    }

    #[track_caller]
    fn check_as(path: &str, answer: &Value, expected: (Reading, &Value)) {
        let found = JsonPath::compile(path).unwrap().nodes_as(answer, expected.0, &Budget::unlimited()).unwrap();
        assert_eq!(&Value::Array(found.into_iter().cloned().collect()), expected.1, "{path}");
    }

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn names_and_indices_find_one_node() {
        let answer = json!({"results": [{"id": 7}, {"id": 8}], "a b": {"": 1}});
        check("$.results[0].id", &answer, &json!([7]));
        check("$['results'][-1]['id']", &answer, &json!([8]));
        check("$['a b']['']", &answer, &json!([1]));
        check("$.results[2].id", &answer, &json!([]));
        check("$", &json!(null), &json!([null]));
        assert!(JsonPath::compile("$.a[0]").unwrap().is_singular());
        assert!(!JsonPath::compile("$.a[*]").unwrap().is_singular());
    }

    #[test]
    fn numbers_compare_exactly_whatever_their_length() {
        let answer =
            parsed(r#"[{"id": 12345678901234567890}, {"id": 12345678901234567891}, {"id": 9007199254740993}]"#);
        check("$[?@.id == 12345678901234567891].id", &answer, &parsed("[12345678901234567891]"));
        check("$[?@.id == 9007199254740992]", &answer, &json!([]));
        check(
            "$[?@.id < 12345678901234567890.0000000000000000001].id",
            &answer,
            &parsed("[12345678901234567890, 9007199254740993]"),
        );
        check("$[?@ == 1.0]", &parsed("[1, 1.0, 1e0, 1.00000000000000000001]"), &parsed("[1, 1.0, 1e0]"));
        check("$[?@ > 1e400]", &parsed("[1e399, 1e401]"), &parsed("[1e401]"));
        check(
            "$[?@.a == -0.5 || @.b == 2.50]",
            &parsed(r#"[{"b": 2.5}, {"a": -5e-1}]"#),
            &parsed(r#"[{"b": 2.5}, {"a": -5e-1}]"#),
        );
    }

    #[test]
    fn an_xml_element_that_occurs_once_is_a_list_of_one() {
        let once = json!({"items": {"item": {"id": "1", "type": "x"}}, "name": "n"});
        let twice = json!({"items": {"item": [{"id": "1", "type": "x"}, {"id": "2", "type": "y"}]}});
        for answer in [&once, &twice] {
            check_xml("$.items.item[0].id", answer, &json!(["1"]));
            check_xml("$.items.item[?@.type == 'x'].id", answer, &json!(["1"]));
            check_xml("$.items.item[:1].id", answer, &json!(["1"]));
        }
        check_xml("$.items.item[-1].id", &once, &json!(["1"]));
        check_xml("$.items.item[1]", &once, &json!([]));
        check_xml("$.items.item[*].id", &once, &json!(["1"]));
        check_xml("$.items.item[*].id", &twice, &json!(["1", "2"]));
        check_xml("$.items.item.*", &once, &json!(["1", "x"]));
        check_xml("$.name[0]", &once, &json!(["n"]));
        check_xml("$[?@.items.item[0].id == '1'].name", &once, &json!(["n"]));
        check("$.items.item[0]", &once, &json!([]));
    }

    #[test]
    fn xml_descendants_are_found_once() {
        let twice = json!({"items": {"item": [{"id": "1", "type": "x"}, {"id": "2", "type": "x"}]}});
        check_xml("$..[?@.type == 'x'].id", &twice, &json!(["1", "2"]));
        let once = json!({"items": {"item": {"id": "1", "type": "x"}}});
        check_xml("$..[?@.type == 'x'].id", &once, &json!(["1"]));
        check_xml("$..item[0].id", &once, &json!(["1"]));
    }

    #[test]
    fn an_evaluation_that_takes_too_much_work_is_an_error() {
        let answer = Value::Array(vec![json!([1, 2, 3]); 3000]);
        let path = JsonPath::compile("$[?count($..*) > 0]").unwrap();
        let exhausted = Err(PathError::Exhausted(Exhausted::Steps(2_000_000)));
        let budget = || Budget::new(BudgetBounds::default(), Instant::now() + Duration::from_secs(3600));
        assert_eq!(path.nodes(&answer, &budget()), exhausted);
        let nested = (0..40).fold(json!(1), |inner, _| json!([inner]));
        let doubling = JsonPath::compile(&format!("${}", "[0,0]".repeat(40))).unwrap();
        assert_eq!(doubling.nodes(&nested, &budget()), exhausted);
        let long = json!({"a": "x".repeat(500_000), "b": vec![0; 1000]});
        let search = JsonPath::compile("$.b[?search($.a, 'y')]").unwrap();
        assert_eq!(search.nodes(&long, &budget()), exhausted);
        let numbers = json!({"a": vec![1; 60_000]});
        let all = JsonPath::compile("$.a[?@ > 0]").unwrap();
        let together = budget();
        assert!((0..4).all(|_| all.nodes(&numbers, &together).is_ok()));
        assert!((0..20).any(|_| all.nodes(&numbers, &together) == exhausted), "one account for all paths");
    }

    #[test]
    fn patterns_from_the_answer_are_compiled_once_and_bad_ones_match_nothing() {
        let answer = json!({"patterns": ["a.*", "(", "\\d"], "all": vec!["ab"; 5000]});
        let path = JsonPath::compile("$.all[?match(@, $.patterns[0])]").unwrap();
        assert_eq!(path.nodes(&answer, &Budget::unlimited()).unwrap().len(), 5000);
        check("$.patterns[?match('ab', @)]", &answer, &json!(["a.*"]));
    }

    #[track_caller]
    fn misses(path: &str, answer: &Value, expected: Option<&str>) {
        let path = JsonPath::compile(path).unwrap();
        assert_eq!(
            path.missed(answer, Reading::Json, &Budget::unlimited()).unwrap().as_deref(),
            expected,
            "{}",
            path.text()
        );
    }

    #[test]
    fn a_miss_names_what_is_there() {
        let answer = json!({"ticket": {"id": 1, "secret": "hunter2"}, "results": [{"id": 1}, {"id": 2}], "none": []});
        misses("$.ticket.id", &answer, None);
        misses("$.tikcet.id", &answer, Some("did you mean `$.ticket.id`?"));
        misses("$.ticket.name", &answer, Some("the answer has `$.ticket.id`, `$.ticket.secret`"));
        misses("$.ticket.id.x", &answer, Some("`$.ticket.id` is a whole number"));
        misses("$.ticket.secret[0]", &answer, Some("`$.ticket.secret` is text"));
        misses("$.results.id", &answer, Some("`$.results` is a list; did you mean `$.results[0].id`?"));
        misses("$.results[5].id", &answer, Some("`$.results` is a list of 2, which has no such index"));
        misses("$.none[0].id", &answer, Some("`$.none` is an empty list"));
        misses("$.none[*].id", &answer, Some("`$.none` is an empty list, in which the rest of the path finds nothing"));
        misses("$.a", &json!({}), Some("`$` is an empty map"));
        misses(
            "$.zzzz",
            &json!({"a'b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6}),
            Some("the answer has `$['a\\'b']`, `$.c`, `$.d`, `$.e`, `$.f` and 1 more"),
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = JsonPath::compile(&text);
            let _ = JsonPath::compile(&format!("${text}"));
        }

        #[test]
        fn no_path_like_text_makes_it_panic(text in "\\$(\\.|\\.\\.|\\[|\\]|\\?|@|a|é|'x'|\\(|\\)|count|match|,|:|-1|2\\.5|==|<| |\\*|&&|\\|\\||!){0,16}") {
            if let Ok(path) = JsonPath::compile(&text) {
                let answer = json!({"a": [1, {"a": "x"}, [null]], "x": {"é": 2.5}});
                for reading in [Reading::Json, Reading::Xml] {
                    let _ = path.nodes_as(&answer, reading, &Budget::unlimited());
                    let _ = path.missed(&answer, reading, &Budget::unlimited());
                }
            }
        }
    }
}
