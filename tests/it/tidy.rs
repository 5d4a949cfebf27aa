//! The house rules that no compiler checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use action_executor::catalog::{Operator, build, load};
use action_executor::diagnostic::render_text;

use crate::support::command;

/// The layer of every module; a module uses those of its own layer and below.
const LAYERS: [(&str, u8); 33] = [
    ("budget", 0),
    ("diagnostic", 0),
    ("host_pattern", 0),
    ("keyword", 0),
    ("suggest", 0),
    ("origin", 0),
    ("route", 0),
    ("secret", 0),
    ("regular_expression", 0),
    ("status_pattern", 0),
    ("value", 0),
    ("document", 1),
    ("condition", 2),
    ("content", 2),
    ("json_path", 2),
    ("template", 2),
    ("catalog", 3),
    ("auth", 4),
    ("call", 4),
    ("state", 4),
    ("upstream", 4),
    ("live", 5),
    ("operations", 5),
    ("telemetry", 5),
    ("authoring", 6),
    ("export", 6),
    ("lsp", 6),
    ("server", 6),
    // What a test expects is what the caller would be answered, and that only the server knows.
    ("testing", 7),
    ("console", 7),
    ("app", 8),
    ("cli", 9),
    ("lib", 10),
];

/// What only these files may name, so that a library or a decision can be exchanged in one place.
const ONLY_IN: [(&str, &[&str]); 6] = [
    ("handlebars", &["template/parse.rs"]),
    ("jsonpath_rust", &["json_path/parse.rs"]),
    ("ConnectionManager", &["state/redis.rs"]),
    ("reqwest", &["upstream/client.rs"]),
    ("serde_yaml", &["document/syntax.rs", "document/yaml.rs"]),
    ("StatusCode", &["call/failure.rs", "server/respond.rs"]),
];

const LONGEST_FILE: usize = 600;

/// Words of our own that had another name in the field; no type and no module is named by one again.
const GONE: [&str; 22] = [
    "begun",
    "canned",
    "circumstances",
    "commons",
    "desk",
    "doubtful",
    "exposure",
    "found",
    "furnish",
    "harm",
    "house",
    "kept",
    "members",
    "moment",
    "nobody",
    "rehearsal",
    "repetition",
    "resting",
    "stranger",
    "to_the_end",
    "turned_away",
    "visit",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a directory, by its path from there.
fn files(directory: &str) -> BTreeMap<String, String> {
    let (top, mut found) = (root().join(directory), BTreeMap::new());
    let mut left = vec![top.clone()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name: PathBuf = path.strip_prefix(&top).unwrap().components().collect();
            found.insert(name.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    assert!(!found.is_empty());
    found
}

/// The files of `src` that are built into the program: no tests, no comments.
pub(crate) fn product() -> BTreeMap<String, String> {
    let of_tests = |name: &str| name.split(['/', '.', '_']).any(|part| part == "tests");
    files("src").into_iter().filter(|(name, _)| !of_tests(name)).map(|(name, text)| (name, code(&text))).collect()
}

/// A file without comments and without items for tests. Texts that hold `//` lose their rest, which names no module.
fn code(text: &str) -> String {
    let (mut lines, mut kept) = (text.lines(), Vec::new());
    while let Some(line) = lines.next() {
        if !line.trim().starts_with("#[cfg(test)]") && !line.trim().starts_with("#[cfg(all(test,") {
            kept.push(line.split("//").next().unwrap_or_default());
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        if lines.next().is_some_and(|item| item.ends_with('{')) {
            lines.by_ref().find(|line| *line == end);
        }
    }
    kept.join("\n")
}

/// The modules that a file names as `crate::x` or `crate::{x, y}`.
fn used(code: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut modules = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => modules.push(&after[..word(after)]),
            Some(list) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && c.is_ascii_alphabetic() => {
                            modules.push(&list[at..at + word(&list[at..])]);
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    modules
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

#[test]
fn dependencies_go_down() {
    let mut wrong = Vec::new();
    for (name, code) in product() {
        let own = name.split(['/', '.']).next().unwrap();
        if own == "main" {
            continue;
        }
        let Some(mine) = layer(own) else {
            wrong.push(format!("{name}: the module `{own}` has no layer"));
            continue;
        };
        for module in used(&code) {
            match layer(module) {
                Some(theirs) if theirs <= mine => {}
                Some(theirs) => wrong.push(format!("{name} (layer {mine}) uses `{module}` (layer {theirs})")),
                None => wrong.push(format!("{name} uses `crate::{module}`, which has no layer")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documents are what was written; only the catalog, which compiles them, what writes them, the language server and the
/// commands know them.
#[test]
fn documents_do_not_reach_the_engine() {
    for (name, code) in product() {
        let own = name.split(['/', '.']).next().unwrap();
        let knows = ["document", "catalog", "authoring", "lsp", "cli", "lib"].contains(&own);
        assert!(knows || !used(&code).contains(&"document"), "{name} uses `crate::document`");
    }
}

#[test]
fn uses_are_found_in_any_form() {
    let code =
        "use crate::suggest;\nuse crate::{route::Route, value::{self, kind}, secret};\nlet x = crate::call::execute();";
    assert_eq!(used(code), ["suggest", "route", "value", "secret", "call"]);
}

#[test]
fn libraries_and_status_codes_have_one_place_each() {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (word, places) in ONLY_IN {
        for (name, code) in product() {
            let named = code.split(|c| !is_word(c)).any(|found| found == word);
            assert!(!named || places.contains(&name.as_str()), "{name} names `{word}`, which only {places:?} may");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for directory in ["src", "tests"] {
        for (name, text) in files(directory) {
            assert!(text.starts_with("//!"), "{directory}/{name} does not begin with `//!`");
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{directory}/{name} has {lines} lines");
        }
    }
}

/// Where everything that goes over data is charged to the budget of the call.
const CHARGED: [&str; 4] = ["call/build/", "call/map/", "json_path/", "template/evaluate.rs"];

/// Files of these that work at load alone, over what a definition says.
const AT_LOAD: [&str; 7] = [
    "json_path/advice.rs",
    "json_path/parse.rs",
    "json_path/pattern.rs",
    "json_path/pattern_class.rs",
    "json_path/pattern_text.rs",
    "json_path/query.rs",
    "json_path/scan.rs",
];

/// What goes over something, as far as a text shows.
const LOOPS: [&str; 9] =
    ["\nfor ", "\nwhile ", "loop {", ".iter()", ".keys()", ".values()", ".into_iter()", ".chars()", ".bytes()"];

/// The functions of a file as text, each up to the next, with its comments.
fn functions(text: &str) -> Vec<String> {
    let product = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let mut functions: Vec<String> = Vec::new();
    for line in product {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "const");
        match (words.next() == Some("fn"), functions.last_mut()) {
            (true, _) => functions.push(line.to_owned()),
            (false, Some(last)) => *last = format!("{last}\n{line}"),
            (false, None) => {}
        }
    }
    functions
}

/// Whether a function goes over something without a charge, and without a comment `// uncharged: why`.
fn is_uncharged(function: &str) -> bool {
    let code = code(function);
    let body = code.split_once('{').map_or("", |(_, body)| body);
    let body: String = body.lines().fold(String::new(), |body, line| body + "\n" + line.trim_start());
    let goes_over = LOOPS.iter().any(|word| body.contains(word));
    let charges = ["charge", "afford", "budget"].iter().any(|word| body.contains(word));
    goes_over && !charges && !function.contains("// uncharged: ")
}

#[test]
fn every_loop_over_data_is_charged() {
    let mut wrong = Vec::new();
    for (name, text) in files("src") {
        let is_product = !name.split(['/', '.', '_']).any(|part| part == "tests");
        let is_held =
            is_product && CHARGED.iter().any(|place| name.starts_with(place)) && !AT_LOAD.contains(&name.as_str());
        for function in functions(&text).iter().filter(|function| is_held && is_uncharged(function)) {
            wrong.push(format!("{name}: {}", function.lines().next().unwrap_or_default().trim()));
        }
    }
    assert!(wrong.is_empty(), "no charge, and no comment `// uncharged: why`:\n{}", wrong.join("\n"));
}

#[test]
fn a_loop_without_a_charge_is_seen() {
    let text = "fn a() {\n    for x in y {}\n}\n\npub(super) fn b() {\n    budget.charge_steps(1)?;\n    x.iter();\n}\n\
                // uncharged: of the definition\nfn c() {\n    // uncharged: as said\n    loop {}\n}\n";
    let seen: Vec<bool> = functions(text).iter().map(|function| is_uncharged(function)).collect();
    assert_eq!(seen, [true, false, false]);
}

/// The types and modules that a file declares, in snake case.
fn declared(code: &str) -> Vec<String> {
    let snake = |name: &str| {
        let upper = |c: char| c.is_ascii_uppercase();
        let parts = name.chars().flat_map(|c| [upper(c).then_some('_'), Some(c.to_ascii_lowercase())]);
        parts.flatten().collect::<String>().trim_start_matches('_').to_owned()
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = code.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let declares = |pair: &&[&str]| ["struct", "enum", "trait", "type", "mod"].contains(&pair[0]);
    words.windows(2).filter(declares).map(|pair| snake(pair[1])).collect()
}

#[test]
fn names_are_those_of_the_field() {
    let names_one = |name: &str| GONE.iter().find(|word| format!("_{name}_").contains(&format!("_{word}_")));
    let wrong = product().into_iter().flat_map(|(file, code)| {
        let found = declared(&code).into_iter().filter_map(|name| names_one(&name).map(|word| (name.clone(), word)));
        found.map(|(name, word)| format!("{file}: `{name}` is named by `{word}`")).collect::<Vec<_>>()
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(declared("mod to_the_end;\npub(crate) struct TokenKept(u8);"), ["to_the_end", "token_kept"]);
    assert!(names_one("token_kept").is_some() && names_one("helpdesk").is_none());
}

#[test]
fn nothing_is_left_for_later() {
    for (name, code) in product() {
        for word in ["todo!", "unimplemented!", "dbg!", "unsafe "] {
            assert!(!code.contains(word), "src/{name} holds `{word}`");
        }
    }
    for directory in ["src", "tests"] {
        for (name, text) in files(directory) {
            let ignored = text.lines().any(|line| line.trim_start().starts_with("#[ignore"));
            assert!(!ignored, "{directory}/{name} ignores a test");
        }
    }
}

/// `.cargo/config.toml` sets it, so that each run tries the same cases; `just properties` sets another.
#[test]
fn property_tests_have_a_seed() {
    let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_default();
    assert!(seed.parse::<u64>().is_ok(), "run the tests with cargo");
    for (name, text) in files("src").into_iter().chain(files("tests")) {
        let own = ["rng_", "seed"].concat();
        assert!(!text.contains(&own), "{name} sets a seed of its own");
    }
}

#[test]
fn shipped_definitions_are_without_any_problem() {
    let catalog = build(&load(&root().join("actions.d")).unwrap(), &Operator::default(), None);
    let problems = catalog.diagnostics();
    assert!(problems.is_empty(), "{}", render_text(&problems, false));
    for action in catalog.actions() {
        assert!(!action.tests().is_empty(), "{} has no tests", action.route());
    }
}

#[test]
fn the_tests_of_shipped_definitions_pass() {
    let output = command().arg("test").current_dir(root()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.lines().last().is_some_and(|line| line.ends_with(" 0 failed")), "{stdout}");
}

#[test]
fn the_schemas_are_current() {
    let schemas = [
        ("action", action_executor::document::action_schema()),
        ("service", action_executor::document::service_schema()),
        ("settings", action_executor::document::settings_schema()),
    ];
    for (name, schema) in schemas {
        let path = root().join(format!("schemas/{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "run `just schemas`");
    }
}
