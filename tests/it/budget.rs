//! Work over data is bounded: a call that would build, read or visit too much is refused, and the process stays small.
//!
//! Each process is asked by one caller; its memory is what the system says of it.

use std::fmt::Write as _;

use crate::support::{Bridge, Definitions, ServiceAnswer, StubService, json_answer, post};

/// What one call may take beside the process at rest.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 64 * 1024;

/// A process with one action, and the service that it calls.
struct Desk {
    service: StubService,
    bridge: Bridge,
    _definitions: Definitions,
}

impl Desk {
    /// An action whose parts after its input are `parts`.
    fn new(parts: &str, answer: &str) -> Self {
        let service = StubService::answering(json_answer(200, answer));
        let input = "data: { lines: { type: list }, left: { type: list }, right: { type: list }, map: { type: any }, note: {} }";
        let action = format!("version: 1\ntitle: T\ninput: {{ {input} }}\nbase_url: {}\n{parts}\n", service.url());
        let definitions = Definitions::new(&[("x.yaml", action.as_str())]);
        let bridge = Bridge::serve(definitions.root(), &["--deadline", "25s"]);
        Self { service, bridge, _definitions: definitions }
    }

    /// One call, which must leave the process about as small as it was.
    fn call(&self, data: &str) -> ServiceAnswer {
        assert_eq!(post(self.bridge.public(), "/nothing", "{}").status, 404);
        let rest = self.bridge.memory("VmRSS");
        let answer = post(self.bridge.public(), "/x", &format!(r#"{{"data":{data}}}"#));
        let grown = self.bridge.memory("VmHWM").saturating_sub(rest);
        #[cfg(target_os = "linux")]
        assert!(grown < MOST_MEMORY, "{grown} KiB more than at rest: {}", answer.text());
        answer
    }
}

/// The call is refused before anything is sent, with its place and the bound.
#[track_caller]
fn refuses(parts: &str, data: &str, expected: (&str, &str)) {
    let desk = Desk::new(parts, "{}");
    let answer = desk.call(data);
    let (place, bound) = expected;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let message = answer.message();
    assert!(message.contains(place) && message.contains(bound), "{message}");
    assert!(desk.service.requests().is_empty());
}

const BYTES: &str = "more than 32 MiB built or read in one call";
const STEPS: &str = "more than 2 million steps of work in one call";

/// A list of so many whole numbers of one digit.
fn numbers(count: usize) -> String {
    format!("[{}0]", "0,".repeat(count - 1))
}

/// Many lines, and a long text for each.
fn lines_and_note() -> String {
    format!(r#"{{"lines":{},"note":"{}"}}"#, numbers(50_000), "x".repeat(100_000))
}

const COPIES: &str = "{ $each: { in: \"{{data.lines}}\", as: line }, $item: { note: \"{{data.note}}\" } }";

#[test]
fn a_text_for_each_of_many_lines() {
    let parts = format!("request: {{ path: /, json: {{ lines: [ {COPIES} ] }} }}");
    refuses(&parts, &lines_and_note(), ("json.lines[0][", BYTES));
}

#[test]
fn a_text_for_each_of_many_lines_in_a_form() {
    let parts = format!("request: {{ path: /, form: {{ lines: [ {COPIES} ] }} }}");
    refuses(&parts, &lines_and_note(), ("form.lines[0][", BYTES));
}

#[test]
fn a_text_for_each_of_many_lines_in_parts_of_a_body() {
    let copies = COPIES.replace("{ note: \"{{data.note}}\" }", "\"{{data.note}}\"");
    let parts = format!("request: {{ path: /, multipart: {{ lines: [ {copies} ] }} }}");
    refuses(&parts, &lines_and_note(), ("multipart.lines[0][", BYTES));
}

#[test]
fn a_text_for_each_of_many_lines_in_xml() {
    let parts = format!("request: {{ path: /, xml: {{ root: {{ line: [ {COPIES} ] }} }} }}");
    refuses(&parts, &lines_and_note(), ("xml.root.line[0][", BYTES));
}

#[test]
fn a_text_for_each_of_many_lines_in_variables_of_graphql() {
    let parts = format!(
        "request: {{ path: /, graphql: {{ query: \"query {{ a }}\", variables: {{ lines: [ {COPIES} ] }} }} }}"
    );
    refuses(&parts, &lines_and_note(), ("graphql.variables.lines[0][", BYTES));
}

#[test]
fn a_text_for_each_of_many_lines_in_a_query() {
    let copies = COPIES.replace("{ note: \"{{data.note}}\" }", "\"{{data.note}}\"");
    let parts = format!("request: {{ path: /, method: GET, query: {{ lines: [ {copies} ] }} }}");
    refuses(&parts, &lines_and_note(), ("query.lines[0][", BYTES));
}

/// A long name for each of many values: what a form writes before every one of them.
#[test]
fn a_long_name_for_each_of_many_values() {
    let parts = "request: { path: /, form: { \"{{data.note}}\": \"{{data.lines}}\" } }";
    refuses(parts, &lines_and_note(), ("form", BYTES));
}

#[test]
fn a_list_within_each_of_its_own_elements() {
    let inner = "{ $each: { in: \"{{data.lines}}\", as: other }, $item: \"\" }";
    let parts = format!(
        "request: {{ path: /, json: {{ lines: [ {{ $each: {{ in: \"{{{{data.lines}}}}\", as: line }}, $item: [ {inner} ] }} ] }} }}"
    );
    refuses(&parts, &format!(r#"{{"lines":{}}}"#, numbers(100_000)), ("json.lines[0][", "in one call"));
}

#[test]
fn a_large_map_into_each_of_many_lines() {
    let parts = "request: { path: /, json: { lines: [ { $each: { in: \"{{data.lines}}\", as: line }, \
                 $item: { $merge: \"{{data.map}}\" } } ] } }";
    let mut map = String::from("{\"z\":0");
    for number in 0..8_000 {
        let _ = write!(map, ",\"k{number}\":0");
    }
    refuses(parts, &format!(r#"{{"lines":{},"map":{map}}}}}"#, numbers(50_000)), ("json.lines[0][", "in one call"));
}

/// Lists within lists, which were counted as one element each.
#[test]
fn long_lists_compared_for_each_of_many_lines() {
    let parts = "request: { path: /, json: { text: \
                 \"{{#each data.lines}}{{#if (eq @root.data.left @root.data.right)}}x{{/if}}{{/each}}\" } }";
    let long = numbers(30_000);
    let data = format!(r#"{{"lines":{},"left":[{long}],"right":[{long}]}}"#, numbers(30_000));
    refuses(parts, &data, ("json.text", STEPS));
}

#[test]
fn a_text_that_grows_by_its_own_length_at_each_occurrence() {
    let parts = "request: { path: /, json: { text: \"{{replace data.note 'x' data.note}}\" } }";
    refuses(parts, &lines_and_note(), ("json.text", BYTES));
}

#[test]
fn a_text_in_a_loop_in_a_loop() {
    let parts = "request: { path: /, json: { text: \
                 \"{{#each data.lines}}{{#each @root.data.lines}}{{#each @root.data.lines}}{{/each}}{{/each}}{{/each}}\" } }";
    refuses(parts, &lines_and_note(), ("json.text", STEPS));
}

#[test]
fn a_condition_over_a_long_list_for_each_of_many_lines() {
    let parts = "request: { path: /, json: { lines: [ { $each: { in: \"{{data.lines}}\", as: line }, \
                 $item: { $when: { in: [line, { ref: data.left }] }, $value: 1 } } ] } }";
    let left = format!("[{}1]", "1,".repeat(50_000));
    refuses(parts, &format!(r#"{{"lines":{},"left":{left}}}"#, numbers(50_000)), ("json.lines[0][", STEPS));
}

/// Forty filters that look through the whole answer: bounded together, not each for itself.
#[test]
fn many_paths_that_search_a_long_answer() {
    let captures: String = (0..40).fold(String::new(), |mut text, number| {
        let _ = write!(text, "v{number}: {{ path: \"$..[?@.name == 'x{number}' && @.id > 5]\", pick: all }}, ");
        text
    });
    let parts = format!(
        "limits: {{ max_answer: 4MiB }}\nrequest: {{ path: / }}\ncapture: {{ {captures} }}\nresponse: {{ message: done }}"
    );
    let item = r#"{"id":12345,"name":"a name of some length","tags":["a","b"],"by":{"id":1,"name":"B"}}"#;
    let desk = Desk::new(&parts, &format!("[{}{item}]", format!("{item},").repeat(8_000)));
    let answer = desk.call("{}");
    assert_eq!(answer.status, 400, "{}", answer.text());
    let message = answer.message();
    assert!(message.contains("capture.v") && message.contains(STEPS), "{message}");
}

/// Values of one digit take forty times their text.
#[test]
fn an_answer_of_very_many_values() {
    let parts = "limits: { max_answer: 16MiB }\nrequest: { path: / }\ncapture: { all: $ }\nresponse: { message: done }";
    let desk = Desk::new(parts, &numbers(4_000_000));
    let answer = desk.call("{}");
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.message().contains("in one call"), "{}", answer.message());
}

/// What is large but within the bounds goes on as before.
#[test]
fn a_large_call_within_the_bounds() {
    let parts = "request: { path: /, json: { lines: [ { $each: { in: \"{{data.lines}}\", as: line }, $item: { n: \"{{line}}\" } } ] } }\n\
                 response: { message: done }";
    let desk = Desk::new(parts, "{}");
    let answer = desk.call(&format!(r#"{{"lines":{}}}"#, numbers(50_000)));
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(desk.service.requests()[0].json()["lines"].as_array().map(Vec::len), Some(50_000));
}
