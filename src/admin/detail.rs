//! `/health/detail`: each channel and its peers, in numbers and states. No name of a person, no number, no id.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Health;
use crate::bridge::{Channel, Condition, Limit, notices};
use crate::clock::Moment;
use crate::event::OutageCause;
use crate::signal::LinkState;
use crate::store::reseal::Progress;
use crate::store::{ChannelId, Direction, Side, Sign, State, StoreError, Tx};
use crate::tls::Shown;

/// The answer. Ages are whole seconds, nothing where there is nothing to be old.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    pub(super) version: &'static str,
    /// Whether the program waits for its secret: then `LockState` is shown instead of this.
    pub(super) locked: bool,
    /// How far the sealing of values anew is, in numbers of values.
    pub(super) reseal: Progress,
    pub(super) channels: Vec<ChannelDetail>,
    /// Of the listener for webhooks, where TLS is its own.
    pub(super) certificate: Option<CertificateDetail>,
    /// What the last run of retention has deleted.
    pub(super) deleted: BTreeMap<String, i64>,
}

#[derive(Debug, Serialize)]
pub(super) struct CertificateDetail {
    /// For how many seconds more it is good.
    pub(super) left: u64,
    /// Greetings that failed since the program began.
    pub(super) failed: u64,
    /// What is wrong with it or with its files, and what to do.
    pub(super) problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChannelDetail {
    pub(super) name: String,
    pub(super) whatsapp: WhatsAppDetail,
    pub(super) signal: SignalDetail,
    /// Deliveries by state.
    pub(super) queue: BTreeMap<&'static str, i64>,
    /// Since the program began.
    pub(super) counters: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct WhatsAppDetail {
    pub(super) working: bool,
    pub(super) cause: Option<OutageCause>,
    /// WAHA's.
    pub(super) version: Option<String>,
    pub(super) engine: Option<&'static str>,
    /// Of the last thing that shows the owner's phone.
    pub(super) last_phone_age: Option<u64>,
    #[serde(flatten)]
    pub(super) traffic: Traffic,
}

#[derive(Debug, Serialize)]
pub(super) struct SignalDetail {
    pub(super) state: &'static str,
    /// signal-cli's.
    pub(super) version: Option<String>,
    /// Whether the owner's identity key is the trusted one; else both directions stand still.
    pub(super) owner_trusted: bool,
    /// Whether signal-cli hands over what arrives.
    pub(super) subscribed: bool,
    /// How Signal limits the bridge account, while it does.
    pub(super) limited: Option<Limited>,
    /// Of the last receipt of a device of the owner's.
    pub(super) last_proof_age: Option<u64>,
    /// Messages that Signal took since.
    pub(super) unconfirmed: i64,
    #[serde(flatten)]
    pub(super) traffic: Traffic,
}

#[derive(Debug, Serialize)]
pub(super) struct Limited {
    /// Milliseconds since 1970.
    pub(super) since: i64,
    /// When a send is tried again; milliseconds since 1970.
    pub(super) until: i64,
    /// What lifts it at once: the steps for a captcha, where Signal asks for one.
    pub(super) remedy: Option<&'static str>,
}

/// What both sides have.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Traffic {
    /// Milliseconds since 1970.
    pub(super) down_since: Option<i64>,
    /// Of the last event that came from this side.
    pub(super) last_in_age: Option<u64>,
    /// Of the last message that this side took.
    pub(super) last_out_age: Option<u64>,
    /// Of the oldest delivery to this side that is still on its way.
    pub(super) oldest_delivery_age: Option<u64>,
}

/// What the store knows of a channel.
struct Stored {
    whatsapp: Traffic,
    signal: Traffic,
    last_proof_age: Option<u64>,
    last_phone_age: Option<u64>,
    unconfirmed: i64,
    queue: BTreeMap<&'static str, i64>,
}

pub(super) async fn read(health: &Health) -> Result<Detail, StoreError> {
    let mut channels = Vec::new();
    for channel in health.channels.iter() {
        channels.push(of_channel(channel).await?);
    }
    let deleted = health.store.read(|tx| tx.last_deleted()).await?.into_iter().collect();
    let (version, reseal) = (env!("CARGO_PKG_VERSION"), health.reseal.progress());
    let certificate = health.certificate.as_deref().map(|shown| certificate(shown, health.clock.now()));
    Ok(Detail { version, locked: false, reseal, channels, certificate, deleted })
}

fn certificate(shown: &Shown, now: Moment) -> CertificateDetail {
    let pair = shown.pair();
    CertificateDetail {
        failed: shown.failed(),
        left: pair.ends.since(now).as_secs(),
        problem: shown.problem().or_else(|| pair.worry(now)),
    }
}

async fn of_channel(channel: &Channel) -> Result<ChannelDetail, StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    let condition = Condition::of(channel).await?;
    let stored = channel.store.read(move |tx| stored(tx, id, condition, now)).await?;
    Ok(ChannelDetail {
        name: channel.name.clone(),
        signal: signal_side(channel, &stored),
        whatsapp: whatsapp_side(channel, &stored),
        queue: stored.queue,
        counters: channel.counters.all().collect(),
    })
}

fn whatsapp_side(channel: &Channel, stored: &Stored) -> WhatsAppDetail {
    let (cause, engine) = (*channel.whatsapp_trouble.borrow(), *channel.engine.borrow());
    WhatsAppDetail {
        working: cause.is_none(),
        cause,
        version: engine.map(|engine| engine.version.to_string()),
        engine: engine.map(|engine| engine.engine.name()),
        last_phone_age: stored.last_phone_age,
        traffic: stored.whatsapp,
    }
}

fn signal_side(channel: &Channel, stored: &Stored) -> SignalDetail {
    SignalDetail {
        state: word(*channel.signal.state().borrow()),
        version: channel.signal.version().map(|version| version.to_string()),
        owner_trusted: *channel.owner_trusted.borrow(),
        subscribed: channel.signal.is_receiving(),
        limited: channel.account.limit().as_ref().map(limited),
        last_proof_age: stored.last_proof_age,
        unconfirmed: stored.unconfirmed,
        traffic: stored.signal,
    }
}

fn limited(limit: &Limit) -> Limited {
    let remedy = limit.wants_captcha().then_some(notices::CAPTCHA_STEPS);
    Limited { since: limit.since.0, until: limit.until.0, remedy }
}

fn stored(tx: &Tx<'_>, channel: ChannelId, condition: Condition, now: Moment) -> Result<Stored, StoreError> {
    let depth = |(name, state)| Ok((name, tx.queue_depth(channel, state)?));
    Ok(Stored {
        whatsapp: Traffic { down_since: at(condition.whatsapp), ..traffic(tx, channel, Side::WhatsApp, now)? },
        signal: Traffic {
            down_since: at(condition.signal.or(condition.signed_out)),
            ..traffic(tx, channel, Side::Signal, now)?
        },
        last_proof_age: tx.noted(channel, Sign::Proof)?.map(|proof| proof.age(now).as_secs()),
        last_phone_age: tx.noted(channel, Sign::Phone)?.map(|phone| phone.age(now).as_secs()),
        unconfirmed: tx.noted(channel, Sign::Unproven)?.map_or(0, |unproven| unproven.count),
        queue: STATES.into_iter().map(depth).collect::<Result<_, StoreError>>()?,
    })
}

fn traffic(tx: &Tx<'_>, channel: ChannelId, side: Side, now: Moment) -> Result<Traffic, StoreError> {
    let (from, to, direction) = match side {
        Side::WhatsApp => (Sign::FromWhatsApp, Sign::ToWhatsApp, Direction::ToWhatsApp),
        Side::Signal | Side::Owner => (Sign::FromSignal, Sign::ToSignal, Direction::ToSignal),
    };
    let age = |at: Moment| now.since(at).as_secs();
    let last = |sign| Ok::<_, StoreError>(tx.noted(channel, sign)?.map(|noted| age(noted.at)));
    Ok(Traffic {
        down_since: None,
        last_in_age: last(from)?,
        last_out_age: last(to)?,
        oldest_delivery_age: tx.oldest(channel, direction)?.map(age),
    })
}

fn at(moment: Option<Moment>) -> Option<i64> {
    moment.map(|at| at.0)
}

pub(super) const STATES: [(&str, State); 5] = [
    ("pending", State::Pending),
    ("held", State::Held),
    ("in_flight", State::InFlight),
    ("unknown", State::Unknown),
    ("dead", State::Dead),
];

fn word(state: LinkState) -> &'static str {
    match state {
        LinkState::Connecting => "connecting",
        LinkState::Up => "up",
        LinkState::Down => "down",
        LinkState::TooOld(_) => "too_old",
        LinkState::NoAccount => "no_account",
        LinkState::SignedOut => "signed_out",
        LinkState::OwnerUnknown => "owner_unknown",
    }
}
