//! Our evaluation and the `handlebars` crate's say the same of plain templates over texts, where nothing depends on types.

use handlebars::{Handlebars, no_escape};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{CallClock, Scope, Template};
use crate::budget::Budget;

fn text() -> impl Strategy<Value = String> {
    "[a-z<>&'\"é .,]{0,6}"
}

/// Pieces one after the other.
fn row(piece: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn choice(body: impl Strategy<Value = String> + Clone + 'static) -> BoxedStrategy<String> {
    let looked_at =
        select(vec!["data.a", "data.empty", "data.missing", "data.people", "data.yes", "data.no", "data.map"]);
    (select(vec!["if", "unless"]), looked_at, body.clone(), proptest::option::of(body))
        .prop_map(|(block, looked_at, then, otherwise)| {
            let otherwise = otherwise.map(|body| format!("{{{{else}}}}{body}")).unwrap_or_default();
            format!("{{{{#{block} {looked_at}}}}}{then}{otherwise}{{{{/{block}}}}}")
        })
        .boxed()
}

/// What stands within a loop over people.
fn person() -> impl Strategy<Value = String> {
    let tag = prop_oneof![text(), select(vec!["{{this}}", "{{@index}}", "{{../name}}"]).prop_map(str::to_owned)];
    prop_oneof![
        text(),
        select(vec!["{{name}}", "{{@index}}", "{{../data.a}}", "{{@root.data.a}}", "{{missing}}"])
            .prop_map(str::to_owned),
        row(tag).prop_map(|body| format!("{{{{#each tags}}}}{body}{{{{/each}}}}")),
        (text(), text()).prop_map(|(then, other)| format!("{{{{#if name}}}}{then}{{{{else}}}}{other}{{{{/if}}}}")),
    ]
}

fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        text(),
        select(vec!["{{data.a}}", "{{data.empty}}", "{{data.missing}}", "{{data.map.k}}", "{{data.map.missing.k}}"])
            .prop_map(str::to_owned),
        row(person()).prop_map(|body| format!("{{{{#each data.people}}}}{body}{{{{else}}}}none{{{{/each}}}}")),
        text().prop_map(|body| format!("{{{{#with data.map}}}}{body}{{{{k}}}}{{{{/with}}}}")),
    ];
    row(leaf.prop_recursive(3, 24, 4, |inner| choice(row(inner).boxed())))
}

fn data() -> impl Strategy<Value = Value> {
    let person =
        (any::<String>(), vec(any::<String>(), 0..3)).prop_map(|(name, tags)| json!({ "name": name, "tags": tags }));
    (any::<String>(), any::<String>(), vec(person, 0..3)).prop_map(
        |(a, k, people)| json!({ "a": a, "empty": "", "yes": true, "no": false, "map": { "k": k }, "people": people }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_templates_are_rendered_as_the_crate_renders_them(template in template(), data in data()) {
        let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
        let compiled = Template::compile(&template).map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        let ours = compiled.string(&Scope::new(&clock, &Budget::unlimited()).with("data", &data)).unwrap();
        let mut handlebars = Handlebars::new();
        handlebars.register_escape_fn(no_escape);
        let theirs = handlebars.render_template(&template, &json!({ "data": data })).unwrap();
        prop_assert_eq!(ours.unwrap_or_default(), theirs, "{}", template);
    }
}
