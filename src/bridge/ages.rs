//! Watches how old signal-cli and WAHA are, and asks nobody for it: a version is as old as it has been in use here, and
//! WAHA's carries the month it was made in.

use std::time::Duration;

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::config::Version;
use crate::event::{Notice, Peer};
use crate::store::{ChannelId, StoreError, Tx};

/// How often it is looked. The first look is a day after the first start: nobody wants to hear of it while setting up.
const LOOK: Duration = Duration::from_hours(24);

/// Looks once a day, also over restarts.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) async fn look(channel: &Channel) -> Result<(), StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    let engine = channel.engine.borrow().map(|engine| engine.version);
    let versions = [(Peer::SignalCli, channel.signal.version()), (Peer::Waha, engine)];
    channel.store.write(move |tx| each_day(tx, id, &versions, now)).await
}

fn each_day(
    tx: &Tx<'_>,
    channel: ChannelId,
    versions: &[(Peer, Option<Version>)],
    now: Moment,
) -> Result<(), StoreError> {
    let seen = |(peer, version): &(Peer, Option<Version>)| version.map(|version| (*peer, version));
    let aged: Vec<_> =
        versions.iter().filter_map(seen).map(|(peer, version)| age(tx, channel, peer, version, now)).collect();
    let job = format!("ages {}", channel.number());
    match tx.last_run(&job)? {
        Some(last) if now.since(last) < LOOK => return Ok(()),
        None => return tx.set_last_run(&job, now),
        Some(_) => tx.set_last_run(&job, now)?,
    }
    aged.into_iter().try_for_each(|aged| tell_if_old(tx, channel, &aged?, now))
}

/// A version with its age.
struct Aged {
    peer: Peer,
    version: Version,
    age: Duration,
}

fn age(tx: &Tx<'_>, channel: ChannelId, peer: Peer, version: Version, now: Moment) -> Result<Aged, StoreError> {
    let since = tx.seen_since(&name(channel, peer, "in use"), &version.to_string(), now)?;
    let made = if peer == Peer::Waha { made(version) } else { None };
    Ok(Aged { peer, version, age: now.since(made.map_or(since, |made| made.min(since))) })
}

fn tell_if_old(tx: &Tx<'_>, channel: ChannelId, aged: &Aged, now: Moment) -> Result<(), StoreError> {
    let Aged { peer, version, age } = *aged;
    let job = name(channel, peer, "told old");
    let was_told = tx.last_run(&job)?.is_some_and(|told| now.since(told) < limits::OLD_AGAIN);
    if age < limits::OLD || was_told {
        return Ok(());
    }
    tx.set_last_run(&job, now)?;
    tell::owner(tx, Say::control(channel, &Notice::OldVersion { peer, version, age }), now).map(drop)
}

fn name(channel: ChannelId, peer: Peer, what: &str) -> String {
    let peer = match peer {
        Peer::SignalCli => "signal-cli",
        Peer::Waha => "waha",
    };
    format!("{what} {} {peer}", channel.number())
}

/// When a WAHA of this version was made: by the end of its month, so that none is made older than it is.
fn made(version: Version) -> Option<Moment> {
    let Version(year, month, _) = version;
    let (year, month) = (i16::try_from(year).ok().filter(|year| *year >= 2020)?, i8::try_from(month).ok()?);
    let first = jiff::civil::Date::new(year, month, 1).ok()?;
    let end = first.last_of_month().to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment(end.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_calendar_version_says_when_it_was_made() {
        assert_eq!(made(Version(2026, 2, 1)), Some(Moment(1_772_236_800_000)));
        assert!(
            [Version(2026, 13, 1), Version(2026, 0, 1), Version(0, 14, 6), Version(99_999, 1, 1)]
                .into_iter()
                .all(|version| made(version).is_none())
        );
    }
}
