//! Templates as integrators meet them: values, text, places, and what is refused.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CallClock, EscapeError, RenderError, Scope, Template};
use crate::budget::{Budget, BudgetBounds, Exhausted};
use crate::diagnostic::Code;

static UNLIMITED: Budget = Budget::unlimited();

fn data() -> Value {
    json!({
        "name": "Ana", "empty": "", "null": null, "zero": 0, "yes": true, "n": 5,
        "id": serde_json::from_str::<Value>("12345678901234567890123").unwrap(),
        "tags": ["a", "b"], "none": [], "map": {"k": "v", "with space": 1}, "json": "a key named like a helper",
        "people": [{"name": "Bo", "tags": ["x"]}, {"name": "Cy", "tags": []}],
    })
}

fn value_of(template: &str) -> Result<Option<Value>, RenderError> {
    let (clock, data) = (CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [7; 16]), data());
    Template::compile(template).unwrap().value(&Scope::new(&clock, &UNLIMITED).with("data", &data))
}

#[track_caller]
fn gives(template: &str, expected: Value) {
    assert_eq!(value_of(template).unwrap(), Some(expected), "{template}");
}

#[track_caller]
fn is_absent(template: &str) {
    assert_eq!(value_of(template).unwrap(), None, "{template}");
}

#[track_caller]
fn fails(template: &str, part: &str) {
    let message = value_of(template).unwrap_err().to_string();
    assert!(message.contains(part), "{template}: {message}");
}

/// `at` is what the fault points at.
#[track_caller]
fn refused(template: &str, code: Code, at: &str) {
    let faults = Template::compile(template).unwrap_err();
    let fault = faults.first().unwrap();
    assert_eq!(fault.code, code, "{template}: {}", fault.message);
    assert_eq!(template.get(fault.at.clone()), Some(at), "{template}: {}", fault.message);
}

#[test]
fn a_lone_expression_keeps_its_type() {
    gives("{{data.n}}", json!(5));
    gives("{{data.tags}}", json!(["a", "b"]));
    gives("{{data.map}}", json!({"k": "v", "with space": 1}));
    gives("{{data.yes}}", json!(true));
    gives("{{data.null}}", Value::Null);
    gives("{{data.id}}", serde_json::from_str("12345678901234567890123").unwrap());
    gives("{{ data.n }}", json!(5));
    is_absent("{{data.missing}}");
    is_absent("{{data.name.deeper}}");
}

#[test]
fn with_anything_around_it_is_text() {
    gives("n={{data.n}}", json!("n=5"));
    gives("{{data.id}}!", json!("12345678901234567890123!"));
    gives("[{{data.missing}}{{data.null}}]", json!("[]"));
    gives("{{data.yes}} ", json!("true "));
    fails("x{{data.tags}}", "cannot become text");
    fails("x{{data.map}}", "`data.map` is a map");
}

#[test]
fn paths_reach_into_lists_and_odd_keys() {
    gives("{{data.people.1.name}}", json!("Cy"));
    gives("{{data.people.[0].name}}", json!("Bo"));
    gives("{{data.map.[with space]}}", json!(1));
    gives("{{data.json}}", json!("a key named like a helper"));
}

#[test]
fn blocks_do_what_handlebars_does() {
    gives("{{#if data.zero}}a{{else}}b{{/if}}", json!("b"));
    gives("{{#if data.zero includeZero=true}}a{{else}}b{{/if}}", json!("a"));
    gives("{{#if data.map}}a{{/if}}", json!("a"));
    gives("{{#if data.none}}a{{else if data.name}}{{data.name}}{{else}}c{{/if}}", json!("Ana"));
    gives("{{#unless data.missing}}none{{/unless}}", json!("none"));
    gives("{{#each data.tags}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}", json!("0a,1b"));
    gives("{{#each data.map}}{{@key}}={{this}};{{/each}}", json!("k=v;with space=1;"));
    gives("{{#each data.none}}x{{else}}nobody{{/each}}", json!("nobody"));
    gives("{{#each data.people as |person index|}}{{index}}{{person.name}}{{/each}}", json!("0Bo1Cy"));
    gives("{{#each data.people}}{{name}}/{{@root.data.name}}/{{../data.n}} {{/each}}", json!("Bo/Ana/5 Cy/Ana/5 "));
    gives("{{#each data.people}}{{#each tags}}{{this}}{{../name}}{{/each}}{{/each}}", json!("xBo"));
    gives("{{#with data.map}}{{k}}{{/with}}{{#with data.missing}}x{{else}}-{{/with}}", json!("v-"));
}

#[test]
fn white_space_is_handled_as_handlebars_does() {
    gives("a  {{~data.n~}}  b", json!("a5b"));
    gives("{{#if data.yes}}\nline\n{{/if}}\nend", json!("line\nend"));
    gives("a{{! a comment }}b{{!-- }} --}}c", json!("abc"));
}

#[test]
fn the_end_of_a_template_ends_a_line() {
    gives("a\n{{! c }}  ", json!("a\n"));
    gives("{{#if data.yes}}\na\n{{/if}} ", json!("a\n"));
    gives("{{#if data.zero}}\na\n{{else if data.yes}}\nb\n{{else}}\nc\n{{/if}}\nd", json!("b\nd"));
    gives("x {{! c }}\n\n{{~data.n}}", json!("x 5"));
    gives("{{data.n~}}{{! c }} x", json!("5 x"));
    gives("a\u{feff} {{~data.n~}}\u{a0}b", json!("a5b"));
}

#[test]
fn turns_are_counted_by_loops_alone() {
    gives("{{#each data.people}}{{#with name}}{{@index}}{{/with}}{{/each}}", json!("01"));
    gives("{{#each data.people}}{{#each tags}}{{@../index}}{{@index}}{{/each}}{{/each}}", json!("00"));
    refused("{{#with data.map}}{{@index}}{{/with}}", Code::BadTemplate, "@index");
    refused("{{#each data.people}}{{@../index}}{{/each}}", Code::BadTemplate, "@../index");
}

#[test]
fn a_field_is_not_taken_for_a_helper() {
    gives("{{#each data.people}}{{#if uuid}}y{{else}}n{{/if}}{{/each}}", json!("nn"));
    refused("{{#each data.people}}{{number}}{{/each}}", Code::BadHelperCall, "number");
    refused("{{#each data.people as |upper|}}{{upper x}}{{/each}}", Code::BadHelperCall, "upper");
    refused("{{#each data.people as |data|}}x{{/each}}", Code::ShadowedName, "each data.people as |data|");
}

#[test]
fn what_handlebars_refuses_is_refused() {
    refused("{{#if eq data.n 5}}y{{/if}}", Code::BadHelperCall, "data.n");
    refused("{{#if data.n includeZero=data.x}}y{{/if}}", Code::BadHelperCall, "includeZero=");
    refused("{{upper (data.name)}}", Code::BadTemplate, "data.name");
    refused("{{date format='%Y' data.n}}", Code::BadTemplate, "data.n");
    refused("{{concat 1e5}}", Code::BadTemplate, "1e5");
    refused("{{ ~data.n}}", Code::BadTemplate, "~data.n");
    refused("{{!--}} lost {{!-- c --}}", Code::BadTemplate, "{{");
    refused("{{!-- c --~}} lost {{!-- c --}}", Code::BadTemplate, "{{");
    refused("{{#if data.n}}a{{else}}b{{else}}c{{/if}}", Code::BadTemplate, "{{else}}");
    refused("{{data.map.[a\\b]}}", Code::BadTemplate, "data.map.[a\\b]");
    refused("{{data.it's}}", Code::BadTemplate, "'");
    is_absent("{{data.tags.[01]}}");
    is_absent("{{lookup data.tags '+1'}}");
}

#[test]
fn strings_in_templates_know_their_escapes() {
    gives(r#"{{concat "a\n" 'it\'s' "\"\\\t"}}"#, json!("a\nit's\"\\\t"));
    refused(r#"{{concat "\q" "b"}}"#, Code::BadTemplate, "\\");
}

#[test]
fn values_are_never_evaluated() {
    let (clock, data) = (CallClock::now(), json!({"x": "{{data.secret}} {{{y}}} $.a ${b}"}));
    let text = Template::compile("<{{data.x}}>").unwrap().string(&Scope::new(&clock, &UNLIMITED).with("data", &data));
    assert_eq!(text.unwrap().unwrap(), "<{{data.secret}} {{{y}}} $.a ${b}>");
}

#[test]
fn now_is_the_instant_of_the_call_and_ids_differ() {
    gives("{{now}}", json!("1970-01-01T00:00:00Z"));
    let clock = CallClock::now();
    let scope = Scope::new(&clock, &UNLIMITED);
    let template = Template::compile("{{uuid}}").unwrap();
    assert_ne!(template.string(&scope).unwrap(), template.string(&scope).unwrap());
}

#[test]
fn what_is_wrong_is_shown_where_it_is() {
    refused("Hi {{{data.x}}}", Code::UnescapedBraces, "{{{");
    refused("{{&data.x}}", Code::UnescapedBraces, "{{&");
    refused("{{uper data.x}}", Code::UnknownHelper, "uper");
    refused("{{upper (lowr data.x)}}", Code::UnknownHelper, "lowr");
    refused("{{upper data.x data.y}}", Code::BadHelperCall, "upper");
    refused("{{date data.x fromat='%Y'}}", Code::BadHelperCall, "fromat");
    refused("{{upper}}", Code::BadHelperCall, "upper");
    refused("{{data.x", Code::BadTemplate, "{{");
    refused("{{}}", Code::BadTemplate, "{{");
    refused("{{#if data.x}}y", Code::BadTemplate, "{{#if data.x}}");
    refused("{{#if data.x}}y{{/each}}", Code::BadTemplate, "{{/each}}");
    refused("y{{/if}}", Code::BadTemplate, "{{/if}}");
    refused("{{else}}", Code::BadTemplate, "{{else}}");
    refused("{{> partial}}", Code::BadTemplate, "> partial");
    refused("{{#*inline \"a\"}}{{/inline}}", Code::BadTemplate, "#*inline \"a\"");
    refused("{{#foo data.x}}{{/foo}}", Code::UnknownHelper, "foo data.x");
    refused("{{#each data.tags}}{{data.x}}{{/each}}", Code::BadTemplate, "data.x");
    refused("{{this}}", Code::BadTemplate, "this");
    refused("\\{{data.x}}", Code::BadTemplate, "\\{{");
    refused("{{12}}", Code::BadTemplate, "{{12}}");
    refused("{{data.a + data.b}}", Code::BadTemplate, "{{data.a + data.b}}");
}

#[test]
fn several_faults_are_told_at_once() {
    let faults = Template::compile("{{uper data.x}} and {{lowr data.y}}").unwrap_err();
    assert_eq!(faults.len(), 2);
    assert_eq!(Template::compile("{{concat (uper data.x) (lowr data.y)}}").unwrap_err().len(), 2);
    assert_eq!(faults.first().unwrap().help.as_deref(), Some("did you mean `upper`?"));
}

#[test]
fn hostile_templates_are_refused_quickly() {
    let deep = 3000;
    for template in [
        "{{#if a}}".repeat(deep) + &"{{/if}}".repeat(deep),
        format!("{{{{{}a{}}}}}", "(upper ".repeat(deep), ")".repeat(deep)),
        "{{#if a}}".to_owned() + &"{{else if a}}".repeat(deep) + "{{/if}}",
        "{{a}}".repeat(2000),
        "x".repeat(65 * 1024),
    ] {
        assert!(Template::compile(&template).is_err());
    }
}

#[test]
fn work_and_output_are_bounded() {
    let (clock, data) = (CallClock::now(), json!({ "l": vec![1; 400] }));
    let template =
        Template::compile("{{#each data.l}}{{#each @root.data.l}}{{#each @root.data.l}}x{{/each}}{{/each}}{{/each}}")
            .unwrap();
    let budget = || Budget::new(BudgetBounds::default(), Instant::now() + Duration::from_secs(3600));
    let error = template.value(&Scope::new(&clock, &budget()).with("data", &data)).unwrap_err();
    assert_eq!(error.exhausted(), Some(Exhausted::Steps(2_000_000)));
    assert_eq!(template.text().get(error.at()), Some("@root.data.l"));
    let many = json!({ "l": vec![1; 60_000], "t": "x".repeat(100_000) });
    for template in [
        "{{#each data.l}}{{#each @root.data.l}}{{/each}}{{/each}}",
        "{{#each data.l}}{{#with @root.data}}{{#if (digits t)}}{{/if}}{{/with}}{{/each}}",
        "{{#with (concat data.t data.t)}}{{#with (concat this this this this)}}{{len (concat this this this this this this this this \
         this this this this this this this this this this this this this this)}}{{/with}}{{/with}}",
    ] {
        let budget = budget();
        let scope = Scope::new(&clock, &budget).with("data", &many);
        let error = Template::compile(template).unwrap().value(&scope).unwrap_err();
        assert!(error.exhausted().is_some(), "{template}: {error}");
    }
}

#[test]
fn a_comment_leaves_one_text() {
    assert_eq!(Template::compile("a{{! b }}c").unwrap().constant(), Some("ac"));
    assert_eq!(Template::compile("{{! b }}").unwrap().constant(), Some(""));
}

#[test]
fn references_name_their_place_and_only_the_free_ones() {
    let text = "{{#each data.tags as |tag|}}{{tag}}{{this.x}}{{@root.vars.y}}{{/each}}{{upper meta.id}}";
    let template = Template::compile(text).unwrap();
    let seen: Vec<(String, &str)> =
        template.references().iter().map(|seen| (seen.path.join("."), text.get(seen.at.clone()).unwrap())).collect();
    let expected = [("data.tags", "data.tags"), ("vars.y", "@root.vars.y"), ("meta.id", "meta.id")];
    assert_eq!(seen, expected.map(|(path, at)| (path.to_owned(), at)));
}

#[track_caller]
fn holes(template: &str, assigned: &[&str], expected: &[&str]) {
    let template = Template::compile(template).unwrap();
    let found: Vec<String> = template
        .unassigned(&|seen| assigned.contains(&seen.path.join(".").as_str()))
        .iter()
        .map(|seen| seen.path.join("."))
        .collect();
    assert_eq!(found, expected, "{}", template.text());
}

#[test]
fn holes_are_what_could_be_missing() {
    holes("{{vars.a}}/{{vars.b}}", &["vars.a"], &["vars.b"]);
    holes("{{default vars.a vars.b}}", &["vars.b"], &[]);
    holes("{{default vars.a vars.b}}", &[], &["vars.a", "vars.b"]);
    holes("{{default vars.a 'x'}}", &[], &[]);
    holes("{{#if vars.a}}{{vars.a}}{{else}}{{vars.b}}{{/if}}", &[], &["vars.b"]);
    holes("{{upper vars.a}}", &[], &["vars.a"]);
    holes("{{concat 'x' vars.a}}", &[], &["vars.a"]);
    holes("{{choose vars.a x='1'}}", &[], &["vars.a"]);
    holes("{{choose vars.a x='1' else=vars.b}}", &[], &["vars.b"]);
    holes("{{#if (and vars.a.id vars.b)}}{{vars.a}}{{vars.b}}{{vars.c}}{{/if}}", &[], &["vars.c"]);
    holes("{{#if (or vars.a vars.b)}}{{vars.a}}{{/if}}", &[], &["vars.a"]);
}

fn percent(text: &str) -> Result<String, EscapeError> {
    Ok(percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string())
}

#[test]
fn an_address_has_no_holes() {
    let (clock, data) = (CallClock::now(), data());
    let scope = Scope::new(&clock, &UNLIMITED).with("data", &data);
    let path = |template: &str| Template::compile(template).unwrap().escaped(&scope, &percent);
    assert_eq!(path("/a/{{data.name}}/b").unwrap(), "/a/Ana/b");
    for (name, found) in [("missing", "absent"), ("null", "null"), ("empty", "empty")] {
        let message = path(&format!("/a/{{{{data.{name}}}}}")).unwrap_err().to_string();
        assert_eq!(message, format!("`data.{name}` is {found}, and an address cannot be built without it"));
    }
}

proptest! {
    #[test]
    fn any_text_comes_out_as_it_went_in(text in ".*") {
        let (clock, data) = (CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]), json!({ "x": text }));
        let scope = Scope::new(&clock, &UNLIMITED).with("data", &data);
        prop_assert_eq!(Template::compile("{{data.x}}").unwrap().value(&scope).unwrap(), Some(json!(text.clone())));
        let mixed = Template::compile("<{{data.x}}>").unwrap().string(&scope).unwrap();
        prop_assert_eq!(mixed, Some(format!("<{text}>")));
    }

    #[test]
    fn a_value_adds_no_segment_to_a_path(text in ".+") {
        let (clock, data) = (CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]), json!({ "x": text }));
        let scope = Scope::new(&clock, &UNLIMITED).with("data", &data);
        let path = Template::compile("/a/{{data.x}}/b").unwrap().escaped(&scope, &percent).unwrap();
        prop_assert_eq!(path.matches('/').count(), 3);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in ".{0,200}") {
        let _ = Template::compile(&text);
    }

    #[test]
    fn no_mix_of_pieces_makes_the_compiler_panic(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "{{", "}}", "{{{", "#if ", "#each ", "/if", "/each", "else", "else if ", " as |x|", "(", ")", "\"", "'", "~", "!", "--",
                "data.x", "upper ", "..", "/", "@root", ".", " ", "=", "|", "[", "]", "\\", "é", "{{#if data.x}}", "{{/if}}", "{{else}}",
            ]),
            0..24,
        )
    ) {
        let text = pieces.concat();
        if let Ok(template) = Template::compile(&text) {
            let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
            let _ = template.value(&Scope::new(&clock, &UNLIMITED));
        }
    }
}
