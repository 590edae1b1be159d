//! `rialto check`

use super::say;
use crate::config::Config;
use crate::schedule;

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(schedule::is_valid(&config.retention.schedule), crate::app::AppError::Schedule);
    say(config);
    Ok(())
}
