//! Rialto: the bridge where WhatsApp meets Signal.
//!
//! # Layout
//!
//! Imports run downwards only; `tests/architecture.rs` holds the ranks.
//!
//! - [`cli`]: the subcommands. [`app`]: wiring. [`lifecycle`]: stopping. [`schedule`]: cron behind one function.
//! - [`alarm`]: the second path, for when Signal is the broken side.
//! - [`retention`]: what is due for deletion. [`backups`]: the folder of copies. [`admin`]: the health listener.
//! - [`bridge`]: from what was accepted to what the other side has.
//! - [`media`]: files on their way.
//! - [`whatsapp`] and [`signal`]: the two wings, each knowing one peer's JSON and neither the other.
//! - [`store`]: the database, one writer, sealed. [`vault`]: keys, sealing, blind indexes.
//! - [`event`]: what happened, in neutral words.
//! - [`config`]: raw to checked. [`clock`]: the one source of time. [`redact`]: text that cannot be printed.
//!   [`tls`]: certificates. `manners`: headers of every answer. [`failpoint`]: places where a test lets the program die.

pub mod admin;
pub mod alarm;
pub mod app;
pub mod backups;
pub mod bridge;
pub mod cli;
pub mod clock;
pub mod config;
pub mod event;
pub mod failpoint;
pub mod lifecycle;
mod manners;
pub mod media;
pub mod redact;
pub mod retention;
pub mod schedule;
pub mod signal;
pub mod store;
pub mod tls;
pub mod vault;
pub mod whatsapp;
