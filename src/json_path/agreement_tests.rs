//! Our evaluation and the `jsonpath-rust` crate's find the same nodes, in the same order, where that crate is right: its
//! numbers are rounded to 53 bits, and it orders `$..['a','b']` otherwise than RFC 9535.

use std::ptr;

use jsonpath_rust::query::js_path_vals;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::JsonPath;
use crate::budget::Budget;

/// Few names and values, so that paths often find something.
fn document() -> impl Strategy<Value = Value> {
    let leaf = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-2),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("xy"),
    ]);
    leaf.prop_recursive(4, 48, 5, |inner| {
        let member = (select(vec!["a", "b", "c d"]), inner.clone());
        prop_oneof![
            vec(inner, 0..5).prop_map(Value::Array),
            vec(member, 0..4).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
            }),
        ]
    })
}

const SEGMENTS: [&str; 33] = [
    ".a",
    ".b",
    "['c d']",
    "[\"a\"]",
    "[0]",
    "[1]",
    "[-1]",
    "[7]",
    ".*",
    "[*]",
    "[1:]",
    "[:2]",
    "[1:3]",
    "[-2:]",
    "[::2]",
    "[::-1]",
    "[0,1]",
    "['a','b']",
    "..a",
    "..*",
    "..[0]",
    "[?@.a]",
    "[?!@.a]",
    "[?@.a=='x']",
    "[?@.a!='x']",
    "[?@.a==@.b]",
    "[?@.a<1.5]",
    "[?@.a>=0 && @.b]",
    "[?@.a==null || @==1]",
    "[?(@.a=='x' || @.b) && !@['c d']]",
    "[?@==$.a]",
    "[?length(@)>1]",
    "[?count(@.*)==2]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paths_find_the_nodes_that_the_crate_finds(document in document(), segments in vec(select(&SEGMENTS[..]), 0..4)) {
        let path = format!("${}", segments.concat());
        let compiled = JsonPath::compile(&path).map_err(|fault| TestCaseError::fail(format!("{path}: {fault:?}")))?;
        let ours = compiled.nodes(&document, &Budget::unlimited()).unwrap();
        let theirs = js_path_vals(&path, &document).unwrap();
        prop_assert!(
            ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| ptr::eq(*ours, *theirs)),
            "{path} in {document}: {ours:?}, not {theirs:?}",
        );
    }
}
