//! When the same request may go out again, and how long to wait before it does. Pure.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Whether an answered request may be repeated.
///
/// A service that answers 429 or 503 says that it did not act (RFC 6585 §4, RFC 9110 §15.6.4);
/// after any other failure only a request that does no harm twice may go out again.
#[must_use]
pub fn may_retry(status: u16, replayable: bool) -> bool {
    replayable || matches!(status, 429 | 503)
}

/// How long to wait before the attempt after `attempt` (from 0): what the service asks for, or a
/// time that doubles, with jitter so that callers do not return all at once.
#[must_use]
pub fn wait_before(attempt: u32, asked: Option<Duration>) -> Duration {
    if let Some(asked) = asked {
        return asked;
    }
    let longest = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_WAIT);
    let half = longest / 2;
    let [byte, ..] = uuid::Uuid::new_v4().into_bytes();
    half + half * u32::from(byte) / 255
}

/// `Retry-After` in seconds or as an HTTP date (RFC 9110 §10.2.3).
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds still say: not now.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    // The library reads the three forms of RFC 9110 §5.6.7.
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now.into()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(text: &'static str, expected: Option<u64>) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        let now = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(retry_after(&headers, now).map(|wait| wait.as_secs()), expected);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check("3", Some(3));
        check("3600", Some(3600));
        check("Sat, 31 Jan 2026 12:00:05 GMT", Some(5));
        check("Sat, 31 Jan 2026 11:00:00 GMT", Some(0));
        check("Saturday, 31-Jan-26 12:00:05 GMT", Some(5));
        check("Sat Jan 31 12:00:05 2026", Some(5));
        check("Sun Feb  1 12:00:00 2026", Some(24 * 60 * 60));
        check("99999999999999999999999", Some(u64::MAX));
        check("Saturday, 31-Jan-70 12:00:05 GMT", Some(0));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(251_632_439_999));
        check("Sun, 31 Jan 2026 12:00:05 GMT", None);
        check("Sat, 31 Feb 2026 12:00:05 GMT", None);
        check("Sat, 31 Jan 2026 12:00:05 EST", None);
        check("", None);
        check("+3", None);
        check("soon", None);
        check("-1", None);
    }

    #[test]
    fn a_create_is_repeated_only_where_the_service_said_it_did_nothing() {
        assert!(may_retry(429, false));
        assert!(may_retry(503, false));
        assert!(!may_retry(502, false));
        assert!(may_retry(502, true));
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert!(wait_before(0, None) <= FIRST_WAIT);
        // The least wait is half of the longest.
        assert!(wait_before(1, None) >= FIRST_WAIT);
        assert!((LONGEST_WAIT / 2..=LONGEST_WAIT).contains(&wait_before(30, None)));
        assert_eq!(wait_before(0, Some(Duration::from_secs(9))), Duration::from_secs(9));
    }
}
