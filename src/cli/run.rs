//! `rialto run`

use tokio_util::sync::CancellationToken;

use super::{logs, runtime};
use crate::app::{App, AppError, Locked};
use crate::clock::Clock;
use crate::config::Config;
use crate::lifecycle;

pub(super) fn run(config: Config) -> anyhow::Result<()> {
    logs::begin(&config.log);
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    runtime()?.block_on(async {
        let stop = lifecycle::stop_on_signals()?;
        let Some(app) = open(config, &stop).await? else { return Ok(()) };
        let (webhooks, admin) = (app.webhook_address()?, app.admin_address()?);
        tracing::info!(%webhooks, %admin, version = env!("CARGO_PKG_VERSION"), "rialto runs");
        app.run(stop).await;
        tracing::info!("rialto has stopped");
        Ok(())
    })
}

/// With a secret that a person gives this takes as long as it takes them. Nothing if the program is to stop before.
async fn open(config: Config, stop: &CancellationToken) -> Result<Option<App>, AppError> {
    if config.encryption.unlock.is_by_hand() {
        return Locked::prepare(config, Clock::system()).await?.wait(stop).await;
    }
    App::prepare(config, Clock::system()).await.map(Some)
}
