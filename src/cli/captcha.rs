//! `rialto captcha`: hands a captcha that a person has solved to the running bridge, which hands it to Signal.

use std::time::Duration;

use super::{ask, say};
use crate::admin::Solved;
use crate::config::Config;
use crate::signal::Captcha;

/// Longer than a request to signal-cli may take.
const LIMIT: Duration = Duration::from_secs(75);

pub(super) fn captcha(config: &Config, captcha: &str, channel: Option<String>) -> anyhow::Result<()> {
    let Some(captcha) = Captcha::parse(captcha) else {
        anyhow::bail!("this is no captcha: copy the whole address that begins with signalcaptcha://, in single quotes");
    };
    let solved = serde_json::to_string(&Solved { captcha, channel })?;
    let answer = ask::post(config, "/captcha", &solved, LIMIT)?;
    anyhow::ensure!(answer.is_good, "{}", answer.body);
    say(answer.body);
    Ok(())
}
