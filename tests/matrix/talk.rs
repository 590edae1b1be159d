//! A small conversation of two chats, both ways: with replies, with what is typed on the WhatsApp phone, and with a
//! burst at the end. It waits for each message, whether the bridge lives or dies meanwhile.
//!
//! `w1 0` is the first message of the first person, `s1 0` the owner's first to that person in Signal, `y1 2` what the
//! owner typed on the WhatsApp phone.

use std::sync::Mutex;
use std::time::Duration;

use crate::PEOPLE;
use crate::cases::Case;
use crate::child::Child;
use crate::house::{House, SOON, bridge_aci, health};
use crate::verdict::MARK;
use serde_json::Value;
use simulator::waha::Other;

/// A picture as far as its first bytes tell.
pub(crate) const PICTURE: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0 the owner's";

/// A message the owner typed in Signal.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) chat: usize,
    pub(crate) text: String,
    pub(crate) timestamp: i64,
    /// In which life of the bridge.
    life: usize,
}

pub(crate) struct Talk<'a> {
    pub(crate) house: &'a House,
    pub(crate) child: &'a Child,
    pub(crate) case: Case,
    /// What came from WhatsApp, as chat and text.
    pub(crate) heard: Mutex<Vec<(usize, String)>>,
    pub(crate) said: Mutex<Vec<Said>>,
}

/// What WhatsApp has of the bridge and did not fail with, as chat and text, a file's words too; in order.
pub(crate) fn delivered(house: &House) -> Vec<(String, String)> {
    let sent = house.waha.history().into_iter().filter(|message| message.by_api && message.ack >= 0);
    sent.map(|message| (message.chat, message.text)).collect()
}

/// The person `n`'s chat, counted from 1.
pub(crate) fn chat(n: usize) -> String {
    format!("{}@c.us", PEOPLE[n - 1].0)
}

impl<'a> Talk<'a> {
    pub(crate) fn new(house: &'a House, child: &'a Child, case: Case) -> Self {
        Self { house, child, case, heard: Mutex::default(), said: Mutex::default() }
    }

    pub(crate) async fn hold(&self) {
        (self.case.at_first)(self);
        self.all_arrive().await;
        let stanza = self.hears(1, 0);
        self.all_arrive().await;
        self.hears(2, 0);
        self.all_arrive().await;
        (self.case.with_portals)(self.house);
        self.says(1, 0, None);
        self.all_arrive().await;
        self.house.waha.clear_faults();
        self.says(2, 0, None);
        self.all_arrive().await;
        self.replies(&stanza).await;
        self.files().await;
        self.burst();
        self.all_arrive().await;
    }

    /// Each side answers a message of the other, and the owner writes on the other phone.
    async fn replies(&self, first: &str) {
        let (waha, text) = (&self.house.waha, "w1 1");
        let sent = waha.sent().into_iter().find(|sent| sent.text == "s1 0");
        self.note(1, text);
        waha.replies(&chat(1), None, text, sent.as_ref().map_or(first, |sent| &sent.stanza));
        self.all_arrive().await;
        self.says(1, 1, Some("w1 0"));
        self.all_arrive().await;
        self.note(1, "y1 2");
        waha.owner_says(&chat(1), "y1 2");
        self.all_arrive().await;
    }

    /// A picture with words each way, and a text that comes as a file.
    async fn files(&self) {
        let (house, life) = (self.house, self.child.deaths());
        self.note(1, "w1 p");
        house.waha.sends_other(&chat(1), Other::Image { caption: Some("w1 p".into()) });
        self.all_arrive().await;
        let (group, text) = (self.group(1).expect("the chat has its group"), "s1 p".to_owned());
        let timestamp = house.signal.owner_sends_files(Some(&group), &text, &[("p.jpg", "image/jpeg", PICTURE)]);
        self.said.lock().unwrap().push(Said { chat: 1, text, timestamp, life });
        self.all_arrive().await;
        let (text, life) = (format!("s1 {}", "long ".repeat(600).trim()), self.child.deaths());
        let timestamp = house.signal.owner_says_long(Some(&group), &text, &[]);
        self.said.lock().unwrap().push(Said { chat: 1, text, timestamp, life });
        self.all_arrive().await;
    }

    fn burst(&self) {
        for k in [3, 4] {
            for n in [1, 2] {
                self.hears(n, k);
                self.says(n, k, None);
            }
        }
    }

    pub(crate) fn note(&self, n: usize, text: &str) {
        self.heard.lock().unwrap().push((n, text.to_owned()));
    }

    fn hears(&self, n: usize, k: usize) -> String {
        let text = format!("w{n} {k}");
        self.note(n, &text);
        self.house.waha.says(&chat(n), &text)
    }

    fn says(&self, n: usize, k: usize, quoting: Option<&str>) {
        let (signal, text) = (&self.house.signal, format!("s{n} {k}"));
        let life = self.child.deaths();
        let group = self.group(n).expect("the chat has its group");
        let quoted = quoting.and_then(|quoting| self.house.find(quoting));
        let timestamp = match quoted {
            Some((quoted, _)) => signal.owner_quotes(&group, &text, quoted, &bridge_aci()),
            None => signal.owner_says(&group, &text),
        };
        self.said.lock().unwrap().push(Said { chat: n, text, timestamp, life });
    }

    /// The group in which the chat's first message came.
    pub(crate) fn group(&self, n: usize) -> Option<String> {
        self.house.find(&format!("w{n} 0")).and_then(|(_, group)| group)
    }

    /// Waits until everything so far has arrived, or the owner was told about it, and nothing is left to do: a bridge
    /// that dies of this step has died and lives again.
    async fn all_arrive(&self) {
        let (heard, said) = (self.heard.lock().unwrap().clone(), self.said.lock().unwrap().clone());
        let came = |text: &str| self.house.signal.inbox().iter().any(|message| message.text.ends_with(text));
        let brought = self.house.signal.wait_until(SOON, |_| heard.iter().all(|(_, text)| came(text))).await;
        assert!(brought, "{}: {heard:?} in {:#?}", self.case.name(), self.house.texts());
        let done = async {
            let mut turns = tokio::time::interval(Duration::from_millis(10));
            while !said.iter().all(|said| self.is_sent(said) || self.is_told(said) || self.may_be_lost(said)) {
                turns.tick().await;
            }
        };
        let done = tokio::time::timeout(SOON, done).await.is_ok();
        assert!(done, "{}: {:#?} {:#?}", self.case.name(), self.house.waha.sent(), self.house.texts());
        self.settled().await;
    }

    pub(crate) fn is_sent(&self, said: &Said) -> bool {
        delivered(self.house).iter().any(|(_, text)| *text == said.text)
    }

    /// Whether a notice quotes it.
    pub(crate) fn is_told(&self, said: &Said) -> bool {
        let about =
            |text: &str, quoted| text.starts_with('ⓘ') && !text.contains(MARK) && quoted == Some(said.timestamp);
        self.house.signal.inbox().iter().any(|message| about(&message.text, message.quote_timestamp))
    }

    /// Whether signal-cli had forgotten it when the bridge died.
    fn may_be_lost(&self, said: &Said) -> bool {
        let died_since = self.child.deaths() > said.life;
        self.case.in_the_window && died_since && self.house.signal.lines_written().contains(&said.timestamp)
    }

    /// Returns when nobody has anything left to do.
    async fn settled(&self) {
        let quiet = async {
            let mut turns = tokio::time::interval(Duration::from_millis(20));
            let mut before = Value::Null;
            loop {
                turns.tick().await;
                let now = health(&self.child.admin).await;
                let peers = self.house.signal.queued() == 0 && self.house.waha.events_in_flight() == 0;
                if peers && is_empty(&now) && now == before {
                    return;
                }
                before = now;
            }
        };
        let quiet = tokio::time::timeout(SOON, quiet).await.is_ok();
        assert!(quiet, "{}: {:#} {:#?}", self.case.name(), health(&self.child.admin).await, self.house.texts());
    }
}

fn is_empty(health: &Value) -> bool {
    let busy = health.pointer("/reseal/running") == Some(&true.into());
    let depth = |state| health.pointer(&format!("/channels/0/queue/{state}"));
    !busy && ["pending", "in_flight"].iter().all(|state| depth(state) == Some(&0.into()))
}
