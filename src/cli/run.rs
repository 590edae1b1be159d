//! `rialto run`

use super::{logs, runtime};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::lifecycle;

pub(super) fn run(config: Config) -> anyhow::Result<()> {
    logs::begin(&config.log);
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    runtime()?.block_on(async {
        let stop = lifecycle::stop_on_signals()?;
        let app = App::prepare(config, Clock::system()).await?;
        let (webhooks, admin) = (app.webhook_address()?, app.admin_address()?);
        tracing::info!(%webhooks, %admin, version = env!("CARGO_PKG_VERSION"), "rialto runs");
        app.run(stop).await;
        tracing::info!("rialto has stopped");
        Ok(())
    })
}
