//! Files to begin with: small, right as they stand, with a comment where something is to be decided.

use super::draft::DraftFile;
use super::names::title_of;

/// How a new service proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// `Authorization: Bearer …`
    Bearer,
    /// User name and password.
    Basic,
    /// A key in a header.
    ApiKey,
    /// A token fetched with client credentials.
    Oauth2,
    /// Nothing.
    None,
}

/// A `service.yaml`.
#[must_use]
pub fn new_service(name: &str, base_url: &str, proof: Proof) -> DraftFile {
    let title = title_of(name);
    let (fields, block) = match proof {
        Proof::Bearer => (
            "    token: { required: true, label: API token, description: \"Where an administrator finds it.\" }\n",
            "{ type: bearer, token: \"{{auth.token}}\" }",
        ),
        Proof::Basic => (
            "    username: { required: true, secret: false, label: User name }\n    password: { required: true, label: Password }\n",
            "{ type: basic, username: \"{{auth.username}}\", password: \"{{auth.password}}\" }",
        ),
        Proof::ApiKey => (
            "    api_key: { required: true, label: API key, description: \"Where an administrator finds it.\" }\n",
            "{ type: api_key, header: X-Api-Key, value: \"{{auth.api_key}}\" }   # or `query:`, `cookie:`",
        ),
        Proof::Oauth2 => (
            "    client_id:     { required: true, secret: false, label: Client ID }\n    client_secret: { required: true, label: Client secret }\n",
            "\n  type: oauth2\n  grant: client_credentials\n  token_url: BASE/oauth/token\n  client: { id: \"{{auth.client_id}}\", secret: \"{{auth.client_secret}}\", send: basic }",
        ),
        Proof::None => ("", "{ type: none }"),
    };
    let base_url = base_url.trim_end_matches('/');
    let host = base_url.split('/').take(3).collect::<Vec<_>>().join("/");
    let block = block.replace("BASE", &host);
    let input = if fields.is_empty() {
        String::new()
    } else {
        format!(
            "input:\n  auth:                          # what Talkdesk asks the administrator for; secret unless `secret: false`\n{fields}"
        )
    };
    let space = if block.starts_with('\n') { "" } else { " " };
    let text = format!(
        "# yaml-language-server: $schema=../../schemas/service.schema.json\n\
         # {title}. From its documentation: https://…\n\
         # Verified against: nothing yet.\n\
         version: 1\n\
         title: {title}                     # messages begin with it: \"{title} answered 503\"\n\
         {input}\
         base_url: {base_url}\n\
         authentication:{space}{block}\n\
         headers: {{ Accept: application/json }}\n\
         timeout: {{ connect: 2s, attempt: 6s }}\n\
         retry: {{ max: 2, for: [connect, 429, 503] }}\n\
         errors:                          # first match wins; look up what the service answers when it refuses\n\
         \x20 - {{ status: [401, 403], kind: auth, message: {title} does not accept the credentials }}\n\
         \x20 - {{ status: 4xx, detail: [$.error.message, $.message, $.error], message: \"{title} refused: {{{{detail}}}}\" }}\n\
         # verify: {{ request: {{ method: GET, path: /me }} }}   # a cheap request that only good credentials pass\n"
    );
    DraftFile { name: "service.yaml".to_owned(), text }
}

/// An action file for a service that takes these credentials in tests.
#[must_use]
pub fn new_action(service_title: &str, name: &str, auth: &str) -> DraftFile {
    let title = title_of(name);
    let text = format!(
        "# yaml-language-server: $schema=../../schemas/action.schema.json\n\
         # https://… (where the request is documented)\n\
         version: 1\n\
         title: {title}\n\
         description: What it does, in one sentence.\n\
         \n\
         input:\n\
         \x20 data:                          # what the automation fills in; a template can use only what stands here\n\
         \x20   subject: {{ required: true, max_length: 150, label: Subject }}\n\
         \x20   details: {{ label: Details }}\n\
         \n\
         request:\n\
         \x20 method: POST\n\
         \x20 path: /cases\n\
         \x20 json:\n\
         \x20   case:\n\
         \x20     subject: \"{{{{data.subject}}}}\"\n\
         \x20     body: \"{{{{data.details}}}}\"    # absent: the key is not sent\n\
         \n\
         response:\n\
         \x20 message: \"Case {{{{response.external_id}}}} created\"\n\
         \x20 external_id: {{ path: $.case.id, required: true }}   # for a contact: contact_external_id\n\
         \n\
         tests:\n\
         \x20 - name: quotes survive\n\
         \x20   input: {{ auth: {auth}, data: {{ subject: 'He said \"hi\"' }} }}\n\
         \x20   calls:\n\
         \x20     - request: {{ method: POST, json: {{ case: {{ subject: 'He said \"hi\"' }} }} }}\n\
         \x20       answer: {{ status: 201, json: {{ case: {{ id: 7 }} }} }}\n\
         \x20   result: {{ status: 201, body: {{ message: Case 7 created, external_id: \"7\" }} }}\n\
         \n\
         \x20 - name: {service_title}'s own reason is told\n\
         \x20   input: {{ auth: {auth}, data: {{ subject: s }} }}\n\
         \x20   calls: [ {{ answer: {{ status: 422, json: {{ error: {{ message: no such queue }} }} }} }} ]\n\
         \x20   result: {{ status: 400, body: {{ message: \"{service_title} refused: no such queue\" }} }}\n"
    );
    DraftFile { name: format!("{name}.yaml"), text }
}
