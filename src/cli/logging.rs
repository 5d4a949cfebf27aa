//! Log lines on standard error, for people or for machines.

use tracing_subscriber::EnvFilter;

use super::arguments::LogFormat;
use super::terminal::takes_colours;

/// Begins logging; a filter that cannot be read is told and replaced by `info`.
pub(super) fn begin(format: LogFormat, filter: &str) {
    let parsed = EnvFilter::try_new(filter);
    let complaint = parsed.as_ref().err().map(ToString::to_string);
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = takes_colours(&std::io::stderr());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second beginning changes nothing; the first one stands.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_target(false).try_init(),
    };
    if let Some(complaint) = complaint {
        tracing::warn!(complaint, "the log filter cannot be read, using `info`");
    }
    // The payload of a panic could hold anything; its place is what helps.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        tracing::error!(place, "panic");
    }));
}
