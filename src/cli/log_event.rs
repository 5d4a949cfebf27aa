//! How the log's line of a call is written where nobody wants colours: as the library would write it, in a part of the time.
//!
//! Every call has such a line, and the library takes as long for it as the call takes to build its request.

use std::fmt::{self, Debug, Write as _};

use jiff::Timestamp;
use jiff::tz::Offset;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The lines of calls, whose messages are our own and hold nothing to escape.
const CALLS: &str = "action_executor::call";

/// `TIME LEVEL MESSAGE NAME=VALUE …`; what is no call, or stands within a span, is left to the library.
pub(super) struct Plain {
    others: Format<Full>,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self { others: Format::default().with_target(false).with_ansi(false) }
    }
}

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if context.event_scope().is_some() || event.metadata().target() != CALLS {
            return self.others.format_event(context, writer, event);
        }
        let mut line = Line { text: String::with_capacity(384), written: Ok(()) };
        write_time(Timestamp::now(), &mut line.text);
        line.text.push_str(match *event.metadata().level() {
            Level::ERROR => " ERROR",
            Level::WARN => "  WARN",
            Level::INFO => "  INFO",
            Level::DEBUG => " DEBUG",
            Level::TRACE => " TRACE",
        });
        event.record(&mut line);
        line.text.push('\n');
        line.written.and_then(|()| writer.write_str(&line.text))
    }
}

/// A line in the making.
struct Line {
    text: String,
    written: fmt::Result,
}

impl Line {
    fn begin(&mut self, field: &Field) {
        self.text.push(' ');
        if field.name() != "message" {
            self.text.push_str(field.name());
            self.text.push('=');
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if field.name() == "message" || !value.bytes().all(plain) {
            return self.record_debug(field, &value);
        }
        self.begin(field);
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.begin(field);
        let digits = value.checked_ilog10().unwrap_or_default();
        (0..=digits).rev().for_each(|place| push_digit(value / 10_u64.pow(place), &mut self.text));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.begin(field);
        let written = write!(self.text, "{value:?}");
        self.written = self.written.and(written);
    }
}

/// The last digit of a number.
fn push_digit(number: u64, text: &mut String) {
    text.push(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('0'));
}

/// As RFC 3339 has it, in UTC, to the microsecond.
fn write_time(time: Timestamp, text: &mut String) {
    let time = Offset::UTC.to_datetime(time);
    let mut number = |number: i64, digits: u32, after: char| {
        let number = u64::try_from(number).unwrap_or_default();
        (0..digits).rev().for_each(|place| push_digit(number / 10_u64.pow(place), text));
        text.push(after);
    };
    number(time.year().into(), 4, '-');
    number(time.month().into(), 2, '-');
    number(time.day().into(), 2, 'T');
    number(time.hour().into(), 2, ':');
    number(time.minute().into(), 2, ':');
    number(time.second().into(), 2, '.');
    number(i64::from(time.subsec_nanosecond()) / 1000, 6, 'Z');
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Registry;
    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a test of one thread").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What both write of the same events, without the time.
    #[track_caller]
    fn check(events: impl Fn()) {
        let (ours, theirs) = (Kept::default(), Kept::default());
        let (mine, other) = (ours.clone(), theirs.clone());
        let layers = Registry::default()
            .with(fmt::layer().with_ansi(false).event_format(Plain::new()).with_writer(move || mine.clone()))
            .with(fmt::layer().with_ansi(false).with_target(false).with_writer(move || other.clone()));
        tracing::subscriber::with_default(layers, events);
        let lines = |kept: Kept| {
            let text = String::from_utf8(kept.0.lock().expect("a test of one thread").clone()).expect("text");
            text.lines().map(|line| line.split_once(' ').expect("a time").1.to_owned()).collect::<Vec<_>>()
        };
        let (ours, theirs) = (lines(ours), lines(theirs));
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs);
    }

    #[test]
    fn lines_are_those_of_the_library() {
        check(|| {
            let (cause, nothing) = (Some("limits.calls"), None::<&str>);
            tracing::info!(target: "action_executor::call", request_id = "a-1", cause, nothing, attempts = 2_usize, "call");
            tracing::warn!(target: "action_executor::call", text = "say \"hi\"\n\u{1b}[31m é \\", yes = true, part = 1.5, "it");
            tracing::error!(target: "action_executor::call", shown = %"a b", some = ?Some(1), id = -3_i64, "call");
            tracing::info!(target: "action_executor::call", only = 1);
            tracing::info!(target: "action_executor::call", most = u64::MAX, none = 0_u64, ten = 10_u64, nine = 9_u64);
            tracing::debug!(target: "action_executor::call", "bare");
            tracing::trace!(target: "action_executor::call", long = 12_345_678_901_234_567_890_u128, "long");
            tracing::warn!(other = "é", "theirs\u{1b}[0m");
            tracing::info_span!("within").in_scope(|| tracing::info!(target: "action_executor::call", "call"));
        });
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for (nanoseconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_827_696_000_007_000, "2000-02-29T12:34:56.000007Z"),
            (1_764_003_599_999_999_999, "2025-11-24T16:59:59.999999Z"),
        ] {
            let mut text = String::new();
            write_time(Timestamp::from_nanosecond(nanoseconds).expect("a time"), &mut text);
            assert_eq!(text, expected);
        }
    }
}
