//! Log lines on standard error, for people or for machines.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use super::arguments::LogFormat;
use super::log_lines;
use super::terminal::takes_colours;

/// Begins logging; a filter that cannot be read is reported and replaced by `info`.
pub(super) fn begin(format: LogFormat, filter: &str) {
    let parsed = EnvFilter::try_new(filter);
    let complaint = parsed.as_ref().err().map(ToString::to_string);
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new("info")).and(filter_fn(is_harmless));
    let colours = takes_colours(&std::io::stderr());
    let lines = fmt::layer().with_writer(log_lines::gather()).with_ansi(colours).with_target(false);
    // A second beginning changes nothing; the first one holds.
    let _ = match format {
        LogFormat::Text => tracing_subscriber::registry().with(lines.with_filter(filter)).try_init(),
        LogFormat::Json => {
            tracing_subscriber::registry().with(lines.json().flatten_event(true).with_filter(filter)).try_init()
        }
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

/// Libraries write whole headers and addresses at lower levels; only our own lines know what is secret.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("action_executor") || LevelFilter::from_level(Level::WARN) >= *metadata.level()
}
