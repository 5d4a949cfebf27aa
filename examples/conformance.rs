//! Runs public conformance suites: `cargo run --example conformance -- DIR`.
//!
//! `DIR/jsonpath/cts.json` is the compliance test suite of RFC 9535; `DIR/json/*.json` is JSONTestSuite;
//! `DIR/handlebars/*.json` are the cases of handlebars.js as data. This holds no copy of them.
//!
//! One difference is meant: RFC 8259 leaves repeated keys open and JSONTestSuite wants them read, while this program
//! refuses them, since two readers of one body could see two different values. Those files are listed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use action_executor::budget::Budget;
use action_executor::json_path::JsonPath;
use action_executor::template::{CallClock, Scope, Template};
use action_executor::value::{JsonError, JsonLimits, JsonProblem, decode_json, deep_equal};
use serde_json::Value;

/// How many cases went as the suite says, and how many did not.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn fail(&mut self, what: &str) {
        self.failed += 1;
        println!("  wrong: {what}");
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn main() -> ExitCode {
    let Some(directory) = env::args().nth(1) else {
        eprintln!("usage: conformance DIR");
        return ExitCode::from(64);
    };
    match run(Path::new(&directory)) {
        Ok(tally) => {
            println!("{} passed, {} failed", tally.passed, tally.failed);
            if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("The suites cannot be read: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(directory: &Path) -> Result<Tally, Box<dyn Error>> {
    let mut total = Tally::default();
    total.add(&json_path(&directory.join("jsonpath/cts.json"))?);
    total.add(&json(&directory.join("json"))?);
    total.add(&handlebars(&directory.join("handlebars"))?);
    Ok(total)
}

/// Every case of the Handlebars suite that is data alone: the text it expects, or a refusal.
///
/// Cases that bring JavaScript, partials or compile options of their own are no templates of this
/// program. Values are compared before HTML escaping, which here depends on the place a value stands in.
fn handlebars(directory: &Path) -> Result<Tally, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut tally = Tally::default();
    let (mut rendered, mut refused, mut other) = (0, 0, 0);
    for file in files {
        // These speak of the parser's own tokens and trees.
        if file.file_stem().is_some_and(|stem| stem == "tokenizer" || stem == "parser") {
            continue;
        }
        let cases: Value = serde_json::from_slice(&fs::read(&file)?)?;
        for case in cases.as_array().ok_or("a suite is no list")? {
            match handlebars_case(case) {
                Rendering::Foreign => other += 1,
                Rendering::Refused => (refused, tally.passed) = (refused + 1, tally.passed + 1),
                Rendering::Right => (rendered, tally.passed) = (rendered + 1, tally.passed + 1),
                Rendering::Wrong(why) => {
                    tally.fail(&format!("{} · {}: {why}", file.display(), case.get("it").unwrap_or(&Value::Null)));
                }
            }
        }
    }
    println!(
        "handlebars: {} passed ({rendered} rendered, {refused} refused), {} failed; {other} are not templates alone",
        tally.passed, tally.failed
    );
    Ok(tally)
}

enum Rendering {
    Foreign,
    Refused,
    Right,
    Wrong(String),
}

fn handlebars_case(case: &Value) -> Rendering {
    let foreign = [
        "helpers",
        "partials",
        "decorators",
        "globalHelpers",
        "globalPartials",
        "globalDecorators",
        "compileOptions",
        "runtimeOptions",
        "compat",
    ];
    if foreign.iter().any(|key| case.get(*key).is_some_and(|value| value.as_object().is_none_or(|map| !map.is_empty())))
        || case.to_string().contains("\"!code\"")
    {
        return Rendering::Foreign;
    }
    let (Some(template), expected) =
        (case.get("template").and_then(Value::as_str), case.get("expected").and_then(Value::as_str))
    else {
        return Rendering::Foreign;
    };
    let Ok(template) = Template::compile(template) else { return Rendering::Refused };
    let (clock, budget) = (CallClock::now(), Budget::unlimited());
    let data = case.get("data").cloned().unwrap_or_default();
    let empty = serde_json::Map::new();
    let roots = data.as_object().unwrap_or(&empty);
    let scope = roots.iter().fold(Scope::new(&clock, &budget), |scope, (name, value)| scope.with(name, value));
    match (template.string(&scope), expected) {
        (Err(_), _) => Rendering::Refused,
        (Ok(_), None) => Rendering::Wrong("an exception is expected".to_owned()),
        (Ok(text), Some(expected)) => {
            let (text, expected) = (text.unwrap_or_default(), unescaped(expected));
            if text == expected {
                Rendering::Right
            } else {
                Rendering::Wrong(format!("expected {expected:?}, found {text:?}"))
            }
        }
    }
}

fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x60;", "`"),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// Every case of the JSONPath suite: the nodes it expects, or a refusal.
fn json_path(file: &Path) -> Result<Tally, Box<dyn Error>> {
    let suite = decode_json(&fs::read(file)?, JsonLimits { max_depth: 100 })?;
    let cases = suite.get("tests").and_then(Value::as_array).ok_or("the suite has no `tests`")?;
    let mut tally = Tally::default();
    let (mut evaluated, mut refused) = (0, 0);
    for case in cases {
        let name = case.get("name").and_then(Value::as_str).unwrap_or_default();
        let selector = case.get("selector").and_then(Value::as_str).ok_or("a case has no `selector`")?;
        let is_invalid = case.get("invalid_selector") == Some(&Value::Bool(true));
        match (JsonPath::compile(selector), is_invalid) {
            (Err(_), true) => {
                refused += 1;
                tally.passed += 1;
            }
            (Ok(_), true) => tally.fail(&format!("{name}: `{selector}` is invalid but was accepted")),
            (Err(fault), false) => tally.fail(&format!("{name}: `{selector}` was refused: {}", fault.message)),
            (Ok(path), false) => {
                evaluated += 1;
                match evaluate(&path, case) {
                    Ok(()) => tally.passed += 1,
                    Err(found) => tally.fail(&format!("{name}: `{selector}` {found}")),
                }
            }
        }
    }
    println!(
        "jsonpath: {} passed ({evaluated} evaluated, {refused} refused at load), {} failed",
        tally.passed, tally.failed
    );
    Ok(tally)
}

/// Compares with `result`, or with any of `results` where the order of a map's members is open.
fn evaluate(path: &JsonPath, case: &Value) -> Result<(), String> {
    let document = case.get("document").unwrap_or(&Value::Null);
    let found = path.nodes(document, &Budget::unlimited()).map_err(|error| error.to_string())?;
    let found = Value::Array(found.into_iter().cloned().collect());
    let expected = case.get("result").into_iter();
    let mut expected = expected.chain(case.get("results").and_then(Value::as_array).into_iter().flatten());
    if expected.any(|expected| deep_equal(expected, &found)) { Ok(()) } else { Err(format!("found {found}")) }
}

/// Every file of JSONTestSuite: `y_` must be read, `n_` refused, `i_` either.
fn json(directory: &Path) -> Result<Tally, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut tally = Tally::default();
    let (mut read, mut refused, mut too_deep, mut repeated) = (0, 0, Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let result = decode_json(&fs::read(&file)?, JsonLimits::default());
        match &result {
            Ok(_) => read += 1,
            Err(error) => {
                refused += 1;
                if matches!(error.problem, JsonProblem::TooDeep { .. }) {
                    too_deep.push(name.clone());
                }
            }
        }
        match (name.as_bytes().first(), result) {
            (Some(b'y'), Err(JsonError { problem: JsonProblem::DuplicateKey, .. })) => {
                repeated.push(name);
                tally.passed += 1;
            }
            (Some(b'y'), Err(error)) => tally.fail(&format!("{name} was refused: {error}")),
            (Some(b'n'), Ok(_)) => tally.fail(&format!("{name} was accepted")),
            _ => tally.passed += 1,
        }
    }
    for name in &too_deep {
        println!("  refused for its depth: {name}");
    }
    for name in &repeated {
        println!("  refused for its repeated key, as meant: {name}");
    }
    println!("json: {} passed ({read} read, {refused} refused), {} failed", tally.passed, tally.failed);
    Ok(tally)
}
