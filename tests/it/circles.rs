//! No two files of the program import each other.
//!
//! Reads `use` trees and paths as text: names that a macro makes, and methods of types, are not seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::product;

/// The files of the program, by their module's path; `mod.rs` is its folder's module.
struct Program {
    files: BTreeMap<Vec<String>, File>,
}

struct File {
    name: String,
    /// Modules that it declares.
    children: BTreeSet<String>,
    /// Whole paths, as written, that it imports or names.
    paths: BTreeSet<Vec<String>>,
    /// What it re-names: the name, and the path as written.
    names: BTreeMap<String, Vec<String>>,
}

impl Program {
    fn read(files: BTreeMap<String, String>) -> Self {
        let files = files.into_iter().filter(|(name, _)| name != "main.rs");
        Self { files: files.map(|(name, code)| (module_of(&name), File::read(name, &code))).collect() }
    }

    /// The module whose file defines what a path names, seen from a module.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Vec<String>> {
        let (mut module, mut rest) = (from.to_vec(), path);
        if rest.first().is_some_and(|first| first == "crate") {
            (module, rest) = (Vec::new(), &rest[1..]);
        }
        while let Some(word @ ("self" | "super")) = rest.first().map(String::as_str) {
            if word == "super" {
                module.pop()?;
            }
            rest = &rest[1..];
        }
        if path.len() == rest.len() && !self.files[&module].children.contains(&rest[0]) {
            return None;
        }
        while let Some(segment) = rest.first() {
            let child: Vec<String> = module.iter().cloned().chain([segment.clone()]).collect();
            let Some(file) = self.files.get(&module) else { break };
            if self.files.contains_key(&child) {
                (module, rest) = (child, &rest[1..]);
            } else if let Some(import) = file.names.get(segment).filter(|_| depth > 0) {
                let found = self.resolve(&module, import, depth - 1);
                return found.or(Some(module));
            } else {
                break;
            }
        }
        Some(module)
    }

    /// The files that each file imports.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let of = |module: &Vec<String>, file: &File| -> BTreeSet<&str> {
            let targets = file.paths.iter().filter_map(|path| self.resolve(module, path, 8));
            targets
                .filter(|target| target != module)
                .filter_map(|target| Some(&*self.files.get(&target)?.name))
                .collect()
        };
        self.files.iter().map(|(module, file)| (&*file.name, of(module, file))).collect()
    }

    fn circles(&self) -> Vec<(&str, &str)> {
        let imports = self.imports();
        let pairs = imports.iter().flat_map(|(file, targets)| targets.iter().map(|target| (*file, *target)));
        pairs.filter(|(file, target)| file < target && imports[target].contains(file)).collect()
    }
}

impl File {
    fn read(name: String, code: &str) -> Self {
        let (mut children, mut paths, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for statement in code.split_inclusive(['{', ';', '}']) {
            if let Some((_, child)) = statement.trim_end_matches(';').rsplit_once("mod ") {
                children.insert(child.trim().to_owned());
            }
        }
        let mut rest = code;
        while let Some(at) = rest.find("use ") {
            let (before, after) = rest.split_at(at);
            let tree = after["use ".len()..].split(';').next().unwrap_or_default();
            let head = before.rsplit('\n').next().unwrap_or_default().trim();
            if head.is_empty() || head.starts_with("pub") {
                for (name, path) in leaves(tree, &[]) {
                    names.insert(name, path.clone());
                    paths.insert(path);
                }
            }
            rest = &after["use ".len()..];
        }
        let starts = ["crate", "super", "self"].into_iter().chain(children.iter().map(String::as_str));
        paths.extend(starts.flat_map(|start| named(code, start)));
        Self { name, children, paths, names }
    }
}

fn module_of(name: &str) -> Vec<String> {
    let parts = name.trim_end_matches(".rs").split('/').map(str::to_owned);
    parts.filter(|part| part != "mod" && part != "lib").collect()
}

/// The names that a `use` tree brings in, with their whole paths.
fn leaves(tree: &str, above: &[String]) -> Vec<(String, Vec<String>)> {
    let tree = tree.trim();
    if tree.is_empty() {
        return Vec::new();
    }
    let words = |text: &str| -> Vec<String> {
        text.split("::").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    if let Some((head, list)) = tree.split_once('{') {
        let above: Vec<String> = above.iter().cloned().chain(words(head)).collect();
        let (mut depth, mut start, mut found) = (0, 0, Vec::new());
        let list = list.rfind('}').map_or(list, |end| &list[..end]);
        for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.extend(leaves(&list[start..at], &above));
                    start = at + 1;
                }
                _ => {}
            }
        }
        return found;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let mut path: Vec<String> = above.iter().cloned().chain(words(path)).collect();
    path.retain(|word| word != "*");
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = alias.map(str::to_owned).or_else(|| path.last().cloned());
    name.map(|name| (name, path)).into_iter().collect()
}

/// Paths in expressions and types that begin with this word.
fn named(code: &str, start: &str) -> Vec<Vec<String>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begin = format!("{start}::");
    let own = |before: &str| !before.ends_with(|c| is_word(c) || c == ':') && !before.ends_with("(in ");
    let at = code.match_indices(&begin).filter(|(at, _)| own(&code[..*at]));
    let paths = at.map(|(at, _)| code[at..].split(|c| !is_word(c) && c != ':').next().unwrap_or_default());
    // What ends with `::` goes on as a tree, which is read elsewhere.
    let whole = paths.filter(|path| !path.ends_with(':'));
    whole.map(|path| path.split("::").map(str::to_owned).collect()).collect()
}

#[test]
fn no_two_files_import_each_other() {
    let program = Program::read(product());
    let circles = program.circles();
    let lines: Vec<String> = circles.iter().map(|(one, other)| format!("{one} and {other}")).collect();
    assert!(lines.is_empty(), "{} pairs of files import each other:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn imports_are_found_in_any_form() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use b::deep::Deep as Renamed;"),
        ("a.rs", "use crate::{\n    b::{self, Sibling},\n    Renamed,\n};\nfn f() { super::b::other::g() }"),
        ("b/mod.rs", "mod deep;\nmod other;\nmod sibling;\npub use sibling::Sibling;\nfn own() { other::g() }"),
        ("b/deep.rs", "use super::own;\nuse super::other;"),
        ("b/other.rs", "use std::fmt;\npub use self::inner::X;"),
        ("b/sibling.rs", "use super::deep::Deep;\nimpl Deep { fn x(y: crate::a::Y) {} }"),
    ];
    let program = Program::read(files.map(|(name, code)| (name.to_owned(), code.to_owned())).into());
    let imports = program.imports();
    let check = |file: &str, expected: &[&str]| {
        assert_eq!(imports[file].iter().copied().collect::<Vec<_>>(), expected, "{file}");
    };
    check("a.rs", &["b/deep.rs", "b/mod.rs", "b/other.rs", "b/sibling.rs"]);
    check("b/mod.rs", &["b/other.rs", "b/sibling.rs"]);
    check("b/deep.rs", &["b/mod.rs", "b/other.rs"]);
    check("b/other.rs", &[]);
    check("b/sibling.rs", &["a.rs", "b/deep.rs"]);
    assert_eq!(program.circles(), [("a.rs", "b/sibling.rs")]);
}
