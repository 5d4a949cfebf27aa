//! Takes white space away as Handlebars does: beside tildes, and around tags alone on their line.
//!
//! The rules, with their corners, are those of Handlebars.js; the parser differs from it at the ends
//! of a template and around comments.

use super::tree::{BlockNode, Inverse, Node, Text, Tildes};

/// Takes away the white space of a whole template.
pub(super) fn strip(text: &str, nodes: &mut [Node<'_>]) {
    program(text, nodes, Place::Root);
}

/// Where a list of nodes stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The template itself, whose ends count as line ends.
    Root,
    /// A branch of a block.
    Branch,
}

/// How much is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// All white space: a tilde.
    All,
    /// The rest of the line: a tag alone on it.
    Line,
}

/// What a node asks of its neighbours.
#[derive(Default)]
struct Wish {
    tildes: Tildes,
    /// The node is nothing but a tag that may stand alone on its line.
    alone: bool,
    /// The opening tag has nothing behind it on its line.
    opens_line: bool,
    /// The closing tag has nothing before it on its line.
    closes_line: bool,
}

fn program(text: &str, nodes: &mut [Node<'_>], place: Place) {
    for index in 0..nodes.len() {
        let wish = match nodes.get_mut(index) {
            Some(Node::Value(tag)) => Wish { tildes: Tildes::of(text, &tag.at), ..Wish::default() },
            Some(Node::Comment) => Wish { alone: true, ..Wish::default() },
            Some(Node::Block(node)) => block(text, node),
            Some(Node::Text(_)) | None => continue,
        };
        let (before, rest) = nodes.split_at_mut(index);
        let Some((node, after)) = rest.split_first_mut() else { continue };
        let line_begins = ends_line(before, place);
        let line_ends = begins_line(after, place);
        if wish.tildes.after {
            take_begin(after, Amount::All);
        }
        if wish.tildes.before {
            take_end(before, Amount::All);
        }
        if wish.alone && line_begins && line_ends {
            take_begin(after, Amount::Line);
            take_end(before, Amount::Line);
        }
        let Node::Block(node) = node else { continue };
        if wish.opens_line && line_begins {
            take_begin(&mut node.body, Amount::Line);
            take_end(before, Amount::Line);
        }
        if wish.closes_line && line_ends {
            take_begin(after, Amount::Line);
            match &mut node.inverse {
                None => take_end(&mut node.body, Amount::Line),
                Some(Inverse::Else(inverse)) => take_end(inverse, Amount::Line),
                // Of a chain Handlebars looks only at the first branch, whose end is no text.
                Some(Inverse::Chain(_)) => {}
            }
        }
    }
}

fn block(text: &str, node: &mut BlockNode<'_>) -> Wish {
    let BlockNode { body, inverse, open, middle, close, .. } = node;
    program(text, body, Place::Branch);
    let first_inverse = match inverse {
        None => None,
        Some(Inverse::Else(nodes)) => {
            program(text, nodes, Place::Branch);
            Some(nodes)
        }
        Some(Inverse::Chain(chained)) => {
            block(text, chained);
            Some(&mut chained.body)
        }
    };
    let wish = Wish {
        tildes: Tildes { before: open.before, after: close.after },
        alone: false,
        opens_line: begins_line(body, Place::Branch),
        closes_line: ends_line(first_inverse.as_deref().unwrap_or(body), Place::Branch),
    };
    if open.after {
        take_begin(body, Amount::All);
    }
    let Some(inverse) = first_inverse else {
        if close.before {
            take_end(body, Amount::All);
        }
        return wish;
    };
    if middle.before {
        take_end(body, Amount::All);
    }
    if middle.after {
        take_begin(inverse, Amount::All);
    }
    if close.before {
        take_end(inverse, Amount::All);
    }
    if ends_line(body, Place::Branch) && begins_line(inverse, Place::Branch) {
        take_end(body, Amount::Line);
        take_begin(inverse, Amount::Line);
    }
    wish
}

/// Whether nothing but blanks stands between the last line break of `before` and its end.
fn ends_line(before: &[Node<'_>], place: Place) -> bool {
    match before {
        [] => place == Place::Root,
        [earlier @ .., Node::Text(Text { original, .. })] => {
            let blank = original.trim_end_matches(is_space);
            let tail = original.get(blank.len()..).unwrap_or_default();
            tail.contains('\n') || (blank.is_empty() && earlier.is_empty() && place == Place::Root)
        }
        _ => false,
    }
}

/// Whether nothing but blanks stands between the beginning of `after` and its first line break.
fn begins_line(after: &[Node<'_>], place: Place) -> bool {
    match after {
        [] => place == Place::Root,
        [Node::Text(Text { original, .. }), later @ ..] => {
            let blank = original.trim_start_matches(is_space);
            let head = original.get(..original.len() - blank.len()).unwrap_or_default();
            head.contains('\n') || (blank.is_empty() && later.is_empty() && place == Place::Root)
        }
        _ => false,
    }
}

/// Takes white space from the beginning of `nodes`.
fn take_begin(nodes: &mut [Node<'_>], amount: Amount) {
    let Some(Node::Text(text)) = nodes.first_mut() else { return };
    let before = text.kept.len();
    match amount {
        Amount::All => text.kept = text.kept.trim_start_matches(is_space),
        Amount::Line if text.begin_taken => return,
        Amount::Line => {
            let rest = text.kept.trim_start_matches([' ', '\t']);
            let rest = rest.strip_prefix('\r').unwrap_or(rest);
            text.kept = rest.strip_prefix('\n').unwrap_or(rest);
        }
    }
    text.begin_taken = text.kept.len() != before;
}

/// Takes white space from the end of `nodes`.
fn take_end(nodes: &mut [Node<'_>], amount: Amount) {
    let Some(Node::Text(text)) = nodes.last_mut() else { return };
    let before = text.kept.len();
    match amount {
        Amount::All => text.kept = text.kept.trim_end_matches(is_space),
        Amount::Line if text.end_taken => return,
        Amount::Line => text.kept = text.kept.trim_end_matches([' ', '\t']),
    }
    text.end_taken = text.kept.len() != before;
}

/// White space as JavaScript has it.
fn is_space(character: char) -> bool {
    character == '\u{FEFF}' || (character.is_whitespace() && character != '\u{85}')
}
