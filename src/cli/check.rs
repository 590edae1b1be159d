//! `rialto check`

use super::say;
use crate::app::App;
use crate::config::Config;

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    App::check(config)?;
    say(config);
    Ok(())
}
