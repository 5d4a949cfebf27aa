//! Values that never reach a log, message, metric or panic.
