//! gzip by hand: whole members, and texts without end.
//!
//! A library would not let it stop in the middle.

/// One gzip member (RFC 1952) that stores its text.
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = gzip_header();
    bytes.push(1);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&(!length).to_le_bytes());
    bytes.extend_from_slice(text);
    bytes.extend_from_slice(&crc32(text).to_le_bytes());
    bytes.extend_from_slice(&u32::from(length).to_le_bytes());
    bytes
}

pub(crate) fn gzip_header() -> Vec<u8> {
    vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
}

/// CRC-32 as gzip has it (RFC 1952 §8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

/// A deflate block (RFC 1951 §3.2.6, fixed codes) of zeros: its start, and thirteen bytes to repeat for ever.
pub(crate) fn zeros_without_end() -> (Vec<u8>, Vec<u8>) {
    // Not the last block, fixed codes, one zero, then 258 times what was before, again and again.
    let start = [[0, 1, 0].as_slice(), &[0, 0, 1, 1, 0, 0, 0, 0]].concat();
    let bits: Vec<u8> =
        start.into_iter().chain([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0].into_iter().cycle()).take(15 * 8).collect();
    let bytes: Vec<u8> = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit)).collect();
    (bytes[..2].to_vec(), bytes[2..].to_vec())
}
