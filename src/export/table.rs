//! An activation as a document with tables, and as rows for a spreadsheet.

use super::Activation;

/// The document that goes with the request "Activate Custom Integration".
#[must_use]
pub fn markdown(activations: &[Activation]) -> String {
    let mut text = String::new();
    for activation in activations {
        text.push_str(&format!("# Activate Custom Integration: {}\n\n", cell(&activation.display_name)));
        text.push_str("## Integration\n\n");
        let rows = [
            ("name", activation.name.clone()),
            ("display_name", activation.display_name.clone()),
            ("description", activation.description.clone()),
            ("authentication_type", activation.authentication_type.to_owned()),
            (
                "auth_validation_endpoint",
                activation.auth_validation_endpoint.clone().unwrap_or_else(|| "none".to_owned()),
            ),
        ];
        table(&["Key", "Value"], rows.iter().map(|(key, value)| vec![(*key).to_owned(), value.clone()]), &mut text);
        if !activation.authentication.is_empty() {
            text.push_str("### Authentication fields\n\n");
            let rows = activation.authentication.iter().map(|field| {
                vec![
                    field.key.clone(),
                    field.display.clone(),
                    yes(field.mandatory),
                    field.source.to_owned(),
                    yes(field.secret),
                    field.help.clone(),
                ]
            });
            table(&["Key", "Display", "Mandatory", "Source", "Secret", "Help"], rows, &mut text);
        }
        text.push_str("## Actions\n\n");
        let rows = activation.actions.iter().map(|action| {
            vec![action.name.clone(), action.display.clone(), action.description.clone(), action.endpoint.clone()]
        });
        table(&["Name", "Display", "Description", "Endpoint"], rows, &mut text);
        for action in &activation.actions {
            text.push_str(&format!("### Inputs of {}\n\n", cell(&action.name)));
            if action.inputs.is_empty() {
                text.push_str("None.\n\n");
                continue;
            }
            let rows = action
                .inputs
                .iter()
                .map(|input| vec![input.key.clone(), input.name.clone(), yes(input.mandatory), input.help.clone()]);
            table(&["Key", "Name", "Mandatory", "Help"], rows, &mut text);
        }
    }
    text
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>, text: &mut String) {
    text.push_str(&format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|value| cell(value)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text.push('\n');
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}

/// Rows of comma-separated values (RFC 4180), one table for everything: `table` says what a row is.
#[must_use]
pub fn csv(activations: &[Activation]) -> String {
    let head = [
        "table",
        "provider",
        "name",
        "display",
        "description",
        "endpoint",
        "key",
        "mandatory",
        "source",
        "secret",
        "help",
    ];
    let mut rows: Vec<[String; 11]> = vec![head.map(str::to_owned)];
    for activation in activations {
        let row = |table: &str, rest: [&str; 9]| {
            let [name, display, description, endpoint, key, mandatory, source, secret, help] = rest;
            let rest = [name, display, description, endpoint, key, mandatory, source, secret, help].map(str::to_owned);
            let [name, display, description, endpoint, key, mandatory, source, secret, help] = rest;
            [
                table.to_owned(),
                activation.name.clone(),
                name,
                display,
                description,
                endpoint,
                key,
                mandatory,
                source,
                secret,
                help,
            ]
        };
        let validator = activation.auth_validation_endpoint.as_deref().unwrap_or_default();
        let (display, description) = (activation.display_name.as_str(), activation.description.as_str());
        let kind = format!("authentication_type: {}", activation.authentication_type);
        rows.push(row("integration", [&activation.name, display, description, validator, "", "", "", "", &kind]));
        for field in &activation.authentication {
            let (mandatory, secret) = (yes(field.mandatory), yes(field.secret));
            let rest = ["", &field.display, "", "", &field.key, &mandatory, field.source, &secret, &field.help];
            rows.push(row("authentication", rest));
        }
        for action in &activation.actions {
            let rest = [&action.name, &action.display, &action.description, &action.endpoint, "", "", "", "", ""];
            rows.push(row("action", rest.map(|text: &str| text)));
            for input in &action.inputs {
                let mandatory = yes(input.mandatory);
                rows.push(row(
                    "input",
                    [&action.name, &input.name, "", "", &input.key, &mandatory, "", "", &input.help],
                ));
            }
        }
    }
    rows.iter()
        .map(|row| format!("{}\r\n", row.iter().map(|value| field(value)).collect::<Vec<_>>().join(",")))
        .collect()
}

/// Quoted where it must be. A value that a spreadsheet would take for a formula gets an apostrophe, which it does not show.
fn field(value: &str) -> String {
    let value =
        if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{value}") } else { value.to_owned() };
    if value.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_whatever_an_author_writes() {
        assert_eq!(cell("a|b\nc<d"), "a\\|b c&lt;d");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(field("=1+1"), "'=1+1");
    }
}
