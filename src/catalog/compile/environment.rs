//! The names that templates of one file can refer to, and how far they are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{FieldRule, Input};
use crate::diagnostic::{Code, Problems, Span};

/// What templates of one file can refer to.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// Declared input.
    pub(super) input: Input,
    /// Names of the operator's secrets, if they are known.
    pub(super) secrets: Option<BTreeSet<String>>,
    /// Names of the operator's client certificates, if they are known.
    pub(super) identities: Option<BTreeSet<String>>,
    /// Every name that some step captures or sets.
    pub(super) vars: BTreeSet<String>,
    /// What the token exports, and whether each is a secret.
    pub(super) exports: BTreeMap<String, bool>,
    /// Whether `idempotency_key` is there.
    pub(super) idempotency: bool,
    /// What of the file could not be read.
    pub(super) gaps: Gaps,
}

/// Parts of the definitions that could not be read, so that what is missing in them proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    /// `service.yaml`, which declares `auth` and gives the address.
    pub(super) service: bool,
    /// Something in the file that may declare a name.
    pub(super) names: bool,
    /// Anything in the file.
    pub(super) any: bool,
}

/// Keys that declare names, and what stands around them.
const NAMING: [&str; 9] = ["input", "auth", "data", "meta", "set", "steps", "capture", "collect", "accept"];

impl Gaps {
    /// The gaps that problems found so far leave.
    pub(super) fn of(problems: &Problems, service: ServiceGap) -> Self {
        let names = problems.iter().any(|problem| match problem.code {
            Code::UnknownKey => crate::suggest::suggestion(problem.source.slice(problem.span), NAMING).is_some(),
            // What they are about is read as if it were not there.
            Code::WrongType | Code::MissingKey | Code::DuplicateKey | Code::Syntax => true,
            _ => false,
        });
        Self { service: service == ServiceGap::Broken, names, any: problems.has_errors() }
    }
}

/// Whether a service could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceGap {
    /// It could, or there is none.
    None,
    /// It has errors.
    Broken,
}

/// One reference to something the caller, a step or the response gives.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// `data`, `auth`, `meta`, `vars` or `response`.
    pub(super) root: String,
    /// The field's name.
    pub(super) name: String,
    /// Where.
    pub(super) span: Span,
    /// In which step; the number of steps for the response.
    pub(super) step: usize,
    /// Whether the request cannot be built without it.
    pub(super) required: bool,
}

impl Environment {
    /// Whether a name that is not found under `root` may be declared all the same.
    pub(super) fn is_incomplete(&self, root: &str) -> bool {
        self.gaps.names || self.gaps.service && root == "auth"
    }

    pub(super) fn fields(&self, root: &str) -> Option<&[Arc<FieldRule>]> {
        match root {
            "auth" => Some(&self.input.auth),
            "data" => Some(&self.input.data),
            "meta" => Some(&self.input.meta),
            _ => None,
        }
    }

    /// The declared field a path leads to.
    pub(super) fn field(&self, path: &[String]) -> Option<&FieldRule> {
        let fields = self.fields(path.first()?)?;
        let name = path.get(1)?;
        fields.iter().find(|field| field.name() == name).map(AsRef::as_ref)
    }
}
