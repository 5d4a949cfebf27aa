//! Labels: times, durations and states in words and marks, the same on every page.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::call::CallFacts;
use crate::catalog::DirectoryState;

/// What a path of an address cannot hold as it is; slashes part it.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-').remove(b'~');

/// `12.3 ms`, `1.24 s`
pub(super) fn took(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

/// A moment, to be read by people: the date and time in UTC, how long ago as its text.
pub(super) fn moment(at: SystemTime, now: SystemTime) -> Markup {
    let whole = Timestamp::try_from(at).map(|at| format!("{at:.0}")).unwrap_or_default();
    html! { time datetime=(whole) title=(whole) { (ago(at, now)) } }
}

/// `3 s ago`, `12 min ago`
pub(super) fn ago(at: SystemTime, now: SystemTime) -> String {
    let seconds = now.duration_since(at).unwrap_or_default().as_secs();
    match seconds {
        0 => "just now".to_owned(),
        1..=59 => format!("{seconds} s ago"),
        60..=3599 => format!("{} min ago", seconds / 60),
        3600..=86_399 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `1 action`, `2 actions`
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A sentence; text between backticks is code.
pub(super) fn with_code(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // A lone backtick is one.
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (at, part) in parts.iter().enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The state of a service directory.
pub(super) fn directory_state(state: DirectoryState) -> Markup {
    match state {
        DirectoryState::Live => html! { span.mark.good { "live" } },
        DirectoryState::LastGood => html! { span.mark.warn { "last good kept" } },
        DirectoryState::Broken => html! { span.mark.bad { "broken" } },
    }
}

/// How a call ended.
pub(super) fn outcome(call: &CallFacts) -> Markup {
    html! { span.mark.good[call.is_good()].bad[!call.is_good()] { (call.outcome) } }
}

/// The address of an action's page.
pub(super) fn action_page(route: &str) -> String {
    format!("/console/actions{}", utf8_percent_encode(route, UNSAFE))
}

/// The address of a file's page.
pub(super) fn file_page(name: &str) -> String {
    format!("/console/files/{}", utf8_percent_encode(name, UNSAFE))
}

/// A service's name; the actions that stand in none have no name for it.
pub(super) fn service(name: &str) -> &str {
    if name.is_empty() { "(no service)" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_backticks_is_code() {
        assert_eq!(with_code("say `a<b`, not b").into_string(), "say <code>a&lt;b</code>, not b");
        assert_eq!(with_code("it`s").into_string(), "it`s");
    }

    #[test]
    fn addresses_hold_any_name() {
        assert_eq!(file_page("/srv/a #1?/%2F/ä.yaml"), "/console/files//srv/a%20%231%3F/%252F/%C3%A4.yaml");
        assert_eq!(action_page("/desk/create_case"), "/console/actions/desk/create_case");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(took(Duration::from_micros(1234)), "1.2 ms");
        assert_eq!(took(Duration::from_micros(123_456)), "123 ms");
        assert_eq!(took(Duration::from_millis(1239)), "1.24 s");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(200_000);
        for (seconds, words) in
            [(0, "just now"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (90_000, "1 d ago")]
        {
            assert_eq!(ago(now - Duration::from_secs(seconds), now), words);
        }
        assert_eq!(ago(now + Duration::from_secs(9), now), "just now");
        assert_eq!((count(1, "call"), count(0, "call")), ("1 call".to_owned(), "0 calls".to_owned()));
    }
}
