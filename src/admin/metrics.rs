//! `GET /metrics`: what the detail shows and some counts more, as Prometheus reads it. No name of a person, no number, no
//! id: labels are channel names, which the operator chose, and words of this program.
//!
//! It is written by hand: every value is read from the channels and the store at the moment it is asked for, so a
//! registry that keeps values of its own would only be a second copy that can be stale.

use std::fmt::Write as _;

use super::Health;
use super::data::{self, Shown};
use super::detail::{self, ChannelDetail, Detail, STATES, Traffic};
use super::unlock::LockState;
use crate::clock::Moment;
use crate::store::{ChannelId, Direction, StoreError, Tx};

/// A value with what tells it from others of its family.
type Sample<'a> = (Vec<(&'static str, &'a str)>, i64);

/// The page as it is written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family<'a>(&mut self, kind: &str, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'a>>) {
        let mut lines = String::new();
        for (labels, value) in samples {
            let labels: Vec<_> = labels.iter().map(|(key, word)| format!("{key}=\"{word}\"")).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "rialto_{name}{labels} {value}");
        }
        if !lines.is_empty() {
            let _ = write!(self.0, "# HELP rialto_{name} {help}\n# TYPE rialto_{name} {kind}\n{lines}");
        }
    }

    fn gauge<'a>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'a>>) {
        self.family("gauge", name, help, samples);
    }

    fn counter<'a>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample<'a>>) {
        self.family("counter", name, help, samples);
    }
}

/// What the store says beyond the detail.
struct Totals {
    size: i64,
    oldest_message: Option<i64>,
    jobs: Vec<(&'static str, i64)>,
    deliveries: Vec<Vec<(&'static str, &'static str, i64)>>,
}

pub(super) async fn read(health: &Health) -> Result<String, StoreError> {
    let (now, jobs) = (health.clock.now(), health.jobs);
    let channels: Vec<_> = health.channels.iter().map(|channel| channel.id).collect();
    let totals = health.store.read(move |tx| totals(tx, &channels, &jobs, now)).await?;
    Ok(page(&detail::read(health).await?, &totals, &data::read(health).await?, now))
}

/// The page while the program is locked.
pub(super) fn locked(state: &LockState) -> String {
    let mut page = Page::default();
    about(&mut page, state.locked);
    let refused = [(Vec::new(), whole(state.secrets_refused))];
    page.counter("secrets_refused_total", "Secrets that did not open the database.", refused);
    page.0
}

fn about(page: &mut Page, locked: bool) {
    page.gauge("info", "The program; always 1.", [(vec![("version", env!("CARGO_PKG_VERSION"))], 1)]);
    page.gauge("locked", "Whether the program waits for its secret.", [(Vec::new(), i64::from(locked))]);
}

fn totals(tx: &Tx<'_>, channels: &[ChannelId], jobs: &[&'static str], now: Moment) -> Result<Totals, StoreError> {
    let last = |job: &&'static str| Ok(tx.last_run(job)?.map(|last| (*job, whole(now.since(last).as_secs()))));
    let jobs = jobs.iter().map(last).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Totals {
        size: tx.size()?,
        oldest_message: tx.oldest_message()?.map(|at| whole(now.since(at).as_secs())),
        jobs: jobs.into_iter().flatten().collect(),
        deliveries: channels.iter().map(|channel| deliveries(tx, *channel)).collect::<Result<_, _>>()?,
    })
}

fn deliveries(tx: &Tx<'_>, channel: ChannelId) -> Result<Vec<(&'static str, &'static str, i64)>, StoreError> {
    let mut counts = Vec::new();
    for (direction, way) in [("to_signal", Direction::ToSignal), ("to_whatsapp", Direction::ToWhatsApp)] {
        for (name, state) in STATES {
            counts.push((direction, name, tx.deliveries_by(channel, way, state)?));
        }
    }
    Ok(counts)
}

fn page(detail: &Detail, totals: &Totals, places: &[Shown], now: Moment) -> String {
    let mut page = Page::default();
    let channels = &detail.channels;
    about(&mut page, detail.locked);
    counters(&mut page, channels);
    sides(&mut page, channels);
    account(&mut page, channels, now);
    let queues = channels.iter().zip(&totals.deliveries).flat_map(|(channel, counts)| {
        let name = channel.name.as_str();
        counts.iter().map(move |(direction, state, count)| {
            (vec![("channel", name), ("direction", *direction), ("state", *state)], *count)
        })
    });
    page.gauge("deliveries", "Accepted events that have not arrived.", queues);
    page.gauge("database_bytes", "The size of the database.", [(Vec::new(), totals.size)]);
    let oldest = totals.oldest_message.map(|age| (Vec::new(), age));
    page.gauge("oldest_message_age_seconds", "Age of the oldest message record that is kept.", oldest);
    let left = detail.certificate.as_ref().map(|certificate| (Vec::new(), whole(certificate.left)));
    page.gauge("certificate_left_seconds", "How long the certificate at the door is still good.", left);
    let oldest = places.iter().filter_map(Shown::oldest);
    let oldest = oldest.map(|(place, age)| (vec![("place", place)], whole(age)));
    page.gauge("oldest_age_seconds", "Age of the oldest that lies in a place of the data map.", oldest);
    let deleted = detail.deleted.iter().map(|(kind, count)| (vec![("kind", kind.as_str())], *count));
    page.gauge("retention_deleted", "Rows that the last run of retention has deleted.", deleted);
    let jobs = totals.jobs.iter().map(|(job, age)| (vec![("job", *job)], *age));
    page.gauge("job_last_run_age_seconds", "How long ago a job ran.", jobs);
    page.0
}

/// Everything that only grows, since the program began.
fn counters(page: &mut Page, channels: &[ChannelDetail]) {
    let count = |channel: &ChannelDetail, name: &str| whole(channel.counters.get(name).copied().unwrap_or_default());
    let one = |name: &'static str| channels.iter().map(move |channel| (of(channel), count(channel, name)));
    page.counter("events_accepted_total", "Events that were committed.", one("accepted"));
    page.counter("events_repeated_total", "Events that were known already.", one("repeats"));
    let refused = channels.iter().flat_map(|channel| {
        let kinds = channel.counters.iter().filter(|(kind, _)| !["accepted", "repeats"].contains(kind));
        kinds.map(move |(kind, count)| (and(channel, "kind", kind), whole(*count)))
    });
    page.counter("events_refused_total", "What was refused before it became an event.", refused);
}

fn sides(page: &mut Page, channels: &[ChannelDetail]) {
    let each = |value: fn(&Traffic) -> Option<i64>| {
        channels.iter().flat_map(move |channel| {
            let sides = [("whatsapp", channel.whatsapp.traffic), ("signal", channel.signal.traffic)];
            sides.into_iter().filter_map(move |(side, traffic)| Some((and(channel, "side", side), value(&traffic)?)))
        })
    };
    let up = channels.iter().flat_map(|channel| {
        let signal = channel.signal.state == "up" && channel.signal.traffic.down_since.is_none();
        let sides = [("whatsapp", channel.whatsapp.working), ("signal", signal)];
        sides.map(|(side, up)| (and(channel, "side", side), i64::from(up)))
    });
    page.gauge("side_up", "Whether a side works.", up);
    page.gauge("last_in_age_seconds", "Since something came from a side.", each(|t| t.last_in_age.map(whole)));
    page.gauge("last_out_age_seconds", "Since a side took a message.", each(|t| t.last_out_age.map(whole)));
    let oldest = each(|t| t.oldest_delivery_age.map(whole));
    page.gauge("oldest_delivery_age_seconds", "Age of the oldest delivery to a side that is on its way.", oldest);
    let states = channels.iter().map(|channel| (and(channel, "state", channel.signal.state), 1));
    page.gauge("signal_state", "How the link to signal-cli is; always 1.", states);
    let phone = channels.iter().filter_map(|channel| Some((of(channel), whole(channel.whatsapp.last_phone_age?))));
    page.gauge("phone_age_seconds", "Since the WhatsApp phone was seen.", phone);
}

fn account(page: &mut Page, channels: &[ChannelDetail], now: Moment) {
    let one = |value: fn(&ChannelDetail) -> i64| channels.iter().map(move |channel| (of(channel), value(channel)));
    page.gauge(
        "owner_trusted",
        "Whether the owner's key is the trusted one.",
        one(|c| i64::from(c.signal.owner_trusted)),
    );
    page.gauge("unconfirmed", "Messages that Signal took since a device confirmed one.", one(|c| c.signal.unconfirmed));
    let proof = channels.iter().filter_map(|channel| Some((of(channel), whole(channel.signal.last_proof_age?))));
    page.gauge("proof_age_seconds", "Since a device of the owner confirmed a message.", proof);
    page.gauge(
        "account_limited",
        "Whether Signal limits the bridge account.",
        one(|c| i64::from(c.signal.limited.is_some())),
    );
    let captcha = one(|c| i64::from(c.signal.limited.as_ref().is_some_and(|limited| limited.remedy.is_some())));
    page.gauge("account_captcha_wanted", "Whether a captcha lifts the limit.", captcha);
    let pause = channels.iter().map(|channel| {
        let until = channel.signal.limited.as_ref().map_or(now, |limited| Moment(limited.until));
        (of(channel), whole(until.since(now).as_secs()))
    });
    page.gauge("account_pause_seconds", "How long nothing more is sent to Signal.", pause);
}

fn of(channel: &ChannelDetail) -> Vec<(&'static str, &str)> {
    vec![("channel", channel.name.as_str())]
}

fn and<'a>(channel: &'a ChannelDetail, key: &'static str, word: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("channel", channel.name.as_str()), (key, word)]
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
