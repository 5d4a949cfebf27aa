//! Tests of the reading of YAML.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::diagnostic::Diagnostic;

fn read(file: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let mut problems = Problems::new(Arc::new(Source::new("test.yaml", file)));
    let node = read_yaml(&mut problems, Bounds::DEFINITION);
    (node, problems.finish())
}

#[track_caller]
fn check(file: &str, expected: Value) {
    let (node, problems) = read(file);
    assert_eq!(node.map(|node| node.to_value()), Some(expected));
    assert_eq!(problems, []);
}

/// The place and a part of the message or help of each problem.
#[track_caller]
fn check_problems(file: &str, expected: &[(usize, usize, &str)]) {
    let (_, problems) = read(file);
    let found: Vec<_> = problems
        .iter()
        .map(|problem| {
            (problem.line_column(), format!("{} {}", problem.message, problem.help.as_deref().unwrap_or("-")))
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (((line, column), text), (wanted_line, wanted_column, words)) in found.iter().zip(expected) {
        assert_eq!((line, column), (wanted_line, wanted_column), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[track_caller]
fn check_warned(plain: &str) {
    check_problems(&format!("a: {plain}"), &[(1, 4, "is text here")]);
    check(&format!("a: '{plain}'"), json!({ "a": plain }));
    check(&format!("a: \"{plain}\""), json!({ "a": plain }));
}

/// The text of the file that the only entry of a map, or item of a list, covers.
#[track_caller]
fn check_span(file: &str, expected: &str) {
    let (node, _) = read(file);
    let node = match node.map(|node| node.kind) {
        Some(Kind::Map(mut entries)) => entries.pop().map(|entry| entry.value),
        Some(Kind::List(mut items)) => items.pop(),
        _ => None,
    };
    let span = node.expect("a map or list with something in it").span;
    assert_eq!(file.get(span.range()), Some(expected));
}

#[test]
fn every_style_reads_as_its_text() {
    check("a: b c # note\nd: 'it''s'\ne: \"x\\n\\u00e9\"", json!({ "a": "b c", "d": "it's", "e": "x\né" }));
    check("a: |\n  x\n   y\n\n  z\nb: >-\n  x\n  y\n\n  z\n", json!({ "a": "x\n y\n\nz\n", "b": "x y\nz" }));
    check("a: b\n  c\n\n  d", json!({ "a": "b c\nd" }));
    check("[a, {b: [c, d]}, 'e']", json!(["a", { "b": ["c", "d"] }, "e"]));
}

#[test]
fn an_empty_block_is_an_empty_text() {
    check("a: |\nb: >\nc: |-", json!({ "a": "", "b": "", "c": "" }));
}

#[test]
fn core_scalars_have_their_type() {
    check("[true, True, FALSE, null, ~, 5, -5, +5]", json!([true, true, false, null, null, 5, -5, 5]));
    check("a:\nb: ''", json!({ "a": null, "b": "" }));
    check("[0x1F, 0o17, .5, -.5, 5., 1e3]", serde_json::from_str("[31, 15, 0.5, -0.5, 5, 1e3]").expect("JSON"));
    check(
        "[., .., '5', +-5, 0x+5, 0x, 1.5., .5., 1.2.3]",
        json!([".", "..", "5", "+-5", "0x+5", "0x", "1.5.", ".5.", "1.2.3"]),
    );
}

#[test]
fn a_number_keeps_its_digits() {
    let expected =
        serde_json::from_str("[123456789012345678901234567890, 1.10, -0, 0.1234567890123456789]").expect("JSON");
    check("[123456789012345678901234567890, 1.10, -0, 0.1234567890123456789]", expected);
}

#[test]
fn words_that_yaml_1_1_reads_otherwise_are_warned_of_unless_quoted() {
    for plain in
        ["yes", "No", "ON", "off", "y", "n", "0123", "0899", "-012", "12:30", "08:5", "190:20:30", "1_000", "0b11"]
    {
        check_warned(plain);
    }
    for plain in ["2024-01-31", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43"] {
        check_warned(plain);
    }
}

#[test]
fn ordinary_words_are_not_warned_of() {
    check(
        "[yesterday, 12:75, 8080:80, a_1, 1-2-3, 2024-1x-01, 10.0.0.1, a:1]",
        json!(["yesterday", "12:75", "8080:80", "a_1", "1-2-3", "2024-1x-01", "10.0.0.1", "a:1"]),
    );
    check("a: |\n  yes\nb: >-\n  0123", json!({ "a": "yes\n", "b": "0123" }));
}

#[test]
fn every_duplicate_key_is_reported_at_its_place() {
    check_problems(
        "a: 1\na: 2\nb: { x: 1, x: 2 }\n\"a\": 3",
        &[(2, 1, "the first is in line 1"), (3, 12, "line 3"), (4, 1, "line 1")],
    );
}

#[test]
fn an_unquoted_template_is_named() {
    for (file, column) in
        [("a: {{data.x}}", 5), ("- {{data.x}}", 4), ("{a: {{data.x}}}", 6), ("[\"{{a}}\", {{b}}]", 12)]
    {
        check_problems(file, &[(1, column, "put the template in quotes")]);
    }
    check("a: x {{b}}", json!({ "a": "x {{b}}" }));
}

#[test]
fn an_unquoted_path_in_a_flow_collection_is_named() {
    check_problems("a: { path: $.a[0] }", &[(1, 15, "needs quotes")]);
    check_problems("a: [$.a[0], $.b]", &[(1, 8, "needs quotes")]);
    check("a: $.a[0]\nb: [$.a, '$.b[0]']", json!({ "a": "$.a[0]", "b": ["$.a", "$.b[0]"] }));
}

#[test]
fn common_mistakes_are_explained() {
    check_problems("a:\n\tb: 1", &[(2, 2, "Tabs cannot indent")]);
    check_problems("b: x\n\tc: y", &[(1, 4, "Tabs cannot indent")]);
    check_problems("a: 'x\nb: y", &[(1, 4, "not closed")]);
    check_problems("a: \"x", &[(1, 4, "not closed")]);
    check_problems("a: {x: 1", &[(1, 4, "bracket is not closed")]);
    check_problems("a: b: c", &[(1, 5, "second `: `")]);
    check_problems("a: b\n---\nc: d", &[(2, 1, "one document")]);
    check_problems("a: @x", &[(1, 4, "put the value in quotes")]);
    check_problems("a: \"x\" y", &[(1, 8, "inside the quotes")]);
    check_problems(r#"a: "\q""#, &[(1, 4, "double it")]);
    check_problems("[a]: x", &[(1, 1, "A key must be text")]);
    check_problems("null: x", &[(1, 1, "A key must be text")]);
    for number in [".inf", "-.Inf", ".NAN", "1e999"] {
        check_problems(&format!("a: {number}\nb: '{number}'"), &[(1, 4, "no such number")]);
    }
    check_problems("a: [b", &[(1, 4, "bracket is not closed")]);
    check_problems("- a\nb: c", &[(2, 1, "check the indentation")]);
    check_problems("%YAML 1.2\n%YAML 1.2\n---\na: b", &[(2, 1, "Duplicate version directive.")]);
}

#[test]
fn tags_are_refused() {
    check_problems("a: !secret x", &[(1, 4, "remove the tag")]);
    check_problems("a: !!map { b: !c [] }\n!!str d: 1", &[(1, 4, "remove"), (1, 15, "remove"), (2, 1, "remove")]);
    check_problems("a: !e!x 5", &[(1, 4, "remove the tag")]);
    check_problems("a: !!str 5", &[(1, 4, "remove the tag")]);
    check_problems("a: !!str &x 5", &[(1, 4, "remove the tag")]);
    check("a: b !c", json!({ "a": "b !c" }));
}

#[test]
fn aliases_and_merge_keys_expand() {
    check(
        "a: &x { k: v }\nb: *x\nc: { <<: *x, j: 1 }\nd: { <<: *x, k: own }",
        json!({
            "a": { "k": "v" }, "b": { "k": "v" }, "c": { "j": 1, "k": "v" }, "d": { "k": "own" },
        }),
    );
    check(
        "a: &x { k: 1 }\nb: &y { k: 2, l: 2 }\nc: { <<: [*x, *y], <<: { m: 3 }, l: own }\nd: { '<<': 1 }\ne: { <<: ~ }",
        json!({
            "a": { "k": 1 }, "b": { "k": 2, "l": 2 }, "c": { "l": "own", "k": 1, "m": 3 }, "d": { "<<": 1 }, "e": {},
        }),
    );
    check_problems("a: { <<: 5 }", &[(1, 10, "a map, or a list of maps")]);
    check_problems("a: { <<: [{}, x] }", &[(1, 10, "a map, or a list of maps")]);
    check_problems("a: &x { k: 1 }\nb: { <<: *x, k: 1, k: 2 }", &[(2, 20, "a second time")]);
    check("a: &x 0x1F\n*x : b\n", json!({ "a": 31, "31": "b" }));
    check_problems("a: &x [1]\n? *x\n: b", &[(2, 3, "A key must be text")]);
    check("a: &x 5\nb: *x\nc: &y |\n  t\nd: *y", json!({ "a": 5, "b": 5, "c": "t\n", "d": "t\n" }));
    check_problems("a: *nope", &[(1, 4, "names no anchor")]);
    check_problems("a: &a [*a]", &[(1, 8, "stands inside")]);
}

#[test]
fn keys_are_text_whatever_they_look_like() {
    check(
        "5: x\ntrue: z\n1.10: w\ny: v\n.inf: u\n",
        json!({ "5": "x", "true": "z", "1.10": "w", "y": "v", ".inf": "u" }),
    );
    check("&x 1.10: a\nb: *x", serde_json::from_str(r#"{ "1.10": "a", "b": 1.10 }"#).expect("JSON"));
}

#[test]
fn a_byte_order_mark_and_windows_lines_do_not_matter() {
    check("\u{feff}a: é\r\nb: |\r\n  x\r\n  z\r\n", json!({ "a": "é", "b": "x\nz\n" }));
    check_problems("\u{feff}a: é\nb: yes", &[(2, 4, "`yes`")]);
}

#[test]
fn an_empty_file_is_nothing() {
    for file in ["", "\n\n", "# note\n# note\n", "---\n", "\u{feff}"] {
        check(file, Value::Null);
    }
}

#[test]
fn places_cover_what_is_written() {
    check_span("a: { b: [c, d] }", "{ b: [c, d] }");
    check_span("a: { b: [c, ], } # e", "{ b: [c, ], }");
    check_span("a: { b: c, # }\n  b: d }", "{ b: c, # }\n  b: d }");
    check_span("- []", "[]");
    check_span("a:\n  b: c\n  d: e\nf:\n  - g\n  - h\n", "- g\n  - h");
    check_span("a: &x { b: c }\nd: *x", "*x");
    check_span("a: 'b'", "'b'");
    check_span("a: |\n\n  b\n  c\n", "b\n  c\n");
}

#[test]
fn a_style_is_known_from_the_header_and_not_from_what_looks_like_one() {
    let style = |file: &str| match read(file).0.map(|node| node.kind) {
        Some(Kind::Map(mut entries)) => match entries.pop().map(|entry| (entry.key.style, entry.value.kind)) {
            Some((Style::Plain, Kind::Text(text))) => text.style,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    for file in ["a: |\n  b", "a: |2-  # > note\n   b", "a: &x |+\n\n\n  b\n", "a: # >\n  |\n  b", "a:\n- x\nb: |"] {
        assert_eq!(style(file), Style::Literal, "{file}");
    }
    for file in ["a: >\n  b", "\"x | # y\": 1\na: >- # | note\n  b\n", "a: &x >+\n  b\n"] {
        assert_eq!(style(file), Style::Folded, "{file}");
    }
    for file in ["a: x|\nb: c", "a: # |\n  c", "a: # b: |\n  c", "a: c |\n  d", "a: |\nb: c", "a:\n  c"] {
        assert_eq!(style(file), Style::Plain, "{file}");
    }
}

#[test]
fn hostile_files_are_refused_quickly() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for level in 1..100 {
        deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let mut nested = String::new();
    for level in 0..30 {
        nested.push_str(&format!("&n{level} ["));
    }
    nested.push_str(&vec!["x"; 5000].join(", "));
    nested.push_str(&"]".repeat(30));
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), vec!["*a"; 2000].join(", "));
    let files = [
        "- ".repeat(50_000),
        "[".repeat(100_000),
        "{a: ".repeat(60_000),
        "? ".repeat(50_000),
        laughs,
        deep,
        nested,
        long,
    ];
    for file in files {
        let begun = Instant::now();
        let (node, problems) = read(&file);
        assert!(node.is_none() && problems.len() == 1, "{:?}", file.get(..20));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?} took {:?}", file.get(..20), begun.elapsed());
    }
}

#[test]
fn what_others_publish_may_nest_deeper() {
    for (depth, read) in [(256, true), (257, false)] {
        for file in [format!("{}{}", "[".repeat(depth), "]".repeat(depth)), "- ".repeat(depth) + "x"] {
            let mut problems = Problems::new(Arc::new(Source::new("test.yaml", file)));
            assert_eq!(read_yaml(&mut problems, Bounds::FOREIGN).is_some(), read, "{depth}");
        }
    }
}

#[test]
fn a_file_over_the_limit_is_refused() {
    check_problems(&"# x\n".repeat(300_000), &[(1, 1, "larger than 1 MiB")]);
}
