//! `rialto check`

use std::time::Duration;

use super::{say, warn};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::reseal;

/// A weekend with a peer away, and some.
const SHORT: Duration = Duration::from_hours(3 * 24);

const LOCKED: &str = "\n# The service starts locked: after each start it carries nothing until somebody gives it the secret of the\n\
                      # database with `rialto unlock`. WAHA keeps repeating for 18 to 22 hours, Signal keeps what you write.";

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
    if config.encryption.unlock.is_by_hand() {
        say(LOCKED);
    }
    config.warnings.iter().for_each(warn);
    // Nobody changed it since the configuration was read; if so, the start says what is wrong.
    let certificate = config.server.tls.as_ref().and_then(|files| files.read().ok());
    if let Some(worry) = certificate.and_then(|pair| pair.worry(Clock::system().now())) {
        warn(format_args!("server.tls_cert_file: {worry}"));
    }
    say_short(config);
    Ok(())
}

fn say_short(config: &Config) {
    let keys = short(config);
    if keys.is_empty() {
        return;
    }
    let (keys, is) = (keys.join(", "), if keys.len() == 1 { "is" } else { "are" });
    say(format_args!(
        "\n# {keys} {is} below three days: what waits for a peer that is away for longer is deleted instead of\n\
         # sent or shown, with a line that counts it; quotes of older messages are lost. See to it that\n\
         # retention.schedule runs as often as you mean it.",
    ));
}

/// The keys of periods that are short.
fn short(config: &Config) -> Vec<String> {
    let mut keys = Vec::new();
    let mut look = |period: Duration, key: String| {
        if period < SHORT {
            keys.push(key);
        }
    };
    look(config.retention.period, "retention.period".to_owned());
    for (at, channel) in config.channels.iter().enumerate() {
        if channel.retention.period != config.retention.period {
            look(channel.retention.period, format!("channels.{at}.retention.period"));
        }
        for (place, (_, period)) in channel.retention.chats.iter().enumerate() {
            look(*period, format!("channels.{at}.retention.chats.{place}.period"));
        }
    }
    keys
}
