//! What the parts of one channel share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};

use super::account::Account;
use super::counters::Counters;
use super::files::Files;
use super::gaps::Gap;
use super::limits;
use super::mentioned::Names;
use super::proof::Doubts;
use super::ticks::TicksDue;
use super::typing::Typists;
use crate::clock::{Clock, Moment};
use crate::config::{Chats, ConversationMode, MapLink, Portals, Ticks};
use crate::event::{Aci, OutageCause};
use crate::signal::{Captcha, Link, LinkState};
use crate::store::{ChannelId, Store, StoreError, Tx};
use crate::whatsapp::{Client, EngineVersion, PictureFetcher};

/// One channel at work. Shared by reference count.
pub struct Channel {
    /// Its row.
    pub id: ChannelId,
    /// Its name, for logs.
    pub name: String,
    /// The store of the process.
    pub store: Store,
    /// The clock of the process.
    pub clock: Clock,
    /// What it took and refused.
    pub counters: Arc<Counters>,
    /// The WAHA side.
    pub whatsapp: Client,
    /// The signal-cli side.
    pub signal: Link,
    /// How the WhatsApp side is: none while it works.
    pub whatsapp_trouble: watch::Sender<Option<OutageCause>>,
    /// Whether something may have been missed from WhatsApp.
    pub gap: Gap,
    /// WAHA's engine, once it has said so.
    pub engine: watch::Sender<Option<EngineVersion>>,
    /// Rung when WAHA's session may have changed.
    pub session_changed: Arc<Notify>,
    /// Rung when chats were found that are to be merged.
    pub merge_due: Arc<Notify>,
    /// Rung when a chat is to be forgotten.
    pub forget_due: Arc<Notify>,
    /// Files on their way.
    pub files: Files,
    /// Rung when a portal works again that may need its timer.
    pub timers_due: Arc<Notify>,
    /// Rung when a chat may be called otherwise.
    pub titles_due: Arc<Notify>,
    /// Which ticks cross.
    pub ticks: Ticks,
    /// Rung when something was read; the same as in the intake.
    pub ticks_due: Arc<TicksDue>,
    /// Who types.
    pub typists: Typists,
    /// Rung when something is held or due.
    pub held_changed: Notify,
    /// The owner, once known; the same cell as in the intake.
    pub owner: Arc<OnceLock<Aci>>,
    /// Whether the owner's identity key is the trusted one. While it is not, both directions stand still.
    pub owner_trusted: watch::Sender<bool>,
    /// The bridge account's own id, once signal-cli has named it.
    pub bridge: OnceLock<Aci>,
    /// What it shares with other channels of its bridge account.
    pub account: Arc<Account>,
    /// The last captcha that the owner typed.
    pub captcha: watch::Sender<Option<Captcha>>,
    /// Messages to Signal of which nobody knows yet whether they arrived.
    pub doubts: Doubts,
    /// Since when Signal takes nothing although signal-cli is there: its network is away, or the owner's key changed. The
    /// link cannot know that.
    pub signal_failing: watch::Sender<Option<Moment>>,
    /// Who gets a portal.
    pub mode: ConversationMode,
    /// The link that a place gets.
    pub map_link: Option<MapLink>,
    /// Whether pictures and films that may be seen once go to Signal.
    pub view_once: bool,
    /// Fetches pictures of people and groups, where they are wanted.
    pub pictures: Option<PictureFetcher>,
    /// Which WhatsApp chats are bridged.
    pub chats: Arc<Chats>,
    /// Whether the owner hears that somebody else wrote to the bridge account.
    pub tell_strangers: bool,
    /// What people are called whom messages name.
    pub names: Names,
    /// How fast portals are made.
    pub pace: Portals,
    /// After how long without any event WAHA's session is restarted.
    pub silence: Option<Duration>,
    /// How many messages of one sender are carried in a minute of a chat; 0: all.
    pub per_minute: u32,
    /// Whether messages disappear from the portals on the phones when they go here.
    pub disappearing: bool,
    /// The calls that may be open to Signal at once.
    pub signal_calls: Semaphore,
    /// The calls that may be open to WhatsApp at once.
    pub whatsapp_calls: Semaphore,
}

impl Channel {
    /// A job that must succeed because what it records has happened already: tried until the store takes it.
    pub async fn insist<T, F>(&self, job: F) -> T
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        let mut failures = 0;
        loop {
            match self.store.write(job.clone()).await {
                Ok(value) => return value,
                Err(error) => {
                    failures += 1;
                    tracing::error!(channel = %self.name, %error, failures, "an outcome is not recorded yet");
                    self.clock.sleep(limits::backoff(failures)).await;
                }
            }
        }
    }

    /// Returns when Signal takes messages: linked, and not asked to be quiet.
    pub async fn signal_ready(&self) {
        self.owner_is_trusted().await;
        loop {
            // The sender lives in the link that `self` holds.
            let _ = self.signal.state().wait_for(|state| *state == LinkState::Up).await;
            if !self.account.pauses(self.clock.now()) {
                break;
            }
            self.account.pause_is_over(&self.clock).await;
        }
    }

    /// Returns when WhatsApp takes messages.
    pub async fn whatsapp_ready(&self) {
        // The senders live in `self`.
        let _ = self.whatsapp_trouble.subscribe().wait_for(Option::is_none).await;
        self.owner_is_trusted().await;
    }

    /// Returns when the owner's identity key is the trusted one.
    async fn owner_is_trusted(&self) {
        let _ = self.owner_trusted.subscribe().wait_for(|trusted| *trusted).await;
    }

    /// The owner, once known.
    pub async fn owner_known(&self) -> Aci {
        let mut owner = self.signal.owner();
        loop {
            if let Some(owner) = owner.borrow_and_update().clone() {
                return owner;
            }
            // The sender lives in the link that `self` holds.
            let _ = owner.changed().await;
        }
    }
}
