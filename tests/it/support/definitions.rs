//! Directories of definitions to start from and to change.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory of definitions that goes away with its test.
pub(crate) struct Definitions {
    _home: TempDir,
    root: PathBuf,
}

impl Definitions {
    /// A directory with these files; `/` in a name makes directories.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let home = TempDir::new().unwrap();
        let root = home.path().join("actions.d");
        fs::create_dir(&root).unwrap();
        let definitions = Self { _home: home, root };
        for (name, text) in files {
            definitions.write(name, text);
        }
        definitions
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A `service.yaml` for a service at this base address.
pub(crate) fn service_at(base_url: &str) -> String {
    format!(
        "version: 1\ntitle: Desk\ninput:\n  auth:\n    key: {{ required: true }}\nbase_url: {base_url}\n\
         authentication: {{ type: api_key, header: X-Api-Key, value: \"{{{{auth.key}}}}\" }}\n"
    )
}

/// An action that creates a ticket and says `word` when it did.
pub(crate) fn ticket(word: &str) -> String {
    format!(
        "version: 1\ntitle: Create a ticket\ninput:\n  data:\n    subject: {{ required: true, label: Subject }}\n\
         request:\n  path: /tickets\n  json: {{ subject: \"{{{{data.subject}}}}\", word: {word} }}\n\
         response:\n  message: \"{word} {{{{response.external_id}}}}\"\n  external_id: {{ path: $.id, required: true }}\n"
    )
}
