//! `authentication:`: strategies that need no token; the others are in `token.rs`.

use super::compiler::{Compiler, Position};
use super::shared::Shared;
use crate::catalog::{Apply, Authentication, AwsPlan, HmacPlan, Oauth1Plan, SignedPart};
use crate::diagnostic::Code;
use crate::document::{
    ApplyDocument, AuthenticationDocument, AuthenticationKind, AwsDocument, HmacDocument, Keyed, Oauth1Document, Text,
};
use crate::keyword::KeyPlace;
use crate::template::Template;

/// What a signature may be made of beside the request.
const STAMPS: [&str; 3] = ["timestamp", "timestamp_ms", "nonce"];

impl Compiler<'_> {
    /// A block; `own` is the rest of the level it stands at.
    pub(super) fn authentication(&mut self, document: &AuthenticationDocument, own: &Shared) -> Option<Authentication> {
        match &document.kind {
            AuthenticationKind::None => Some(Authentication::None),
            AuthenticationKind::Basic { username, password } => {
                let (username, password) = (self.credential(username), self.credential(password));
                Some(Authentication::Basic { username: username?, password: password? })
            }
            AuthenticationKind::Digest { username, password } => {
                let (username, password) = (self.credential(username), self.credential(password));
                Some(Authentication::Digest { username: username?, password: password? })
            }
            AuthenticationKind::Bearer { token, apply } => {
                let token = self.credential(token);
                let apply = self.apply_of(apply.as_ref(), &["token"])?;
                Some(Authentication::Bearer { token: token?, apply })
            }
            AuthenticationKind::ApiKey { place, name, value } => {
                let value = self.credential(value);
                let fits = self.key_name(*place, name);
                let value = value?;
                fits.then(|| Authentication::ApiKey(Apply { place: *place, name: name.value.clone(), value }))
            }
            AuthenticationKind::Hmac(document) => self.hmac(document),
            AuthenticationKind::Aws(document) => self.aws(document),
            AuthenticationKind::Oauth1(document) => self.oauth1(document),
            AuthenticationKind::Mtls { identity } => self.mtls(identity),
            AuthenticationKind::Oauth2(oauth2) => self.oauth2(oauth2, document.span, own),
            AuthenticationKind::Login(login) => self.login(login, document.span, own),
        }
    }

    /// Credentials come from the caller or the operator, never from the file.
    pub(super) fn credential(&mut self, text: &Text) -> Option<Template> {
        self.template(text, Position::Base)
    }

    /// The outer `None`: it is written, and wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are told apart")]
    pub(super) fn apply_of(&mut self, document: Option<&ApplyDocument>, roots: &[&str]) -> Option<Option<Apply>> {
        match document {
            Some(document) => self.apply(document, roots).map(Some),
            None => Some(None),
        }
    }

    /// `apply:`; `roots` are what its value may use beside the credentials.
    fn apply(&mut self, document: &ApplyDocument, roots: &[&str]) -> Option<Apply> {
        let before = self.locals.len();
        self.locals.extend(roots.iter().map(|root| (*root).to_owned()));
        let value = self.template(&document.value, Position::Base);
        self.locals.truncate(before);
        let (place, name) = document.place()?;
        let fits = self.key_name(place, name);
        let value = value?;
        fits.then(|| Apply { place, name: name.value.clone(), value })
    }

    fn hmac(&mut self, document: &HmacDocument) -> Option<Authentication> {
        let key = self.credential(&document.key);
        if document.parts.is_empty() {
            self.problems
                .add(Code::InvalidValue, document.key.span, "Nothing is signed.")
                .help("name what is, for example `parts: [method, path, body]`");
        }
        let parts: Vec<Option<SignedPart>> = document.parts.iter().map(|part| self.signed_part(part)).collect();
        let signed: Vec<&str> = STAMPS.iter().copied().chain(["signature"]).collect();
        let apply = self.apply(&document.apply, &signed);
        let also = self.also(document.also.as_ref(), &signed);
        Some(Authentication::Hmac(Box::new(HmacPlan {
            algorithm: document.algorithm.map_or_else(Default::default, |algorithm| algorithm.value),
            key: key?,
            parts: parts.into_iter().collect::<Option<_>>()?,
            separator: document.separator.as_ref().map(|separator| separator.value.clone()).unwrap_or_default(),
            encoding: document.encoding.map_or_else(Default::default, |encoding| encoding.value),
            apply: apply?,
            also: also?,
        })))
    }

    fn signed_part(&mut self, part: &Text) -> Option<SignedPart> {
        if let Some(named) = SignedPart::named(&part.value) {
            return Some(named);
        }
        if !part.value.contains("{{")
            && let Some(help) = crate::suggest::did_you_mean(&part.value, SignedPart::WORDS)
        {
            self.problems
                .add(Code::InvalidValue, part.span, format!("`{}` is not a part of the request.", part.value))
                .help(help);
            return None;
        }
        let before = self.locals.len();
        self.locals.extend(STAMPS.map(str::to_owned));
        let template = self.template(part, Position::Base);
        self.locals.truncate(before);
        template.map(SignedPart::Text)
    }

    fn also(&mut self, document: Option<&Keyed<Text>>, roots: &[&str]) -> Option<Vec<Apply>> {
        let mut headers = Vec::new();
        for (name, text) in document.map(Keyed::iter).into_iter().flatten() {
            let before = self.locals.len();
            self.locals.extend(roots.iter().map(|root| (*root).to_owned()));
            let value = self.template(text, Position::Base);
            self.locals.truncate(before);
            let fits = self.header_name(name).is_some();
            headers.push(value.filter(|_| fits).map(|value| Apply {
                place: KeyPlace::Header,
                name: name.value.clone(),
                value,
            }));
        }
        headers.into_iter().collect()
    }

    fn aws(&mut self, document: &AwsDocument) -> Option<Authentication> {
        let (id, secret) = (self.credential(&document.access_key_id), self.credential(&document.secret_access_key));
        let session = self.optional_credential(document.session_token.as_ref());
        let (region, service) = (self.credential(&document.region), self.credential(&document.service));
        Some(Authentication::Aws(Box::new(AwsPlan {
            access_key_id: id?,
            secret_access_key: secret?,
            session_token: session?,
            region: region?,
            service: service?,
        })))
    }

    fn oauth1(&mut self, document: &Oauth1Document) -> Option<Authentication> {
        let (key, secret) = (self.credential(&document.consumer_key), self.credential(&document.consumer_secret));
        let token = self.optional_credential(document.token.as_ref());
        let token_secret = self.optional_credential(document.token_secret.as_ref());
        let realm = self.optional_credential(document.realm.as_ref());
        Some(Authentication::Oauth1(Box::new(Oauth1Plan {
            consumer_key: key?,
            consumer_secret: secret?,
            token: token?,
            token_secret: token_secret?,
            method: document.method.map_or_else(Default::default, |method| method.value),
            realm: realm?,
        })))
    }

    #[expect(clippy::option_option, reason = "absent and wrong are told apart")]
    pub(super) fn optional_credential(&mut self, text: Option<&Text>) -> Option<Option<Template>> {
        match text {
            Some(text) => self.credential(text).map(Some),
            None => Some(None),
        }
    }

    fn mtls(&mut self, identity: &Text) -> Option<Authentication> {
        if identity.value.trim().is_empty() || identity.value.contains("{{") {
            self.problems
                .add(Code::InvalidValue, identity.span, "A client certificate is named, not made up from values.")
                .help("the operator gives it its name: `--identity NAME=CERTIFICATE,KEY`");
            return None;
        }
        if let Some(known) = &self.environment.identities
            && !known.contains(&identity.value)
        {
            let near = crate::suggest::did_you_mean(&identity.value, known.iter().map(String::as_str));
            self.problems
                .add(
                    Code::UnknownField,
                    identity.span,
                    format!("The operator has configured no client certificate named `{}`.", identity.value),
                )
                .help(near.unwrap_or_else(|| format!("start with `--identity {}=CERT.pem,KEY.pem`", identity.value)));
            return None;
        }
        Some(Authentication::Mtls(identity.value.clone()))
    }

    fn key_name(&mut self, place: KeyPlace, name: &Text) -> bool {
        match place {
            KeyPlace::Header => self.header_name(name).is_some(),
            KeyPlace::Query | KeyPlace::Field => {
                if name.value.is_empty() {
                    self.problems.add(Code::InvalidValue, name.span, "The name is empty.").help("give it a name");
                }
                !name.value.is_empty()
            }
            KeyPlace::Cookie => {
                let fits = !name.value.is_empty()
                    && name
                        .value
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte));
                if !fits {
                    self.problems
                        .add(Code::BadHeader, name.span, format!("`{}` is not a cookie name.", name.value))
                        .help("letters, digits, `-` and `_`");
                }
                fits
            }
        }
    }
}
