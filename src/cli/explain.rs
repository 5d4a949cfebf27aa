//! `explain`: what a code means, with a wrong and a right example.

use clap::Args;

use super::Exit;
use super::terminal::{complain, say};
use crate::diagnostic::{Code, Severity, explanation, summary};

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The code in the brackets of a problem; all codes with a sentence each if none.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

pub(super) fn explain(arguments: &ExplainArguments) -> Exit {
    let Some(wanted) = &arguments.code else {
        let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
        Code::ALL.iter().for_each(|code| say(format_args!("{:width$}  {}", code.as_str(), summary(*code))));
        return Exit::Ok;
    };
    match Code::ALL.iter().find(|code| code.as_str() == wanted) {
        Some(code) => {
            say(page(*code).trim_end());
            Exit::Ok
        }
        None => {
            let near = crate::suggest::did_you_mean(wanted, Code::ALL.iter().map(|code| code.as_str()));
            let near = near.unwrap_or_else(|| "`action-executor explain` lists all".to_owned());
            complain(format_args!("error: there is no code `{wanted}`; {near}"));
            Exit::Usage
        }
    }
}

/// The page as a terminal shows it: files indented below their names.
fn page(code: Code) -> String {
    let severity = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = String::new();
    let mut in_file = false;
    for line in explanation(code).lines() {
        match (line.strip_prefix("```"), in_file) {
            (Some(_), true) => in_file = false,
            (Some(info), false) => {
                in_file = true;
                if let Some((_, name)) = info.split_once("file=") {
                    text.push_str(&format!("  {name}\n"));
                }
            }
            (None, true) => text.push_str(&format!("    {line}\n")),
            (None, false) => match line.strip_prefix("# ") {
                Some(title) => text.push_str(&format!("{title} ({severity})\n")),
                None => text.push_str(&format!("{}\n", line.trim_start_matches("## "))),
            },
        }
    }
    text
}
