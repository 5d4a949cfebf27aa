//! Headers: names checked, and those that the engine itself must write refused.

use http::HeaderName;

use super::compiler::{Compiler, Position};
use crate::catalog::Structure;
use crate::diagnostic::Code;
use crate::document::{Keyed, Kind, Node, Text};

/// Written by the engine (RFC 9110 §7.6.1, RFC 9112 §6): a definition that sets one breaks the framing.
const FORBIDDEN: [&str; 11] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Compiler<'_> {
    /// Headers of one level; `None` as a value removes the one inherited.
    pub(super) fn headers(
        &mut self,
        document: Option<&Keyed<Node>>,
        position: Position,
    ) -> Vec<(HeaderName, Option<Structure>)> {
        let mut headers: Vec<(HeaderName, Option<Structure>)> = Vec::new();
        for (name, node) in document.map(Keyed::iter).into_iter().flatten() {
            let value = self.header_value(node, position);
            let (Some(name), Some(value)) = (self.header_name(name), value) else { continue };
            headers.retain(|(existing, _)| *existing != name);
            headers.push((name, value));
        }
        headers
    }

    /// The name of a header that an answer may have.
    pub(super) fn answered_header(&mut self, text: &Text) -> Option<HeaderName> {
        let name = HeaderName::try_from(text.value.as_str()).ok();
        if name.is_none() {
            self.problems
                .add(Code::BadHeader, text.span, format!("`{}` is not a header name.", text.value))
                .help("letters, digits and hyphens, for example `X-Api-Version`");
        }
        name
    }

    /// A header's name, if a definition may set it.
    pub(super) fn header_name(&mut self, text: &Text) -> Option<HeaderName> {
        let name = self.answered_header(text)?;
        if FORBIDDEN.contains(&name.as_str()) {
            self.problems
                .add(Code::ForbiddenHeader, text.span, format!("`{}` is written by the engine itself.", text.value))
                .help("remove it; the host comes from the address, the length from the body");
            return None;
        }
        Some(name)
    }

    fn header_value(&mut self, node: &Node, position: Position) -> Option<Option<Structure>> {
        match &node.kind {
            Kind::Null => Some(None),
            Kind::List(_) | Kind::Map(_) => {
                self.problems
                    .add(Code::WrongType, node.span, format!("A header is text, found {}.", node.kind_name()))
                    .help("join a list: \"{{join data.tags ','}}\"");
                None
            }
            _ => {
                let structure = self.structure(node, position)?;
                if let Structure::Constant(value) = &structure
                    && !is_visible(&crate::value::text_of(value).unwrap_or_default())
                {
                    self.problems
                        .add(Code::BadHeader, node.span, "A header holds visible ASCII characters only.")
                        .help("remove line breaks and accents, or encode the value with `base64` or `url_encode`");
                    return None;
                }
                Some(Some(structure))
            }
        }
    }
}

/// As when a request is built: other bytes arrive as something else, or not at all.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t')
}
