//! `rialto check`

use super::{say, warn};
use crate::app::App;
use crate::config::Config;
use crate::store::reseal;

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    App::check(config)?;
    say(config);
    let enabled = config.encryption.enabled;
    if !enabled {
        say(format_args!("\nwarning: {}", reseal::OFF));
    }
    if reseal::is_needed(&config.store.path, enabled).unwrap_or(false) {
        say(format_args!("\nwarning: {}", reseal::REMAIN));
    }
    config.warnings.iter().for_each(|warning| warn(warning));
    Ok(())
}
