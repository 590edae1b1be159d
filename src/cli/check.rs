//! `rialto check`

use super::{say, warn};
use crate::app::App;
use crate::config::Config;

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    App::check(config)?;
    say(config);
    config.warnings.iter().for_each(warn);
    Ok(())
}
