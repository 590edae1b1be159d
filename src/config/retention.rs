//! How long what is kept: everywhere, in a channel, in a chat.

use std::collections::HashSet;
use std::fmt::{Display, Formatter};
use std::time::Duration;

use super::check::{Checked, Checker};
use super::{Backup, Channel, raw};
use crate::redact::Private;

/// How long ids are kept.
#[derive(Debug, Clone)]
pub struct Retention {
    /// The age at which message records are deleted, where no other is configured.
    pub period: Duration,
    /// After how long without a message a chat with a portal is forgotten; none: never.
    pub idle_portals: Option<Duration>,
    /// When the job runs: five cron fields, UTC.
    pub schedule: String,
}

/// How long what is of a channel is kept.
#[derive(Debug, Clone)]
pub struct ChannelRetention {
    /// The age at which its message records are deleted, but for those of the chats below.
    pub period: Duration,
    /// Whether messages disappear from the portals on the phones after as long.
    pub disappearing: bool,
    /// Chats with a period of their own, each by one of its addresses in the form of WAHA's `chatId`.
    pub chats: Vec<(Private, Duration)>,
}

/// All periods there are.
#[derive(Debug, Clone)]
pub struct Periods {
    /// Where no other is configured.
    pub general: Duration,
    /// Those of each channel.
    pub channels: Vec<ChannelPeriods>,
}

/// The periods of one channel.
#[derive(Debug, Clone)]
pub struct ChannelPeriods {
    /// The channel.
    pub name: String,
    /// Where its chats have none of their own.
    pub period: Duration,
    /// As [`ChannelRetention::chats`].
    pub chats: Vec<(Private, Duration)>,
}

impl Periods {
    pub(super) fn of(retention: &Retention, channels: &[Channel]) -> Self {
        let of_channel = |channel: &Channel| {
            let ChannelRetention { period, chats, .. } = channel.retention.clone();
            ChannelPeriods { name: channel.name.clone(), period, chats }
        };
        Self { general: retention.period, channels: channels.iter().map(of_channel).collect() }
    }

    /// Each of them.
    pub fn all(&self) -> impl Iterator<Item = Duration> + '_ {
        let of_channels = self.channels.iter().flat_map(|channel| {
            let of_chats = channel.chats.iter().map(|(_, period)| *period);
            std::iter::once(channel.period).chain(of_chats)
        });
        std::iter::once(self.general).chain(of_channels)
    }

    /// The longest of all.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.all().max().unwrap_or(self.general)
    }

    /// The shortest of all.
    #[must_use]
    pub fn shortest(&self) -> Duration {
        self.all().min().unwrap_or(self.general)
    }
}

impl Checker<'_> {
    pub(super) fn retention(&self, raw: raw::Retention) -> Checked<Retention> {
        let period = self.age("retention.period", &raw.period)?;
        let idle_portals = self.idle_portals(&raw.idle_portals, period)?;
        Ok(Retention { period, idle_portals, schedule: self.schedule("retention.schedule", raw.schedule)? })
    }

    fn idle_portals(&self, text: &str, period: Duration) -> Checked<Option<Duration>> {
        if text == "keep" {
            return Ok(None);
        }
        let most = Duration::from_hours(24 * 3650);
        if humantime::parse_duration(text).is_ok_and(|span| (period..=most).contains(&span)) {
            return Ok(humantime::parse_duration(text).ok());
        }
        let problem = "must be \"keep\", or a span like 1y that is not shorter than retention.period";
        Err(self.error("retention.idle_portals", problem))
    }

    pub(super) fn channel_retention(
        &self,
        key: &str,
        raw: raw::ChannelRetention,
        general: &Retention,
    ) -> Checked<ChannelRetention> {
        let own = |text: String| self.own_period(&format!("{key}.period"), &text, general);
        let period = raw.period.map_or(Ok(general.period), own)?;
        let disappearing = match raw.disappearing.as_str() {
            "off" => false,
            "retention" => true,
            _ => return Err(self.error(&format!("{key}.disappearing"), "must be \"off\" or \"retention\"")),
        };
        Ok(ChannelRetention { period, disappearing, chats: self.chat_periods(key, raw.chats, general)? })
    }

    fn chat_periods(
        &self,
        key: &str,
        raw: Vec<raw::ChatPeriod>,
        general: &Retention,
    ) -> Checked<Vec<(Private, Duration)>> {
        let mut named = HashSet::new();
        let read = |(at, raw::ChatPeriod { chat, period }): (usize, raw::ChatPeriod)| {
            let key = format!("{key}.chats.{at}");
            let chat = self.chat(&format!("{key}.chat"), &chat)?;
            if !named.insert(chat.clone()) {
                return Err(self.error(&format!("{key}.chat"), "is named twice"));
            }
            Ok((chat, self.own_period(&format!("{key}.period"), &period, general)?))
        };
        raw.into_iter().enumerate().map(read).collect()
    }

    /// A chat that is forgotten for being idle would take with it what is to be kept for longer.
    fn own_period(&self, key: &str, text: &str, general: &Retention) -> Checked<Duration> {
        let period = self.age(key, text)?;
        if general.idle_portals.is_some_and(|idle| idle < period) {
            return Err(self.error(key, "must not be longer than retention.idle_portals"));
        }
        Ok(period)
    }

    /// Backups are kept no longer than what is in them, unless the configuration says so.
    pub(super) fn backup(&self, raw: raw::Backup, period: Duration) -> Checked<Backup> {
        if !(1..=1000).contains(&raw.keep) {
            return Err(self.error("backup.keep", "must be from 1 to 1000"));
        }
        let keep_for = raw.keep_for.map_or(Ok(period), |span| self.age("backup.keep_for", &span))?;
        let schedule = self.schedule("backup.schedule", raw.schedule)?;
        Ok(Backup { path: raw.path, schedule, keep: raw.keep, keep_for })
    }

    fn age(&self, key: &str, text: &str) -> Checked<Duration> {
        self.span(key, text, Duration::from_mins(1), Duration::from_hours(24 * 3650))
    }

    fn schedule(&self, key: &str, text: String) -> Checked<String> {
        if text.split_whitespace().count() == 5 {
            return Ok(text);
        }
        Err(self.error(key, "must have five cron fields in UTC, like \"0 3 * * *\" for each day at three"))
    }
}

impl Display for ChannelRetention {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let disappearing = if self.disappearing { "retention" } else { "off" };
        writeln!(f, "period = \"{}\"\ndisappearing = \"{disappearing}\"", humantime::format_duration(self.period))?;
        let periods = |(_, period): &(Private, Duration)| humantime::format_duration(*period).to_string();
        let mut periods: Vec<_> = self.chats.iter().map(periods).collect();
        match periods.len() {
            0 => write!(f, "chats = []"),
            count => {
                periods.sort();
                write!(f, "chats = \"({count}, hidden: {})\"", periods.join(", "))
            }
        }
    }
}
