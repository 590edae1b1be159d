//! Logs: this program's own events and nothing else.
//!
//! Our events cannot carry text, names, numbers or ids (see `redact`). The crates below know nothing of that rule: an
//! HTTP client logs addresses with chat ids in them, a JSON-RPC client whole messages. They are silent at every level.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{Log, LogFormat};

/// Begins to log to standard error.
pub(super) fn begin(log: &Log) {
    let only_ours = Targets::new().with_target("rialto", log.level).with_default(LevelFilter::OFF);
    let colours = std::io::stderr().is_terminal();
    let text = (log.format == LogFormat::Text).then(|| fmt::layer().with_ansi(colours).with_writer(std::io::stderr));
    let json = (log.format == LogFormat::Json).then(|| fmt::layer().json().with_writer(std::io::stderr));
    tracing_subscriber::registry().with(text).with(json).with(only_ours).init();
    std::panic::set_hook(Box::new(|panic| {
        // The message of a panic can hold a value; its place cannot.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a part of the program failed; please report this place");
    }));
}
