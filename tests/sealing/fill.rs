//! A database with something in every column that is sealed or looked up by.

use std::path::PathBuf;

use rialto::clock::Moment;
use rialto::config::{ChannelPeriods, Encryption, Periods, Unlock};
use rialto::event::{Aci, Address, Event, GroupId, MediaKind, MessageId, SeenKey, SeenKind, StanzaId};
use rialto::redact::Private;
use rialto::store::{
    ChannelId, ChatId, Direction, Lane, MediaFile, NewDelivery, Reacted, SignalPart, SignalSide, Source, Store,
    StoreError, Tx, WhatsAppPart,
};
use rialto::vault::FileKey;
use secrecy::SecretSlice;
use tempfile::TempDir;

pub(crate) const NOW: Moment = Moment(1_000);
pub(crate) const OWNER: &str = "+15550100200";

/// In every text, name, number and id that is written.
pub(crate) const CANARY: &str = "canary";

pub(crate) fn encryption(enabled: bool, secret: u8) -> Encryption {
    Encryption { enabled, unlock: Unlock::KeyFile(SecretSlice::from(vec![secret; 32])) }
}

/// A folder with a database in it, closed.
pub(crate) struct Shelf {
    pub(crate) dir: TempDir,
}

impl Shelf {
    pub(crate) async fn new(enabled: bool) -> Self {
        let shelf = Self { dir: tempfile::tempdir().unwrap() };
        let store = shelf.open(enabled);
        store.write(fill).await.unwrap();
        store.close();
        shelf
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("rialto.db")
    }

    pub(crate) fn open(&self, enabled: bool) -> Store {
        Store::open(&self.path(), &encryption(enabled, 7)).unwrap()
    }

    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn event(text: &str) -> Event {
    Event::Unreadable { body: Private::new(text) }
}

pub(crate) fn by_owner(timestamp: i64) -> SignalPart {
    SignalPart { timestamp: Moment(timestamp), author: SignalSide::Owner }
}

fn stanza(text: &str) -> WhatsAppPart {
    WhatsAppPart::new(StanzaId::new(text), MessageId::new(format!("true_{text}")))
}

fn fill(tx: &Tx<'_>) -> Result<(), StoreError> {
    let channel = tx.channel("home", NOW)?;
    tx.pin_owner(channel, OWNER, &Aci::new("canary-aci"))?;
    tx.remember(channel, &SeenKey { scope: "direct".into(), item: "canary".into(), kind: SeenKind::Message }, NOW)?;
    let (one, other) = (address("79111@c.us"), address("79222@c.us"));
    for (address, group) in [(&one, "canary-one"), (&other, "canary-two")] {
        conversation(tx, channel, address, group)?;
    }
    let group = tx.resolve(channel, &address("120363@g.us"), None, NOW)?.chat;
    let intent = tx.open_intent(channel, group, vec![GroupId::new("canary-known")], NOW)?;
    tx.intend_title(intent.id, &"canary title".into(), 0)?;
    tx.add_edit(channel, &by_owner(2_000), &by_owner(1_000), NOW)?;
    let line = SignalPart { timestamp: Moment(3_000), author: SignalSide::Bridge };
    tx.add_notice(channel, None, &line, Some(&by_owner(1_000)), NOW)?;
    tx.count_in_minute(channel, group, "canary", NOW, NOW)?;
    let hour = std::time::Duration::from_hours(1);
    let channel = ChannelPeriods { name: "home".into(), period: hour, chats: vec![("79111@c.us".into(), hour)] };
    tx.set_periods(&Periods { general: hour, channels: vec![channel] })?;
    Ok(())
}

/// A chat with its portal, a message on both sides, one that waits, and one whose call is open under a chosen id.
fn conversation(tx: &Tx<'_>, channel: ChannelId, address: &Address, group: &str) -> Result<(), StoreError> {
    let chat = tx.resolve(channel, address, None, NOW)?.chat;
    let intent = tx.open_intent(channel, chat, Vec::new(), NOW)?;
    tx.intend_title(intent.id, &"canary title".into(), 0)?;
    tx.add_portal(&intent, &GroupId::new(group), NOW)?;
    let portal = tx.portal_of(chat)?.map(|portal| portal.id);
    tx.try_title(portal.expect("it was added"), &"canary title".into())?;
    tx.picture_is_set(portal.expect("it was added"), &"canary picture".into(), NOW)?;
    let message = tx.add_message(channel, chat, portal, NOW)?;
    tx.add_whatsapp_part(message, address, &stanza(&format!("canary-{group}")))?;
    tx.add_signal_part(message, &by_owner(1_000))?;
    tx.note_reaction(message, "canary", Reacted { at: NOW, shown: true })?;
    tx.add_reader(message, address)?;
    tx.add_tick(message, Direction::ToSignal)?;
    queue(tx, channel, chat, Direction::ToSignal)?;
    queue(tx, channel, chat, Direction::ToWhatsApp)?;
    let lane = Lane { channel, chat: Some(chat), direction: Direction::ToWhatsApp };
    let head = tx.head(lane)?.expect("it was queued");
    assert!(tx.begin(&head, Some(&StanzaId::new("canary-chosen")))?);
    Ok(())
}

fn queue(tx: &Tx<'_>, channel: ChannelId, chat: ChatId, direction: Direction) -> Result<(), StoreError> {
    let lane = Lane { channel, chat: Some(chat), direction };
    let event = event("canary text");
    let new = NewDelivery { source: Some(Source::Signal(by_owner(1_000))), ..NewDelivery::due(lane, &event, NOW) };
    let delivery = tx.enqueue_another(&new, NOW)?;
    tx.want_media(channel, delivery, 1, NOW)?;
    let row = tx.media_of(delivery)?.remove(0);
    let file = MediaFile {
        key: FileKey::fresh()?,
        kind: MediaKind::Document,
        mimetype: "canary/type".into(),
        name: "canary.pdf".into(),
        size: 7,
    };
    assert!(tx.keep_media(row.id, &file)?);
    Ok(())
}
