//! Decompresses an answer's body piece by piece, and never further than the cap.
//!
//! Pure. The client library would walk every answer through it, compressed or not, and reads the first member of a gzip only
//! (RFC 1952 §2.2 allows many).

use std::io::{Error, Result, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// What a body can be compressed with (RFC 9110 §8.4.1, RFC 7932).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// Why there is no whole text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecompressError {
    /// The text is over the cap.
    TooLarge,
    /// This is not what it is said to be, or not all of it.
    Corrupt,
}

/// A text in the making.
pub(super) struct Decompress {
    decoder: Decoder,
    started: bool,
}

enum Decoder {
    Gzip(MultiGzDecoder<Capped>),
    /// The first byte, if it is there: two tell zlib from raw deflate.
    Undecided(Option<u8>, Capped),
    Zlib(ZlibDecoder<Capped>),
    Deflate(DeflateDecoder<Capped>),
    Brotli(Box<DecompressorWriter<Capped>>),
}

#[derive(Default)]
struct Capped {
    text: Vec<u8>,
    limit: usize,
    over: bool,
}

/// Bytes that brotli makes at a time.
const PIECE: usize = 4096;

impl Coding {
    /// By its name, in any case; gzip has two.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let names: [(&[u8], Self); 4] =
            [(b"gzip", Self::Gzip), (b"x-gzip", Self::Gzip), (b"deflate", Self::Deflate), (b"br", Self::Brotli)];
        names.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, coding)| coding)
    }
}

impl Decompress {
    /// For a text of at most so many bytes.
    pub(super) fn new(coding: Coding, limit: usize) -> Self {
        let text = Capped { text: Vec::new(), limit, over: false };
        let decoder = match coding {
            Coding::Gzip => Decoder::Gzip(MultiGzDecoder::new(text)),
            Coding::Deflate => Decoder::Undecided(None, text),
            Coding::Brotli => Decoder::Brotli(Box::new(DecompressorWriter::new(text, PIECE))),
        };
        Self { decoder, started: false }
    }

    /// Takes the next compressed bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> std::result::Result<(), DecompressError> {
        self.started |= !bytes.is_empty();
        let taken = match &mut self.decoder {
            Decoder::Undecided(first, text) => {
                let (&one, &two) = match (first.as_ref(), bytes) {
                    (Some(one), [two, ..]) | (None, [one, two, ..]) => (one, two),
                    (_, rest) => {
                        *first = first.or_else(|| rest.first().copied());
                        return Ok(());
                    }
                };
                let held = first.take();
                self.decoder = Decoder::deflate([one, two], std::mem::take(text));
                if let Some(held) = held {
                    self.push(&[held])?;
                }
                return self.push(bytes);
            }
            Decoder::Gzip(decoder) => decoder.write_all(bytes),
            Decoder::Zlib(decoder) => decoder.write_all(bytes),
            Decoder::Deflate(decoder) => decoder.write_all(bytes),
            Decoder::Brotli(decoder) => decoder.write_all(bytes),
        };
        taken.map_err(|_| self.why())
    }

    /// The whole text; nothing compressed is no text, whatever the headers said.
    pub(super) fn finish(mut self) -> std::result::Result<Bytes, DecompressError> {
        if self.started {
            let ended = match &mut self.decoder {
                Decoder::Undecided(..) => return Err(DecompressError::Corrupt),
                Decoder::Gzip(decoder) => decoder.try_finish(),
                Decoder::Zlib(decoder) => decoder.try_finish(),
                Decoder::Deflate(decoder) => decoder.try_finish(),
                Decoder::Brotli(decoder) => decoder.close(),
            };
            ended.map_err(|_| self.why())?;
        }
        Ok(Bytes::from(std::mem::take(&mut self.text().text)))
    }

    fn text(&mut self) -> &mut Capped {
        match &mut self.decoder {
            Decoder::Undecided(_, text) => text,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zlib(decoder) => decoder.get_mut(),
            Decoder::Deflate(decoder) => decoder.get_mut(),
            Decoder::Brotli(decoder) => decoder.get_mut(),
        }
    }

    fn why(&mut self) -> DecompressError {
        if self.text().over { DecompressError::TooLarge } else { DecompressError::Corrupt }
    }
}

impl Decoder {
    /// `deflate` means zlib (RFC 9110 §8.4.1.2); some services send it without the header. That one names the method, 8, and is a
    /// multiple of 31 (RFC 1950 §2.2), as no raw deflate begins.
    fn deflate(start: [u8; 2], text: Capped) -> Self {
        let zlib = start[0] & 0x8f == 0x08 && u16::from_be_bytes(start).is_multiple_of(31);
        if zlib { Self::Zlib(ZlibDecoder::new(text)) } else { Self::Deflate(DeflateDecoder::new(text)) }
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.over || bytes.len() > self.limit - self.text.len() {
            self.over = true;
            return Err(Error::other("over the cap"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// However the bytes are cut into pieces, the same comes out.
    #[track_caller]
    fn check(bytes: &[u8], expected: std::result::Result<&[u8], DecompressError>) {
        check_as(Coding::Gzip, bytes, expected);
    }

    #[track_caller]
    fn check_as(coding: Coding, bytes: &[u8], expected: std::result::Result<&[u8], DecompressError>) {
        for size in [1, 2, 7, 4096] {
            let mut text = Decompress::new(coding, 4096);
            let pushed = bytes.chunks(size).try_for_each(|piece| text.push(piece));
            assert_eq!(pushed.and_then(|()| text.finish()).as_deref(), expected.as_ref().map(|text| *text), "{size}");
        }
    }

    #[test]
    fn all_members_are_read() {
        check(&[gzip(b"one, "), gzip(b""), gzip(b"two")].concat(), Ok(b"one, two"));
    }

    #[test]
    fn nothing_is_nothing() {
        check(b"", Ok(b""));
        check(&gzip(b""), Ok(b""));
    }

    #[test]
    fn the_cap_holds_for_all_members_together() {
        check(&gzip(&[0; 4096]), Ok(&[0; 4096]));
        check(&gzip(&[0; 4097]), Err(DecompressError::TooLarge));
        check(&[gzip(&[0; 4000]), gzip(&[0; 97])].concat(), Err(DecompressError::TooLarge));
    }

    #[test]
    fn a_part_or_anything_else_is_corrupt() {
        let whole = [gzip(b"one, "), gzip(b"two")].concat();
        let boundary = gzip(b"one, ").len();
        for length in (1..whole.len()).filter(|length| *length != boundary) {
            check(&whole[..length], Err(DecompressError::Corrupt));
        }
        check(b"this is no gzip", Err(DecompressError::Corrupt));
        check(&[gzip(b"one"), b"this is no gzip".to_vec()].concat(), Err(DecompressError::Corrupt));
        let mut wrong_sum = gzip(b"one");
        let place = wrong_sum.len() - 6;
        wrong_sum[place] ^= 1;
        check(&wrong_sum, Err(DecompressError::Corrupt));
    }

    #[test]
    fn deflate_is_read_to_its_end() {
        let zlib = |text: &[u8]| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let check = |bytes: &[u8], expected| check_as(Coding::Deflate, bytes, expected);
        check(&zlib(b"one"), Ok(b"one"));
        check(&zlib(&[0; 4096]), Ok(&[0; 4096]));
        check(&zlib(&[0; 4097]), Err(DecompressError::TooLarge));
        (1..zlib(b"one").len()).for_each(|length| check(&zlib(b"one")[..length], Err(DecompressError::Corrupt)));
        check(b"this is no deflate", Err(DecompressError::Corrupt));
    }

    #[test]
    fn deflate_without_the_header_of_zlib_is_read() {
        let raw = |text: &[u8]| {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let check = |bytes: &[u8], expected| check_as(Coding::Deflate, bytes, expected);
        check(&raw(b"{\"id\":7}"), Ok(b"{\"id\":7}"));
        check(&raw(&[0; 4096]), Ok(&[0; 4096]));
        check(&raw(&[0; 4097]), Err(DecompressError::TooLarge));
        (1..raw(b"one").len()).for_each(|length| check(&raw(b"one")[..length], Err(DecompressError::Corrupt)));
        check(&[raw(b"one").as_slice(), b"more"].concat(), Err(DecompressError::Corrupt));
    }

    #[test]
    fn brotli_is_read_to_its_end() {
        // Of the text `hello`: a piece that is not compressed, and an empty last one (RFC 7932 §9).
        let hello = [0x0b, 0x02, 0x80, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x03];
        let check = |bytes: &[u8], expected| check_as(Coding::Brotli, bytes, expected);
        check(&hello, Ok(b"hello"));
        (1..hello.len()).for_each(|length| check(&hello[..length], Err(DecompressError::Corrupt)));
        check(&[0xff; 16], Err(DecompressError::Corrupt));
        check(&[hello.as_slice(), b"more"].concat(), Err(DecompressError::Corrupt));
        check(b"", Ok(b""));
    }
}
