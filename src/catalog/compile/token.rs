//! `type: oauth2` and `type: login`: both become steps that end in a token.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::compiler::{Compiler, Position};
use super::condition::Answer;
use super::environment::{Environment, Gaps};
use super::flow::check_flow;
use super::names::names_of_steps;
use super::rule::RerunTargets;
use super::shared::Shared;
use crate::catalog::{
    Act, Alternative, AssertionPlan, Authentication, BUILT_IN, BodyPlan, Capture, CaptureSource, Detail, DetailPlace,
    ErrorRule, Exchange, ExpiryRule, Export, Key, Member, RequestPlan, RuleEffect, Step, Structure, SuccessRule,
    TokenPlan, UrlBase, UrlPlan,
};
use crate::condition::{Condition, Operand, Second};
use crate::diagnostic::{Code, Span};
use crate::document::{
    AssertionDocument, AuthenticationKind, ClientDocument, ExpiryDocument, ExportDocument, Keyed, LoginDocument,
    Oauth2Document, StepDocument, Text, TokenDocument,
};
use crate::json_path::JsonPath;
use crate::keyword::{AnswerFormat, As, ClientSend, ErrorKind, Grant, ListStyle, MapStyle};
use crate::status_pattern::StatusPattern;
use crate::template::Template;

/// How long an assertion of ours holds unless the file says otherwise; some services take no longer one.
const ASSERTION_LIFE: Duration = Duration::from_secs(3 * 60);

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Compiler<'_> {
    pub(super) fn oauth2(&mut self, document: &Oauth2Document, span: Span, own: &Shared) -> Option<Authentication> {
        let around = self.inherited.merged(own);
        let first_use = self.uses.len();
        let url = self.token_url(&document.token_url, &around);
        let mut assertions = Vec::new();
        let client = document.client.as_ref().map(|client| self.client(client, &document.token_url, &mut assertions));
        let (fields, refresh_token) = self.token_fields(document, client.as_ref(), &mut assertions).unzip();
        let headers = self.headers(document.headers.as_ref(), Position::Base);
        let success = document.success.as_ref().map(|success| self.success(success));
        let mut errors = self.error_rules(document.errors.as_deref(), RerunTargets::None);
        errors.extend(built_in_rules());
        let token = self.token(&document.token, Some("$.access_token"), span);
        let apply = self.apply_of(document.apply.as_ref(), &["token"]);
        let expired_when = self.expired_when(document.expired_when.as_ref());
        let inputs = self.inputs_since(first_use, &around);
        let authentication = match client {
            Some(client) => client?.authentication,
            None => Authentication::None,
        };
        let (value, expires_in, exports) = token?;
        let accept = (http::header::ACCEPT, Structure::Constant("application/json".into()));
        let mut all_headers = vec![accept];
        for (name, value) in headers {
            all_headers.retain(|(known, _)| *known != name);
            all_headers.extend(value.map(|value| (name, value)));
        }
        let request = RequestPlan {
            method: Method::POST,
            url: url?,
            allowed_hosts: around.allowed_hosts.clone().unwrap_or_default(),
            query: Vec::new(),
            style: (ListStyle::Repeat, MapStyle::Brackets),
            headers: all_headers,
            body: BodyPlan::Form(Structure::Map(fields?)),
            authentication: Arc::new(authentication),
            connect_timeout: around.connect_timeout(),
            attempt_timeout: around.attempt_timeout(),
            max_answer: around.answer_limit(),
            // A token fetched twice does no harm, but for refresh tokens, which some services take once only.
            replayable: document.grant.value != Grant::RefreshToken,
            read_only: true,
            idempotency_headers: Vec::new(),
            tells_calls_apart: false,
            limits: crate::catalog::LimitPlan::default(),
            retry: around.retry_rule(),
            answer: AnswerFormat::Auto,
        };
        let success = success.unwrap_or_else(|| SuccessRule {
            status: vec![StatusPattern::Class(2)],
            when: has_token_or_no_error(&value),
            graphql: false,
        });
        let exchange = Exchange {
            request,
            success,
            errors,
            captures: Vec::new(),
            collect: Vec::new(),
            projection: Arc::default(),
        };
        let step =
            Step { id: "token".into(), span, when: None, for_each: None, act: Act::Exchange(Box::new(exchange)) };
        Some(Authentication::Token(Box::new(TokenPlan {
            identity: self.identity(span, &around),
            inputs,
            assertions,
            refresh_token: refresh_token.flatten(),
            steps: vec![step],
            value,
            expires_in,
            exports,
            expired_when,
            apply: apply?,
        })))
    }

    pub(super) fn login(&mut self, document: &LoginDocument, span: Span, own: &Shared) -> Option<Authentication> {
        let mut around = self.inherited.merged(own);
        around.authentication = None;
        around.errors.clear();
        let vars = names_of_steps(&document.steps);
        let environment = Environment {
            input: self.environment.input.clone(),
            secrets: self.environment.secrets.clone(),
            identities: self.environment.identities.clone(),
            vars,
            exports: BTreeMap::new(),
            idempotency: false,
            gaps: Gaps { service: self.environment.gaps.service, ..self.environment.gaps },
        };
        let mut inner = Compiler::new(self.problems, &environment);
        inner.owner.clone_from(&self.owner);
        inner.inherited.clone_from(&around);
        inner.check_login_steps(&document.steps, &around);
        let ids: Vec<String> = document.steps.iter().map(|step| step.id.value.clone()).collect();
        let steps = inner.steps(&document.steps, &ids, &around);
        inner.step = ids.len() + 1;
        let token = inner.token(&document.token, None, span);
        let uses = std::mem::take(&mut inner.uses);
        let inner_errors = inner.problems.has_errors();
        if !inner_errors {
            check_flow(&[], &steps, &uses, &environment, self.problems);
        }
        let first_use = self.uses.len();
        self.uses.extend(uses.into_iter().filter(|seen| matches!(seen.root.as_str(), "auth" | "data" | "meta")));
        let apply = self.apply_of(document.apply.as_ref(), &["token"]);
        let expired_when = self.expired_when(document.expired_when.as_ref());
        let inputs = self.inputs_since(first_use, &around);
        let (value, expires_in, exports) = token?;
        if steps.len() != document.steps.len() {
            return None;
        }
        Some(Authentication::Token(Box::new(TokenPlan {
            identity: self.identity(span, &around),
            inputs,
            assertions: Vec::new(),
            refresh_token: None,
            steps,
            value,
            expires_in,
            exports,
            expired_when,
            apply: apply?,
        })))
    }

    /// A login cannot need a token itself.
    fn check_login_steps(&mut self, steps: &[StepDocument], around: &Shared) {
        let by_token = base_templates(around)
            .into_iter()
            .flat_map(Template::references)
            .any(|reference| reference.path.first().is_some_and(|root| root == "token"));
        for step in steps {
            if let (true, Some(request)) = (by_token && step.base_url.is_none(), &step.request)
                && request.url.is_none()
            {
                self.problems
                    .add(
                        Code::BadUrl,
                        request.span,
                        "`base_url` comes from the token, which this step is there to fetch.",
                    )
                    .help("give the step an absolute `url`");
            }
            if let Some(block) = &step.authentication
                && matches!(block.kind, AuthenticationKind::Oauth2(_) | AuthenticationKind::Login(_))
            {
                self.problems
                    .add(Code::ConflictingKeys, block.span, "A step of a login cannot need a token itself.")
                    .help("use `basic`, `bearer`, `api_key` or none here");
            }
        }
    }

    /// The address of the token call; its host is one that the service allows.
    fn token_url(&mut self, text: &Text, around: &Shared) -> Option<UrlPlan> {
        let plan = self.absolute_url(text)?;
        match &around.allowed_hosts {
            Some(hosts) => self.check_allowed(text, &plan.base, hosts),
            None => {
                self.problems
                    .add(
                        Code::MissingAllowedHosts,
                        text.span,
                        "The service does not say which hosts requests may go to.",
                    )
                    .help("add `allowed_hosts` to the service, with the host of the token call");
            }
        }
        Some(plan)
    }

    /// An address with its scheme; after a lone field of an address more path may follow.
    fn absolute_url(&mut self, text: &Text) -> Option<UrlPlan> {
        let value = text.value.as_str();
        let end = value.strip_prefix("{{").and_then(|rest| rest.find("}}")).map(|at| at + 4);
        let Some(end) = end.filter(|end| *end < value.len()) else {
            return Some(UrlPlan::new(self.url_base(text, Position::Base)?, Template::compile("").ok()?));
        };
        let head = Text { value: value.get(..end).unwrap_or_default().to_owned(), ..text.clone() };
        let base = self.url_base(&head, Position::Base)?;
        self.check_path(text, end..value.len())?;
        let path = self.template_part(text, end..value.len(), Position::Base)?;
        Some(UrlPlan::new(base, path))
    }

    fn client(
        &mut self,
        document: &ClientDocument,
        token_url: &Text,
        assertions: &mut Vec<(String, AssertionPlan)>,
    ) -> Option<ClientPlan> {
        let send = document.send.map_or(ClientSend::Basic, |send| send.value);
        let id = self.credential(&document.id);
        let signs = send == ClientSend::PrivateKeyJwt;
        for (name, text, belongs) in [
            ("secret", &document.secret, !signs),
            ("key", &document.key, signs),
            ("kid", &document.kid, signs),
            ("audience", &document.audience, signs),
        ] {
            if let (Some(text), false) = (text, belongs) {
                let message = format!("`{name}` says nothing with this `send`.");
                self.problems.add(Code::ConflictingKeys, text.span, message).help(
                    "`secret` belongs to `basic` and `body`; `key`, `alg`, `kid` and `audience` to `private_key_jwt`",
                );
            }
        }
        let secret = self.optional_credential(document.secret.as_ref());
        let (id, secret) = (id?, secret?);
        match send {
            ClientSend::Basic => {
                let Some(secret) = secret else {
                    self.problems
                        .add(Code::MissingKey, document.span, "`secret` is missing in `client`.")
                        .help("a client without a secret sends its id alone: `send: body`");
                    return None;
                };
                Some(ClientPlan { authentication: Authentication::Client { id, secret }, fields: Vec::new() })
            }
            ClientSend::Body => {
                let mut fields = vec![pair("client_id", id)];
                fields.extend(secret.map(|secret| pair("client_secret", secret)));
                Some(ClientPlan { authentication: Authentication::None, fields })
            }
            ClientSend::PrivateKeyJwt => {
                let Some(key) = &document.key else {
                    self.problems
                        .add(Code::MissingKey, document.span, "`key` is missing in `client`.")
                        .help("the private key in PEM form, for example `key: \"{{secrets.private_key}}\"`");
                    return None;
                };
                let key = self.credential(key);
                let key_id = self.optional_credential(document.kid.as_ref());
                let audience = self.credential(document.audience.as_ref().unwrap_or(token_url));
                let claims = vec![
                    ("iss".to_owned(), leaf(id.clone())),
                    ("sub".to_owned(), leaf(id)),
                    ("aud".to_owned(), leaf(audience?)),
                ];
                let plan = AssertionPlan {
                    claims,
                    algorithm: document.alg.map_or_else(Default::default, |alg| alg.value),
                    key: key?,
                    key_id: key_id?,
                    life: ASSERTION_LIFE,
                };
                assertions.push(("client_assertion".to_owned(), plan));
                let fields = vec![
                    constant("client_assertion_type", ASSERTION_TYPE),
                    pair("client_assertion", Template::compile("{{vars.client_assertion}}").ok()?),
                ];
                Some(ClientPlan { authentication: Authentication::None, fields })
            }
        }
    }

    /// The body of the token request.
    fn token_fields(
        &mut self,
        document: &Oauth2Document,
        client: Option<&Option<ClientPlan>>,
        assertions: &mut Vec<(String, AssertionPlan)>,
    ) -> Option<(Vec<Member>, Option<Template>)> {
        let (mut fields, mut refresh_token) = (Vec::new(), None);
        match document.grant.value {
            Grant::ClientCredentials => fields.push(constant("grant_type", "client_credentials")),
            Grant::Password => {
                fields.push(constant("grant_type", "password"));
                let username = self.credential(document.username.as_ref()?);
                let password = self.credential(document.password.as_ref()?);
                fields.extend([pair("username", username?), pair("password", password?)]);
            }
            Grant::RefreshToken => {
                fields.push(constant("grant_type", "refresh_token"));
                refresh_token = Some(self.credential(document.refresh_token.as_ref()?)?);
                // The one in use, which may be another than the one given.
                fields.push(pair("refresh_token", Template::compile("{{vars.refresh_token}}").ok()?));
            }
            Grant::JwtBearer => {
                fields.push(constant("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"));
                let assertion = self.assertion(document.assertion.as_ref()?, &document.token_url)?;
                assertions.push(("assertion".to_owned(), assertion));
                fields.push(pair("assertion", Template::compile("{{vars.assertion}}").ok()?));
            }
        }
        fields.extend(client.and_then(Option::as_ref).map(|client| client.fields.clone()).unwrap_or_default());
        for (name, node) in document.params.as_ref().map(Keyed::iter).into_iter().flatten() {
            let taken = fields
                .iter()
                .any(|field| matches!(field, Member::Pair(Key::Constant(known), _) if *known == name.value));
            if taken {
                self.problems
                    .add(Code::ConflictingKeys, name.span, format!("`{}` is sent already.", name.value))
                    .help("remove it here");
                continue;
            }
            let value = self.structure(node, Position::Base)?;
            fields.push(Member::Pair(Key::Constant(name.value.clone()), value));
        }
        Some((fields, refresh_token))
    }

    fn assertion(&mut self, document: &AssertionDocument, token_url: &Text) -> Option<AssertionPlan> {
        let (key, issuer) = (self.credential(&document.key), self.credential(&document.issuer));
        let key_id = self.optional_credential(document.kid.as_ref());
        let subject = self.optional_credential(document.subject.as_ref());
        let audience = self.credential(document.audience.as_ref().unwrap_or(token_url));
        let mut claims = vec![("iss".to_owned(), leaf(issuer?)), ("aud".to_owned(), leaf(audience?))];
        claims.extend(subject?.map(|subject| ("sub".to_owned(), leaf(subject))));
        for (name, node) in document.claims.as_ref().map(Keyed::iter).into_iter().flatten() {
            let value = self.structure(node, Position::Base)?;
            claims.retain(|(known, _)| *known != name.value);
            claims.push((name.value.clone(), value));
        }
        let life = document.expires_in.and_then(|written| written.value).unwrap_or(ASSERTION_LIFE);
        if let Some(written) = document.expires_in
            && (life.is_zero() || life > Duration::from_secs(60 * 60))
        {
            self.problems
                .add(Code::InvalidValue, written.span, "An assertion holds between 1s and 1h.")
                .help("services refuse longer ones; `3m` is usual");
        }
        let algorithm = document.alg.map_or_else(Default::default, |alg| alg.value);
        Some(AssertionPlan { claims, algorithm, key: key?, key_id: key_id?, life })
    }

    /// The token's value, its life and its exports.
    fn token(
        &mut self,
        document: &TokenDocument,
        default: Option<&str>,
        span: Span,
    ) -> Option<(Capture, Option<Capture>, Vec<Export>)> {
        // A login has captures of its own.
        let position = if default.is_some() { Position::Base } else { Position::Request };
        let answer = Answer::AtHand;
        let value = match (&document.value, default) {
            (Some(value), _) => self.capture("token", value, As::String, position, answer),
            (None, Some(path)) => Some(capture_path("token", JsonPath::compile(path).ok()?)),
            (None, None) => {
                self.problems
                    .add(Code::MissingKey, span, "`value` is missing in `token`.")
                    .help("for example `token: { value: \"{{vars.session}}\" }`");
                None
            }
        };
        let expires_in = match (&document.expires_in, default) {
            (Some(written), _) => Some(self.capture("expires_in", written, As::Any, position, answer)?),
            (None, Some(_)) => Some(capture_path("expires_in", JsonPath::compile("$.expires_in").ok()?)),
            (None, None) => None,
        };
        let mut exports = Vec::new();
        for (name, document) in document.export.as_ref().map(Keyed::iter).into_iter().flatten() {
            exports.push(self.export(name, document, position)?);
        }
        let value = Capture { required: true, default: None, ..value? };
        Some((value, expires_in.map(|capture| Capture { convert: As::Any, ..capture }), exports))
    }

    fn export(&mut self, name: &Text, document: &ExportDocument, position: Position) -> Option<Export> {
        let named = self.check_name(name, "an export");
        if name.value == "value" {
            self.problems
                .add(Code::ShadowedName, name.span, "`token.value` is the token itself.")
                .help("choose another name");
            return None;
        }
        let capture = self.capture(&name.value, &document.capture, As::Any, position, Answer::AtHand)?;
        named.then(|| Export { capture, secret: document.secret.is_none_or(|secret| secret.value) })
    }

    fn expired_when(&mut self, document: Option<&ExpiryDocument>) -> ExpiryRule {
        let Some(document) = document else {
            return ExpiryRule { status: vec![StatusPattern::Exact(401)], when: None };
        };
        let mut status = self.statuses(document.status.as_deref());
        for text in document.status.iter().flatten().filter(|text| matches!(text.value.as_str(), "429")) {
            self.problems
                .add(
                    Code::InvalidValue,
                    text.span,
                    "429 says that there were too many calls, never that a token has expired.",
                )
                .help("remove it: a new token would be one more call");
        }
        if document.status.is_none() && document.when.is_none() {
            self.problems
                .add(Code::MissingKey, document.span, "`expired_when` says neither `status` nor `when`.")
                .help("for example `{ status: [401, 403] }`");
        }
        if document.status.is_none() {
            // With a condition alone any answer may be the one.
            status.extend((2..=5).map(StatusPattern::Class));
        }
        let when = document.when.as_ref().and_then(|when| self.condition(when, Position::Base, Answer::AtHand));
        ExpiryRule { status, when }
    }

    /// References to `data` and `meta` that the token, or the address it is had from, depends on.
    fn inputs_since(&self, first: usize, around: &Shared) -> Vec<Template> {
        let mut names: BTreeSet<String> = self
            .uses
            .iter()
            .skip(first)
            .filter(|seen| matches!(seen.root.as_str(), "data" | "meta"))
            .map(|seen| format!("{}.{}", seen.root, seen.name))
            .collect();
        for reference in base_templates(around).into_iter().flat_map(Template::references) {
            if let [root, name, ..] = reference.path.as_slice()
                && matches!(root.as_str(), "data" | "meta")
            {
                names.insert(format!("{root}.{name}"));
            }
        }
        names.iter().filter_map(|name| Template::compile(&format!("{{{{{name}}}}}")).ok()).collect()
    }

    /// What the token is made of as far as the file says; unchanged by edits elsewhere.
    fn identity(&self, span: Span, around: &Shared) -> String {
        let base = match &around.base {
            Some(UrlBase::Parts { scheme, authority, path }) => {
                format!("{scheme}://{}{}", authority.text(), path.text())
            }
            Some(UrlBase::Whole(template)) => template.text().to_owned(),
            None => String::new(),
        };
        format!("{base}\n{}", self.problems.source().slice(span))
    }
}

/// A client: what it adds to the body, or how it signs the request.
struct ClientPlan {
    authentication: Authentication,
    fields: Vec<Member>,
}

/// The templates that the address of every request begins with.
fn base_templates(around: &Shared) -> Vec<&Template> {
    match &around.base {
        Some(UrlBase::Parts { authority, path, .. }) => vec![authority, path],
        Some(UrlBase::Whole(template)) => vec![template],
        None => Vec::new(),
    }
}

fn leaf(template: Template) -> Structure {
    match template.constant() {
        Some(text) => Structure::Constant(text.into()),
        None => Structure::Template(template),
    }
}

fn pair(name: &str, value: Template) -> Member {
    Member::Pair(Key::Constant(name.to_owned()), leaf(value))
}

fn constant(name: &str, value: &str) -> Member {
    Member::Pair(Key::Constant(name.to_owned()), Structure::Constant(value.into()))
}

fn capture_path(name: &str, path: JsonPath) -> Capture {
    Capture {
        name: name.to_owned(),
        source: CaptureSource::Alternatives(vec![Alternative::Path(path)]),
        regex: None,
        convert: if name == "token" { As::String } else { As::Any },
        pick: None,
        separator: ", ".to_owned(),
        required: false,
        secret: false,
        default: None,
    }
}

/// Some endpoints refuse with 200 and `error` (RFC 6749 §5.2 without its status); a token that is there is one all the same.
fn has_token_or_no_error(token: &Capture) -> Option<Condition> {
    let no_error = Condition::Absent(Operand::Path(JsonPath::compile("$.error").ok()?));
    let there = token.paths().map(|path| Condition::Present(Operand::Path(path.clone())));
    Some(Condition::Any(there.chain([no_error]).collect()))
}

/// What token endpoints say, after the definition's own rules: that they are down (RFC 6749 §4.1.2.1, which many send with
/// 200 or 400), or that they refuse the credentials (§5.2).
fn built_in_rules() -> Vec<ErrorRule> {
    let down = JsonPath::compile("$.error").ok().map(|path| {
        let words = serde_json::json!(["temporarily_unavailable", "server_error"]);
        Condition::In(Operand::Path(path), Second::Literal(words))
    });
    let down = down.map(|down| built_in_rule(Some(down), ErrorKind::Unavailable));
    down.into_iter().chain([built_in_rule(None, ErrorKind::Auth)]).collect()
}

fn built_in_rule(when: Option<Condition>, kind: ErrorKind) -> ErrorRule {
    let detail = ["$.error_description", "$.error"].into_iter().filter_map(|path| {
        Some(Detail { source: DetailPlace::Path(JsonPath::compile(path).ok()?), fields: false, regex: None })
    });
    ErrorRule {
        status: [400, 401, 403].map(StatusPattern::Exact).into_iter().chain([StatusPattern::Class(2)]).collect(),
        when,
        not_json: false,
        effect: RuleEffect::Fail {
            detail: detail.collect(),
            message: None,
            kind: Some(kind),
            retry: Some(false),
            carried_out: None,
        },
        place: BUILT_IN.to_owned(),
        span: Span::default(),
    }
}
