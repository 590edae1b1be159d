//! Asks WAHA what Rialto's key for it may do.

use crate::cli::runtime;
use crate::config::Config;
use crate::whatsapp::Keeper;

/// Whether a channel's key manages WAHA's keys, so that it may do everything; nothing if WAHA does not say.
pub(super) fn is_master(config: &Config) -> Option<bool> {
    let asked = async {
        let mut master = false;
        for channel in &config.channels {
            master |= Keeper::new(&channel.whatsapp).ok()?.is_master().await.ok()?;
        }
        Some(master)
    };
    runtime().ok()?.block_on(asked)
}
