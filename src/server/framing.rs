//! Finds the end of the body of an HTTP/1 request, so that the next head can be checked.
//!
//! Counts only: the bytes go to hyper as they are, which reads them by the same grammar (RFC 9112, sections 6 and 7.1).
//! What this automaton does not understand is never let through, so hyper cannot see an end elsewhere.

use thiserror::Error;

use super::head::Framing;

/// Longest line of a chunk's size with its extensions, and largest trailer section, in bytes.
const MOST_AROUND: usize = 8 * 1024;

/// The chunks of a body are not valid.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the chunks of the body are not valid")]
pub(super) struct BrokenChunks;

/// How much of a body is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remaining {
    /// So many bytes.
    Length(u64),
    /// Chunks; `around` counts the bytes since the last data that are not data.
    Chunks { at: Place, around: usize },
}

/// Where in a chunked body we are: what the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The size: so far, with so many digits.
    Size { size: u64, digits: u8 },
    /// White space after the size.
    SizeSpace { size: u64 },
    /// An extension.
    Extension { size: u64 },
    /// The line feed after the size.
    SizeEnd { size: u64 },
    /// Data, so many bytes.
    Data { left: u64 },
    /// The carriage return after the data.
    DataReturn,
    /// The line feed after the data.
    DataEnd,
    /// The start of a trailer line, or of the empty line that ends all.
    TrailerStart,
    /// A trailer line.
    Trailer,
    /// The line feed after a trailer line.
    TrailerEnd,
    /// The line feed of the empty line.
    LastEnd,
    /// Behind the body.
    Done,
}

impl From<Framing> for Remaining {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunks { at: Place::Size { size: 0, digits: 0 }, around: 0 },
        }
    }
}

impl Remaining {
    /// Whether the body is over.
    pub(super) fn is_done(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunks { at: Place::Done, .. })
    }

    /// Counts off what of `bytes` belongs to the body, and says how many they are.
    ///
    /// Bytes before a mistake are counted off first; the next call returns the error.
    pub(super) fn count_off(&mut self, bytes: &[u8]) -> Result<usize, BrokenChunks> {
        match self {
            Self::Length(left) => Ok(count_data(left, bytes)),
            Self::Chunks { at, around } => count_chunks(at, around, bytes),
        }
    }
}

fn count_data(left: &mut u64, bytes: &[u8]) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left -= taken as u64;
    taken
}

fn count_chunks(at: &mut Place, around: &mut usize, bytes: &[u8]) -> Result<usize, BrokenChunks> {
    let mut rest = bytes;
    let counted = |rest: &[u8]| bytes.len() - rest.len();
    while *at != Place::Done {
        if let Place::Data { left } = at {
            let taken = count_data(left, rest);
            rest = rest.get(taken..).unwrap_or_default();
            if *left > 0 {
                break;
            }
            (*at, *around) = (Place::DataReturn, 0);
        }
        let Some((byte, after)) = rest.split_first() else { break };
        let next = step(*at, *byte).filter(|_| *around < MOST_AROUND);
        match next {
            Some(next) => (*at, *around, rest) = (next, *around + 1, after),
            None if counted(rest) > 0 => break,
            None => return Err(BrokenChunks),
        }
    }
    Ok(counted(rest))
}

fn step(at: Place, byte: u8) -> Option<Place> {
    Some(match (at, byte) {
        (Place::Size { size, digits }, _) if byte.is_ascii_hexdigit() && digits < 16 => {
            let digit = u64::from(char::from(byte).to_digit(16)?);
            Place::Size { size: size << 4 | digit, digits: digits + 1 }
        }
        (Place::Size { digits: 0, .. }, _) => return None,
        (Place::Size { size, .. } | Place::SizeSpace { size }, b' ' | b'\t') => Place::SizeSpace { size },
        (Place::Size { size, .. } | Place::SizeSpace { size }, b';') => Place::Extension { size },
        (Place::Size { size, .. } | Place::SizeSpace { size } | Place::Extension { size }, b'\r') => {
            Place::SizeEnd { size }
        }
        (Place::Extension { .. }, b'\n') => return None,
        (Place::Extension { size }, _) => Place::Extension { size },
        (Place::SizeEnd { size: 0 }, b'\n') => Place::TrailerStart,
        (Place::SizeEnd { size }, b'\n') => Place::Data { left: size },
        (Place::DataReturn, b'\r') => Place::DataEnd,
        (Place::DataEnd, b'\n') => Place::Size { size: 0, digits: 0 },
        (Place::TrailerStart | Place::Trailer, b'\n') => return None,
        (Place::TrailerStart, b'\r') => Place::LastEnd,
        (Place::Trailer, b'\r') => Place::TrailerEnd,
        (Place::TrailerStart | Place::Trailer, _) => Place::Trailer,
        (Place::TrailerEnd, b'\n') => Place::TrailerStart,
        (Place::LastEnd, b'\n') => Place::Done,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts in pieces of every size; the end must be found at the same place.
    #[track_caller]
    fn check(framing: Framing, body: &str, after: &str) {
        let whole = format!("{body}{after}");
        for piece in 1..=whole.len() {
            let (mut remaining, mut end) = (Remaining::from(framing), 0);
            for bytes in whole.as_bytes().chunks(piece) {
                if !remaining.is_done() {
                    end += remaining.count_off(bytes).expect("a valid body");
                }
            }
            assert!(remaining.is_done());
            assert_eq!(end, body.len(), "in pieces of {piece}");
        }
    }

    #[track_caller]
    fn check_broken(body: &str) {
        for piece in 1..=body.len() {
            let mut remaining = Remaining::from(Framing::Chunked);
            let broken = body.as_bytes().chunks(piece).any(|mut bytes| {
                while !bytes.is_empty() && !remaining.is_done() {
                    match remaining.count_off(bytes) {
                        Ok(counted) => bytes = &bytes[counted..],
                        Err(BrokenChunks) => return true,
                    }
                }
                false
            });
            assert!(broken, "{body:?} in pieces of {piece}");
        }
    }

    #[test]
    fn a_body_of_known_length_ends_there() {
        check(Framing::Length(3), "abc", "GET / HTTP/1.1");
        check(Framing::Length(0), "", "GET");
    }

    #[test]
    fn a_chunked_body_ends_with_its_empty_line() {
        check(Framing::Chunked, "0\r\n\r\n", "GET");
        check(Framing::Chunked, "3\r\nabc\r\n0\r\n\r\n", "GET / HTTP/1.1");
        check(Framing::Chunked, "A\r\n0\r\n\r\nGET /\r\n00\r\n\r\n", "0\r\n\r\n");
        check(Framing::Chunked, "3 ;a=b;c=\"d\"\r\nabc\r\n0;x\r\nX: y\r\nA: b\r\n\r\n", "G");
    }

    #[test]
    fn what_two_parsers_might_read_differently_is_broken() {
        for body in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            " 3\r\nabc\r\n",
            "0x3\r\nabc\r\n",
            "3\nabc\r\n",
            "3\r\nabcd\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3;a\nb\r\nabc\r\n",
            "3 4\r\nabc\r\n",
            "00000000000000003\r\nabc\r\n",
            "0\r\n\n",
            "0\r\nX: y\n\r\n",
            "0\r\n\rX",
        ] {
            check_broken(body);
        }
    }

    #[test]
    fn endless_extensions_and_trailers_are_broken() {
        check_broken_whole(&format!("3;{}", "x".repeat(MOST_AROUND)));
        check_broken_whole(&format!("0\r\n{}", "X: y\r\n".repeat(MOST_AROUND / 6)));
    }

    #[track_caller]
    fn check_broken_whole(body: &str) {
        let mut remaining = Remaining::from(Framing::Chunked);
        let counted = remaining.count_off(body.as_bytes()).expect("a start");
        assert_eq!(remaining.count_off(&body.as_bytes()[counted..]), Err(BrokenChunks));
    }
}
