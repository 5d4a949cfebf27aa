//! Tags → tree: text, values, comments and blocks with their branches.
//!
//! Reads nothing inside a tag; [`super::white_space`] then takes from the texts what Handlebars takes.

use std::ops::Range;

use super::scan::{Tag, TagKind};
use crate::diagnostic::{Code, Fault};

/// One piece of a template.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Text(Text<'a>),
    Value(Tag),
    Comment,
    Block(Box<BlockNode<'a>>),
}

/// Text between tags.
#[derive(Debug)]
pub(super) struct Text<'a> {
    /// As written: what stands alone on its line is judged by this.
    pub(super) original: &'a str,
    /// What is left of it.
    pub(super) kept: &'a str,
    pub(super) begin_taken: bool,
    pub(super) end_taken: bool,
}

/// A block with its branches.
#[derive(Debug)]
pub(super) struct BlockNode<'a> {
    pub(super) tag: Tag,
    pub(super) body: Vec<Node<'a>>,
    pub(super) inverse: Option<Inverse<'a>>,
    /// Tildes of the opening tag.
    pub(super) open: Tildes,
    /// Tildes of the tag that begins the other branch.
    pub(super) middle: Tildes,
    /// Tildes of the closing tag.
    pub(super) close: Tildes,
}

/// The other branch.
#[derive(Debug)]
pub(super) enum Inverse<'a> {
    /// `{{else}}`
    Else(Vec<Node<'a>>),
    /// `{{else if …}}`
    Chain(Box<BlockNode<'a>>),
}

/// On which sides of a tag white space goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tildes {
    pub(super) before: bool,
    pub(super) after: bool,
}

impl Tildes {
    /// The tildes of the tag at `at`.
    pub(super) fn of(text: &str, at: &Range<usize>) -> Self {
        let tag = text.get(at.clone()).unwrap_or_default();
        Self { before: tag.starts_with("{{~"), after: tag.ends_with("~}}") }
    }
}

/// The tree of `text`, whose blocks are known to be closed.
pub(super) fn tree<'a>(text: &'a str, tags: &[Tag]) -> Result<Vec<Node<'a>>, Fault> {
    let mut builder = Builder { text, tags: tags.iter(), at: 0 };
    builder.nodes().map(|(nodes, _)| nodes)
}

struct Builder<'a, 't> {
    text: &'a str,
    tags: std::slice::Iter<'t, Tag>,
    at: usize,
}

impl<'a> Builder<'a, '_> {
    /// Nodes up to a tag that ends a branch, and that tag; none at the end.
    fn nodes(&mut self) -> Result<(Vec<Node<'a>>, Option<Tag>), Fault> {
        let mut nodes = Vec::new();
        while let Some(tag) = self.tags.next().cloned() {
            self.text_until(tag.at.start, &mut nodes);
            self.at = tag.at.end;
            match tag.kind {
                TagKind::Value => nodes.push(Node::Value(tag)),
                TagKind::Comment => nodes.push(Node::Comment),
                TagKind::Open => nodes.push(Node::Block(Box::new(self.block(tag)?.0))),
                TagKind::ElseIf | TagKind::Else | TagKind::Close => return Ok((nodes, Some(tag))),
            }
        }
        self.text_until(self.text.len(), &mut nodes);
        Ok((nodes, None))
    }

    fn text_until(&self, end: usize, nodes: &mut Vec<Node<'a>>) {
        let original = self.text.get(self.at..end).unwrap_or_default();
        if !original.is_empty() {
            nodes.push(Node::Text(Text { original, kept: original, begin_taken: false, end_taken: false }));
        }
    }

    /// The block that `tag` opens, and the tildes of the tag that closes it.
    fn block(&mut self, tag: Tag) -> Result<(BlockNode<'a>, Tildes), Fault> {
        let open = Tildes::of(self.text, &tag.at);
        let is_chained = tag.kind == TagKind::ElseIf;
        let (body, end) = self.nodes()?;
        let Some(end) = end else { return Err(unfinished(&tag)) };
        let middle = Tildes::of(self.text, &end.at);
        let node = BlockNode { tag, body, inverse: None, open, middle, close: middle };
        match end.kind {
            TagKind::Else => {
                let (inverse, end) = self.nodes()?;
                let Some(end) = end else { return Err(unfinished(&node.tag)) };
                if end.kind != TagKind::Close {
                    return Err(Fault::new(
                        Code::BadTemplate,
                        end.at,
                        "This block has had its last branch: `{{else}}` comes once, at the end.",
                    ));
                }
                let close = Tildes::of(self.text, &end.at);
                Ok((BlockNode { inverse: Some(Inverse::Else(inverse)), close, ..node }, close))
            }
            TagKind::ElseIf => {
                let (mut chained, close) = self.block(end)?;
                // Handlebars gives only the first branch of a chain the tildes of the closing tag.
                chained.close = if is_chained { chained.open } else { close };
                Ok((BlockNode { inverse: Some(Inverse::Chain(Box::new(chained))), close, ..node }, close))
            }
            _ => Ok((node, middle)),
        }
    }
}

fn unfinished(tag: &Tag) -> Fault {
    Fault::new(Code::BadTemplate, tag.at.clone(), "This block is not closed.")
}
