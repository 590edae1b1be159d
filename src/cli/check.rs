//! `rialto check`

use std::time::Duration;

use super::say;
use crate::app::App;
use crate::config::Config;

/// A weekend with a peer away, and some.
const SHORT: Duration = Duration::from_hours(3 * 24);

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    App::check(config)?;
    say(config);
    if config.retention.period < SHORT {
        say(
            "\n# retention.period is below three days: what waits for a peer that is away for longer is deleted instead of\n\
             # sent or shown, with a line that counts it; quotes of older messages are lost. See to it that\n\
             # retention.schedule runs as often as you mean it.",
        );
    }
    Ok(())
}
