//! The trace that a call belongs to, as services and collectors know it (W3C Trace Context, <https://www.w3.org/TR/trace-context/>).

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The longest `tracestate` that is passed on (§3.3.1.5).
const LONGEST_STATE: usize = 512;

/// 8 bytes, not all zero where somebody traces.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SpanId(pub [u8; 8]);

/// 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId(pub [u8; 16]);

/// The trace of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The caller's span, if it sent one.
    pub parent: Option<SpanId>,
    /// The call's own span.
    pub span: SpanId,
    /// Whether it is recorded.
    pub sampled: bool,
    /// What other systems keep in the trace; passed on as it is.
    pub state: Option<HeaderValue>,
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl SpanId {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        let [a, b, c, d, e, f, _, h, ..] = uuid::Uuid::new_v4().into_bytes();
        // The seventh byte of a UUID holds its version, which is the same in all.
        Self([a, b, c, d, e, f, h, b ^ d])
    }
}

impl TraceContext {
    /// The trace that a request comes with, continued; else a new one, recorded if `sampled` says so.
    #[must_use]
    pub fn of(headers: &HeaderMap, sampled: impl FnOnce() -> bool) -> Self {
        let span = SpanId::new();
        match parent(headers) {
            Some((trace, parent, sampled)) => {
                Self { trace, parent: Some(parent), span, sampled, state: state(headers) }
            }
            None => {
                let trace = TraceId(uuid::Uuid::new_v4().into_bytes());
                Self { trace, parent: None, span, sampled: sampled(), state: None }
            }
        }
    }

    /// Names to a service the span that its request comes from, unless the definition says so itself.
    pub(super) fn put_into(&self, headers: &mut HeaderMap, span: SpanId) {
        if headers.contains_key(TRACEPARENT) {
            return;
        }
        let flags = u8::from(self.sampled);
        if let Ok(value) = HeaderValue::try_from(format!("00-{:?}-{span:?}-{flags:02x}", self.trace)) {
            headers.insert(TRACEPARENT, value);
            if let Some(state) = &self.state {
                headers.insert(TRACESTATE, state.clone());
            }
        }
    }
}

/// `00-TRACE-SPAN-FLAGS` (§3.2); one of another version is read as far as that goes.
fn parent(headers: &HeaderMap) -> Option<(TraceId, SpanId, bool)> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let text = values.next()?.to_str().ok()?;
    if values.next().is_some() || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_known = version == "00" && parts.next().is_none();
    let is_later = version.len() == 2 && version != "00" && version != "ff" && hex::decode(version).is_ok();
    let (mut trace_id, mut span_id, mut flag) = ([0; 16], [0; 8], [0; 1]);
    hex::decode_to_slice(trace, &mut trace_id).ok()?;
    hex::decode_to_slice(span, &mut span_id).ok()?;
    hex::decode_to_slice(flags, &mut flag).ok()?;
    let [flags] = flag;
    ((is_known || is_later) && trace_id != [0; 16] && span_id != [0; 8]).then_some((
        TraceId(trace_id),
        SpanId(span_id),
        flags & 1 == 1,
    ))
}

/// The members of all such headers, in their order (§3.3).
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists: Vec<&[u8]> = headers.get_all(TRACESTATE).iter().map(HeaderValue::as_bytes).collect();
    let all = lists.join(&b","[..]);
    HeaderValue::from_bytes(&all).ok().filter(|all| (1..=LONGEST_STATE).contains(&all.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(traceparent: &str) -> TraceContext {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::try_from(traceparent).unwrap());
        headers.insert(TRACESTATE, HeaderValue::from_static("vendor=1"));
        TraceContext::of(&headers, || false)
    }

    #[test]
    fn a_trace_goes_on() {
        let context = context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(format!("{:?}", context.trace), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(format!("{:?}", context.parent), "Some(00f067aa0ba902b7)");
        assert!(context.sampled);
        let (mut headers, span) = (HeaderMap::new(), SpanId([1; 8]));
        context.put_into(&mut headers, span);
        assert_eq!(headers[TRACEPARENT], "00-4bf92f3577b34da6a3ce929d0e0e4736-0101010101010101-01");
        assert_eq!(headers[TRACESTATE], "vendor=1");
    }

    #[test]
    fn what_is_no_trace_begins_a_new_one() {
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "0000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "+0-1-2-1",
        ] {
            let context = context(wrong);
            assert_eq!((context.parent, context.sampled, context.state), (None, false, None), "{wrong}");
        }
    }

    #[test]
    fn members_in_several_headers_are_passed_on_together() {
        let mut headers = HeaderMap::new();
        headers
            .insert(TRACEPARENT, HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        headers.append(TRACESTATE, HeaderValue::from_static("a=1,b=x=="));
        headers.append(TRACESTATE, HeaderValue::from_static("c=3"));
        assert_eq!(TraceContext::of(&headers, || false).state.unwrap(), "a=1,b=x==,c=3");
        headers.append(TRACESTATE, HeaderValue::try_from("d".repeat(LONGEST_STATE)).unwrap());
        assert_eq!(TraceContext::of(&headers, || false).state, None);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert!(context("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").parent.is_some());
    }

    #[test]
    fn a_definition_that_says_its_own_goes_first() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static("own"));
        TraceContext::of(&HeaderMap::new(), || true).put_into(&mut headers, SpanId::new());
        assert_eq!(headers[TRACEPARENT], "own");
    }
}
