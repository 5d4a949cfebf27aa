//! `export`: what is handed to Talkdesk, and to tools, is what is served.

use serde_json::Value;

use crate::support::command;

fn exported(arguments: &[&str]) -> String {
    let output = command().arg("export").args(arguments).args(["--actions", "actions.d"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every route that is served, with its action.
fn listed() -> Vec<Value> {
    let output = command().args(["list", "--format", "json", "--actions", "actions.d"]).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap().as_array().unwrap().clone()
}

const BRIDGE: [&str; 2] = ["--base-url", "https://bridge.example.com/"];

#[test]
fn every_action_is_in_the_activation_document_with_its_inputs() {
    let found: Value =
        serde_json::from_str(&exported(&[&["talkdesk", "--format", "json"], &BRIDGE[..]].concat())).unwrap();
    let entries: Vec<&Value> =
        found.as_array().unwrap().iter().flat_map(|one| one["actions"].as_array().unwrap()).collect();
    let actions = listed();
    assert_eq!(entries.len(), actions.len());
    for action in actions {
        let endpoint = format!("https://bridge.example.com{}", action["route"].as_str().unwrap());
        let entry = entries.iter().find(|entry| entry["endpoint"] == *endpoint).expect("it is there");
        let keys = |list: &Value, key: &str, flag: &str| -> Vec<(Value, Value)> {
            list.as_array().unwrap().iter().map(|field| (field[key].clone(), field[flag].clone())).collect()
        };
        assert_eq!(keys(&entry["inputs"], "key", "mandatory"), keys(&action["input"]["data"], "name", "required"));
    }
    let redmine = found.as_array().unwrap().iter().find(|one| one["integration"]["name"] == "redmine").unwrap();
    let fields = &redmine["integration"]["authentication_configuration"];
    assert_eq!((&fields["key"]["secret"], &fields["url"]["secret"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(redmine["integration"]["authentication_type"], "custom");
}

#[test]
fn the_document_has_a_table_for_each_part() {
    let text = exported(&[&["talkdesk", "--service", "demo"], &BRIDGE[..]].concat());
    for expected in [
        "# Activate Custom Integration: Demo Helpdesk\n",
        "| key | API key | yes | input | yes | The demo's key is `demo`. |\n",
        "| demo_create_ticket | create a ticket | opens a ticket for the caller. | https://bridge.example.com/demo/create_ticket |\n",
        "### Inputs of demo_create_ticket\n\n| Key | Name | Mandatory | Help |\n|---|---|---|---|\n| subject | Subject | yes |",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("redmine"));
}

#[test]
fn rows_for_a_spreadsheet_have_one_width() {
    let text = exported(&[&["talkdesk", "--format", "csv"], &BRIDGE[..]].concat());
    let mut quoted = false;
    for line in text.replace("\"\"", "").lines() {
        let mut commas = 0;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => commas += 1,
                _ => {}
            }
        }
        assert_eq!(commas, 10, "{line}");
    }
    assert!(text.starts_with("table,provider,name,display,description,endpoint,key,mandatory,source,secret,help\r\n"));
}

#[test]
fn an_openapi_document_describes_every_route_with_examples() {
    let found: Value = serde_json::from_str(&exported(&[&["openapi"], &BRIDGE[..]].concat())).unwrap();
    assert_eq!(
        (&found["openapi"], &found["servers"][0]["url"]),
        (&"3.1.0".into(), &"https://bridge.example.com".into())
    );
    for action in listed() {
        let route = action["route"].as_str().unwrap();
        let operation = &found["paths"][route]["post"];
        assert!(operation["responses"]["201"].is_object() && operation["responses"]["400"].is_object(), "{route}");
        let content = &operation["requestBody"]["content"]["application/json"];
        assert!(!content["examples"].as_object().unwrap().is_empty(), "{route} has no example");
        for field in action["input"]["data"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let data = &content["schema"]["properties"]["data"];
            assert!(data["properties"][name].is_object(), "{route}: {name}");
            assert_eq!(data["required"].as_array().unwrap().contains(&name.into()), field["required"] == true);
        }
    }
    let verify = &found["paths"]["/django_helpdesk/_verify"]["post"]["responses"];
    assert!(verify["200"].is_object() && verify["401"].is_object() && verify["201"].is_null());
}

#[test]
fn a_service_that_is_not_there_is_told() {
    let arguments = ["export", "talkdesk", "--service", "redmin", "--base-url", "https://b.example.com"];
    let output = command().args(arguments).args(["--actions", "actions.d"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `redmine`?"));
}
