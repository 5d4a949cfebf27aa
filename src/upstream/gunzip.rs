//! Decompresses gzip piece by piece, to the last member, and never further than the cap.
//!
//! Pure. The client library reads the first member only and drops what follows (RFC 1952 §2.2 allows many).

use std::io::{Error, Result, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

/// Why there is no whole text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GunzipError {
    /// The text is over the cap.
    TooLarge,
    /// This is no gzip, or not all of it.
    Corrupt,
}

/// A text in the making.
#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Capped>,
    started: bool,
}

#[derive(Debug)]
struct Capped {
    text: Vec<u8>,
    limit: usize,
    over: bool,
}

impl Gunzip {
    /// For a text of at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { decoder: MultiGzDecoder::new(Capped { text: Vec::new(), limit, over: false }), started: false }
    }

    /// Takes the next compressed bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> std::result::Result<(), GunzipError> {
        self.started |= !bytes.is_empty();
        self.decoder.write_all(bytes).map_err(|_| self.why())
    }

    /// The whole text; nothing compressed is no text, whatever the headers said.
    pub(super) fn finish(mut self) -> std::result::Result<Bytes, GunzipError> {
        if self.started {
            self.decoder.try_finish().map_err(|_| self.why())?;
        }
        Ok(Bytes::from(std::mem::take(&mut self.decoder.get_mut().text)))
    }

    fn why(&self) -> GunzipError {
        if self.decoder.get_ref().over { GunzipError::TooLarge } else { GunzipError::Corrupt }
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
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// However the bytes are cut into pieces, the same comes out.
    #[track_caller]
    fn check(bytes: &[u8], expected: std::result::Result<&[u8], GunzipError>) {
        for size in [1, 2, 7, 4096] {
            let mut gunzip = Gunzip::new(4096);
            let pushed = bytes.chunks(size).try_for_each(|piece| gunzip.push(piece));
            assert_eq!(pushed.and_then(|()| gunzip.finish()).as_deref(), expected.as_ref().map(|text| *text), "{size}");
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
        check(&gzip(&[0; 4097]), Err(GunzipError::TooLarge));
        check(&[gzip(&[0; 4000]), gzip(&[0; 97])].concat(), Err(GunzipError::TooLarge));
    }

    #[test]
    fn a_part_or_anything_else_is_corrupt() {
        let whole = [gzip(b"one, "), gzip(b"two")].concat();
        let boundary = gzip(b"one, ").len();
        for length in (1..whole.len()).filter(|length| *length != boundary) {
            check(&whole[..length], Err(GunzipError::Corrupt));
        }
        check(b"this is no gzip", Err(GunzipError::Corrupt));
        check(&[gzip(b"one"), b"this is no gzip".to_vec()].concat(), Err(GunzipError::Corrupt));
        let mut wrong_sum = gzip(b"one");
        let place = wrong_sum.len() - 6;
        wrong_sum[place] ^= 1;
        check(&wrong_sum, Err(GunzipError::Corrupt));
    }
}
