//! `rialto health`: for a container's health check.

use std::time::Duration;

use super::{ask, say};
use crate::config::Config;

const LIMIT: Duration = Duration::from_secs(5);

pub(super) fn health(config: &Config) -> anyhow::Result<()> {
    let answer = ask::get(config, "/health/ready", LIMIT)?;
    anyhow::ensure!(answer.is_good, "the bridge is {}", answer.body);
    say(answer.body);
    Ok(())
}
