//! `/health/detail`: each channel and its peers, in numbers and states. No name of a person, no number, no id.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Health;
use crate::bridge::Channel;
use crate::event::OutageCause;
use crate::signal::LinkState;
use crate::store::{Side, State, StoreError};

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    version: &'static str,
    channels: Vec<ChannelDetail>,
}

#[derive(Debug, Serialize)]
struct ChannelDetail {
    name: String,
    whatsapp: WhatsAppDetail,
    signal: SignalDetail,
    /// Deliveries by state.
    queue: BTreeMap<&'static str, i64>,
    /// Since the program began.
    counters: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct WhatsAppDetail {
    working: bool,
    cause: Option<OutageCause>,
    /// Milliseconds since 1970.
    down_since: Option<i64>,
}

#[derive(Debug, Serialize)]
struct SignalDetail {
    state: &'static str,
    version: Option<String>,
    /// Whether the owner's identity key is the trusted one; else both directions stand still.
    owner_trusted: bool,
    /// Milliseconds since 1970.
    down_since: Option<i64>,
}

pub(super) async fn read(health: &Health) -> Result<Detail, StoreError> {
    let mut channels = Vec::new();
    for channel in health.channels.iter() {
        channels.push(of_channel(channel).await?);
    }
    Ok(Detail { version: env!("CARGO_PKG_VERSION"), channels })
}

async fn of_channel(channel: &Channel) -> Result<ChannelDetail, StoreError> {
    let id = channel.id;
    let (whatsapp_down, signal_down, queue) = channel
        .store
        .read(move |tx| {
            let depth = |(name, state)| Ok((name, tx.queue_depth(id, state)?));
            let queue = STATES.into_iter().map(depth).collect::<Result<_, StoreError>>()?;
            Ok((tx.outage(id, Side::WhatsApp)?, tx.outage(id, Side::Signal)?, queue))
        })
        .await?;
    let cause = *channel.whatsapp_trouble.borrow();
    let version = channel.signal.version().map(|version| version.to_string());
    let state = word(*channel.signal.state().borrow());
    Ok(ChannelDetail {
        name: channel.name.clone(),
        whatsapp: WhatsAppDetail { working: cause.is_none(), cause, down_since: whatsapp_down.map(|at| at.0) },
        signal: SignalDetail {
            state,
            version,
            owner_trusted: *channel.owner_trusted.borrow(),
            down_since: signal_down.map(|at| at.0),
        },
        queue,
        counters: channel.counters.all().into_iter().collect(),
    })
}

const STATES: [(&str, State); 5] = [
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
        LinkState::OwnerUnknown => "owner_unknown",
    }
}
