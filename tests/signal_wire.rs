//! The Signal wing over a real Unix socket, against a peer that does what each test tells it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "signal_wire/connecting.rs"]
mod connecting;
#[path = "signal_wire/intake.rs"]
mod intake;
#[path = "signal_wire/peer.rs"]
mod peer;
#[path = "signal_wire/receiving.rs"]
mod receiving;
#[path = "signal_wire/sending.rs"]
mod sending;

use std::time::Duration;

use intake::Remembering;
use peer::{ACCOUNT, OWNER, Peer};
use rialto::clock::{Clock, Moment};
use rialto::config::{Aci, Endpoint, Participant, PhoneNumber, Version};
use rialto::signal::{Link, LinkState, Recipient, SendRequest, Settings, SignalError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn settings(peer: &Peer) -> Settings {
    Settings {
        channel: "test".to_owned(),
        endpoint: Endpoint::Socket(peer.path.clone()),
        account: Participant::Number(PhoneNumber::new(ACCOUNT)),
        owner: Participant::Aci(Aci::new(OWNER)),
        pinned: None,
        minimum_version: Version(0, 14, 5),
        doubted: false,
        calls: std::sync::Arc::default(),
        request_limit: Duration::from_mins(1),
    }
}

struct Running {
    link: Link,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    fn start(settings: Settings, clock: &Clock, intake: &Remembering) -> Self {
        let (link, stop) = (Link::new(settings, clock.clone()), CancellationToken::new());
        let sending = link.clone();
        let (receiving, intake) = (link.clone(), intake.clone());
        let (sending_stop, receiving_stop) = (stop.clone(), stop.clone());
        let tasks = [
            tokio::spawn(async move { sending.keep_sending(sending_stop).await }),
            tokio::spawn(async move { receiving.keep_receiving(intake, receiving_stop).await }),
        ];
        Self { link, stop, tasks }
    }

    async fn is(&self, wanted: LinkState) {
        let mut state = self.link.state();
        let reached = state.wait_for(|state| *state == wanted);
        tokio::time::timeout(Duration::from_mins(1), reached).await.expect("the state in time").unwrap();
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            tokio::time::timeout(Duration::from_mins(1), task).await.expect("an end in time").unwrap();
        }
    }

    async fn send(&self, text: &str) -> Result<Moment, SignalError> {
        self.link.send(&self.link.open_call(), &request(text)).await.map(|receipt| receipt.timestamp)
    }
}

async fn up(peer: &Peer, intake: &Remembering) -> Running {
    let running = Running::start(settings(peer), &Clock::system(), intake);
    running.is(LinkState::Up).await;
    running
}

fn fast() -> Remembering {
    Remembering::new(Duration::ZERO)
}

fn request(text: &str) -> SendRequest {
    let to = Recipient::Owner(Aci::new(OWNER));
    SendRequest::text(to, text)
}

async fn until(what: &str, reached: impl Fn() -> bool) {
    let poll = async {
        while !reached() {
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), poll).await.unwrap_or_else(|_| panic!("{what}"));
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}
