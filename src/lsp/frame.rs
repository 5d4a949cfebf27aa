//! Messages of the protocol on a stream: a head with `Content-Length`, then JSON.
//!
//! Knows no methods.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// More than any editor sends: definitions end at 1 MiB.
const LONGEST: usize = 64 * 1024 * 1024;

/// The next message; `None` when the stream has ended.
///
/// # Errors
/// If the stream breaks, or does not hold a message.
pub(super) fn read(stream: &mut impl BufRead) -> io::Result<Option<Value>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.take(8192).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let Some(length) = length.filter(|length| *length <= LONGEST) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message has no usable `Content-Length`"));
    };
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one message.
///
/// # Errors
/// If the stream breaks.
pub(super) fn write(stream: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut stream = Vec::new();
        write(&mut stream, &json!({ "id": 1, "x": "é" })).unwrap();
        write(&mut stream, &json!(2)).unwrap();
        let mut stream = stream.as_slice();
        assert_eq!(read(&mut stream).unwrap(), Some(json!({ "id": 1, "x": "é" })));
        assert_eq!(read(&mut stream).unwrap(), Some(json!(2)));
        assert_eq!(read(&mut stream).unwrap(), None);
    }

    #[test]
    fn a_head_without_a_length_is_an_error() {
        assert!(read(&mut "X: 1\r\n\r\n{}".as_bytes()).is_err());
    }
}
