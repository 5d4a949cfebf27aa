//! One open file with what it stands among: the service of an action, the actions of a service.

use std::ops::Range;
use std::path::PathBuf;

use super::outline::Outline;

/// A file's text and its outline.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) outline: Outline,
}

/// The file that is asked about.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) own: Sheet,
    /// The service's file, for an action.
    pub(super) service: Option<Sheet>,
    /// The actions' files, for a service; the other actions for an action.
    pub(super) actions: Vec<Sheet>,
    pub(super) is_service: bool,
}

/// A name that templates can use, and where it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: String,
    /// The file.
    pub(super) path: PathBuf,
    /// Where the name stands there.
    pub(super) at: Range<usize>,
    /// What is written behind it.
    pub(super) rules: String,
    /// The step that makes it, for a capture.
    pub(super) step: Option<String>,
}

/// Keys below which names of `vars` stand.
const CAPTURING: [&str; 4] = ["capture", "set", "collect", "accept"];

impl Sheet {
    pub(super) fn new(path: PathBuf, text: String) -> Self {
        let outline = Outline::of(&text);
        Self { path, text, outline }
    }

    fn declared(&self, index: usize) -> Option<Declared> {
        let entry = self.outline.entries.get(index)?;
        let rules = self.text.get(entry.value.clone()).unwrap_or_default();
        Some(Declared {
            name: entry.key.clone(),
            path: self.path.clone(),
            at: entry.at.clone(),
            rules: rules.trim().to_owned(),
            step: None,
        })
    }

    /// What stands directly below a path.
    fn below(&self, path: &[&str]) -> Vec<Declared> {
        let Some(parent) = self.outline.find(path) else { return Vec::new() };
        self.outline.children(Some(parent)).filter_map(|index| self.declared(index)).collect()
    }

    /// Every capture and value that is set, with its step.
    fn captures(&self) -> Vec<Declared> {
        let mut found = Vec::new();
        for (index, entry) in self.outline.entries.iter().enumerate() {
            let path = self.outline.path(index);
            let is_made = path.len() > 1
                && path.get(path.len() - 2).is_some_and(|above| CAPTURING.contains(above))
                && !path.contains(&"tests")
                && entry.key != "[]";
            if let Some(declared) = self.declared(index).filter(|_| is_made) {
                found.push(Declared { step: self.step_of(index), ..declared });
            }
        }
        found
    }

    /// The `id` of the step that an entry stands in.
    fn step_of(&self, index: usize) -> Option<String> {
        let mut next = Some(index);
        while let Some(at) = next {
            let id = self
                .outline
                .children(Some(at))
                .find(|child| self.outline.entries.get(*child).is_some_and(|entry| entry.key == "id"));
            if let Some(entry) = id.and_then(|id| self.outline.entries.get(id)) {
                return self.text.get(entry.value.clone()).map(|text| text.trim().to_owned());
            }
            next = self.outline.entries.get(at).and_then(|entry| entry.parent);
        }
        None
    }
}

impl Page {
    /// The names below a root.
    pub(super) fn names(&self, root: &str) -> Vec<Declared> {
        let mut found = match root {
            "data" | "meta" => self.own.below(&["input", root]),
            "auth" => {
                let service =
                    self.service.as_ref().map(|service| service.below(&["input", "auth"])).unwrap_or_default();
                self.own.below(&["input", "auth"]).into_iter().chain(service).collect()
            }
            "vars" => self.own.captures(),
            "response" => self.own.below(&["response"]),
            "token" => {
                let export = ["authentication", "token", "export"];
                let service = self.service.as_ref().map(|service| service.below(&export)).unwrap_or_default();
                self.own.below(&export).into_iter().chain(service).collect()
            }
            _ => Vec::new(),
        };
        if root == "meta" {
            // Talkdesk's own fields can always be declared; those that are not are not offered.
            found.retain(|declared| !declared.name.is_empty());
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|declared| seen.insert(declared.name.clone()));
        found
    }

    /// Every file of the service, this one first.
    pub(super) fn sheets(&self) -> impl Iterator<Item = &Sheet> {
        std::iter::once(&self.own).chain(&self.service).chain(&self.actions)
    }
}
