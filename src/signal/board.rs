//! What is known of the link: each side says how it is, and the board says it to everybody, once.

use tokio::sync::watch;

use crate::config::{Endpoint, Version};

/// How the link to signal-cli is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It has not been up yet.
    Connecting,
    /// Messages flow both ways.
    Up,
    /// signal-cli is not there, or does not answer; it is tried again and again.
    Down,
    /// signal-cli is older than the configured minimum; it is asked again every minute.
    TooOld(Version),
    /// signal-cli does not have the bridge account; it is asked again every minute.
    NoAccount,
    /// signal-cli has the bridge account, and Signal turns it away; it is asked again every minute.
    SignedOut,
    /// Signal does not say who the owner's number belongs to; it is asked again every ten minutes.
    OwnerUnknown,
}

/// How the two connections are.
#[derive(Debug, Clone, Copy)]
struct Sides {
    sending: LinkState,
    receiving: LinkState,
}

impl Sides {
    /// The sending side is checked first, so its trouble is the one to name.
    fn together(self) -> LinkState {
        if self.sending == LinkState::Up { self.receiving } else { self.sending }
    }
}

/// The one place that holds the state. It logs each change once.
pub(super) struct Board {
    sides: watch::Sender<Sides>,
    state: watch::Sender<LinkState>,
    channel: String,
    place: String,
    minimum: Version,
}

impl Board {
    /// For the channel of that name, whose signal-cli listens there and must be of that version or later.
    pub(super) fn new(channel: String, endpoint: &Endpoint, minimum: Version) -> Self {
        let start = LinkState::Connecting;
        let place = match endpoint {
            Endpoint::Socket(path) => path.display().to_string(),
            Endpoint::Tcp(address) => address.clone(),
        };
        let sides = watch::Sender::new(Sides { sending: start, receiving: start });
        Self { sides, state: watch::Sender::new(start), channel, place, minimum }
    }

    /// Follows the state.
    pub(super) fn watch(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// The sending side says how it is.
    pub(super) fn sending(&self, now: LinkState) {
        self.sides.send_modify(|sides| sides.sending = now);
        self.show();
    }

    /// The receiving side says how it is.
    pub(super) fn receiving(&self, now: LinkState) {
        self.sides.send_modify(|sides| sides.receiving = now);
        self.show();
    }

    /// Whether signal-cli hands over what arrives.
    pub(super) fn is_receiving(&self) -> bool {
        self.sides.borrow().receiving == LinkState::Up
    }

    /// Returns once the sending side has made its checks and works.
    pub(super) async fn sending_is_up(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.sides.subscribe().wait_for(|sides| sides.sending == LinkState::Up).await;
    }

    /// How the sending side is, once it has been tried.
    pub(super) async fn sending_is_known(&self) -> LinkState {
        let mut sides = self.sides.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let known = sides.wait_for(|sides| sides.sending != LinkState::Connecting).await;
        known.map_or(LinkState::Down, |sides| sides.sending)
    }

    fn show(&self) {
        // Taken inside, so that two sides that speak at once cannot overtake each other.
        self.state.send_if_modified(|state| {
            let now = self.sides.borrow().together();
            let changed = std::mem::replace(state, now) != now;
            if changed {
                self.log(now);
            }
            changed
        });
    }

    fn log(&self, state: LinkState) {
        let (channel, place) = (&self.channel, &self.place);
        match state {
            LinkState::Connecting => tracing::info!(channel, place, "connecting to signal-cli"),
            LinkState::Up => tracing::info!(channel, place, "connected to signal-cli, messages flow both ways"),
            LinkState::Down => tracing::warn!(
                channel,
                place,
                "signal-cli cannot be reached or does not answer; check that it runs and listens there. Trying again"
            ),
            LinkState::TooOld(version) => tracing::error!(
                channel,
                %version,
                needed = %self.minimum,
                "signal-cli is too old for Signal's service; update it. Nothing is sent or received until then"
            ),
            LinkState::NoAccount => tracing::error!(
                channel,
                "signal-cli does not have the bridge account; register or link it, or correct the account in the \
                 configuration"
            ),
            LinkState::SignedOut => tracing::error!(
                channel,
                "Signal turns the bridge account away: it was registered elsewhere or deleted, or this linked device was \
                 removed. Register or link it again with signal-cli. Messages wait, nothing is lost"
            ),
            LinkState::OwnerUnknown => tracing::error!(
                channel,
                "Signal does not say who has the owner's number; check it, or give the owner's account identifier \
                 instead of the number"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_up_when_both_sides_are() {
        let board = Board::new("one".to_owned(), &Endpoint::Tcp("localhost:1".to_owned()), Version(0, 14, 5));
        let state = board.watch();
        let now = || *state.borrow();
        assert_eq!(now(), LinkState::Connecting);
        board.receiving(LinkState::Up);
        assert_eq!(now(), LinkState::Connecting);
        board.sending(LinkState::Up);
        assert_eq!(now(), LinkState::Up);
        board.receiving(LinkState::Down);
        assert_eq!(now(), LinkState::Down);
        board.sending(LinkState::NoAccount);
        assert_eq!(now(), LinkState::NoAccount);
    }
}
