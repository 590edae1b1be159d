//! `rialto export [CHAT]`: reads the database beside a running bridge, with the secret. No port hands out content.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use super::{chat, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Reading;

/// What is exported, and where to.
pub(super) struct Wish<'a> {
    pub(super) chat: Option<&'a str>,
    pub(super) channel: Option<&'a str>,
    pub(super) output: Option<&'a Path>,
}

pub(super) fn export(config: &Config, wish: &Wish<'_>) -> anyhow::Result<()> {
    let reading = Reading::open(&config.store.path, &config.encryption)?;
    let only = wish.chat.map(|text| chat::find(&reading, text, wish.channel)).transpose()?;
    let export = reading.read(|tx| tx.export(only, Clock::system().now()))?;
    match wish.output {
        Some(file) => {
            write(file, &serde_json::to_vec_pretty(&export)?)
                .with_context(|| format!("the export cannot be written to {}", file.display()))?;
            say(format_args!("written to {}, in plain: delete it when you have what you need", file.display()));
        }
        None => say(serde_json::to_string_pretty(&export)?),
    }
    Ok(())
}

/// A new file that nobody else can read.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}
