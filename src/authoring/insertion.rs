//! A test put into a file that its author wrote: nothing else in the file changes.

use super::draft::TestDraft;
use super::yaml::{Map, Yaml};

/// The file with the test behind its others; `None` where `tests:` is not the last key, or is not a list with a
/// line for each.
#[must_use]
pub fn with_test(text: &str, test: &TestDraft) -> Option<String> {
    let list = Map::new().with("tests", Yaml::Lines(vec![test.to_yaml()])).to_text();
    let item = list.strip_prefix("tests:\n")?;
    let mut result = text.trim_end().to_owned();
    result.push('\n');
    let Some(at) = text.lines().position(|line| line.starts_with("tests:")) else {
        result.push_str("\ntests:\n");
        result.push_str(item);
        return Some(result);
    };
    let mut below =
        text.lines().skip(at + 1).filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let first = below.next()?;
    let indent = first.len() - first.trim_start().len();
    let is_list = first.trim_start().starts_with("- ");
    let is_last = below.all(|line| line.starts_with(' ') || line.starts_with('-'));
    if !is_list || !is_last {
        return None;
    }
    result.push('\n');
    for line in item.lines() {
        let line = line.strip_prefix("  ").unwrap_or(line);
        result.push_str(&format!("{:indent$}{line}\n", ""));
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let test = TestDraft { name: "new".to_owned(), result: Map::new().with("status", 201), ..TestDraft::default() };
        assert_eq!(with_test(text, &test).as_deref(), expected);
    }

    #[test]
    fn a_test_stands_behind_the_others() {
        let new = "- name: new\n    input: {}\n    result: { status: 201 }\n";
        check("a: 1\n", Some(&format!("a: 1\n\ntests:\n  {new}")));
        check("tests:\n  - name: a\n    x: 1\n\n", Some(&format!("tests:\n  - name: a\n    x: 1\n\n  {new}")));
        check("tests:\n- name: a\n", Some(&format!("tests:\n- name: a\n\n{}", new.replace("\n    ", "\n  "))));
    }

    #[test]
    fn a_file_of_another_form_is_left_alone() {
        check("tests:\n  - name: a\nb: 1\n", None);
        check("tests: [ { name: a } ]\n", None);
    }
}
