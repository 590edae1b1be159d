//! The owner's phone, and whoever else writes to the bridge's account.
#![expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]

use serde_json::{Value, json};

use super::SignalCli;
use super::changes::Author;
use super::model::{Group, Reactions};
use super::state::{OwnMessage, Queued};

impl SignalCli {
    /// The owner writes in a group; returns the timestamp, which is the id.
    pub fn owner_says(&self, group_id: &str, text: &str) -> i64 {
        self.owner_sends(Some(group_id), text, None)
    }

    /// The owner writes to the bridge's account itself.
    pub fn owner_says_direct(&self, text: &str) -> i64 {
        self.owner_sends(None, text, None)
    }

    /// The owner writes in a group, and signal-cli says more of the message: styles, mentions, attachments.
    pub fn owner_says_with(&self, group_id: &str, text: &str, more: &[(&str, Value)]) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        insert(&mut message, "groupInfo", self.group_info(group_id));
        for (key, value) in more {
            insert(&mut message, key, value.clone());
        }
        self.remember(timestamp, Some(group_id), text, None);
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner sends files in a group, each with a name, a type and its bytes. signal-cli writes them before it tells of
    /// them.
    ///
    /// # Panics
    ///
    /// When there is no folder of attachments, or nothing can be written there.
    pub fn owner_sends_files(&self, group: Option<&str>, text: &str, files: &[(&str, &str, &[u8])]) -> i64 {
        let attachments: Vec<Value> = files.iter().map(|file| self.attach(*file)).collect();
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        if text.is_empty() {
            insert(&mut message, "message", Value::Null);
        }
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        insert(&mut message, "attachments", json!(attachments));
        self.remember(timestamp, group, text, None);
        let bytes = files.iter().map(|(_, _, bytes)| bytes.to_vec()).collect();
        self.state().change(|state| state.outbox.last_mut().map(|own| own.files = bytes));
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner writes more in a group than a message holds: signal-cli tells of the first 2000 bytes, and keeps the whole as
    /// a file. With more fields of its data message.
    ///
    /// # Panics
    ///
    /// When there is no folder of attachments, or nothing can be written there.
    pub fn owner_says_long(&self, group: Option<&str>, text: &str, more: &[(&str, Value)]) -> i64 {
        let whole = self.attach(("", "text/x-signal-plain", text.as_bytes()));
        let timestamp = self.next_timestamp();
        let beginning = text.get(..text.floor_char_boundary(2000)).unwrap_or_default();
        let mut message = data(timestamp, beginning);
        insert(&mut message, "attachments", json!([whole]));
        for (key, value) in more {
            insert(&mut message, key, value.clone());
        }
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        self.remember(timestamp, group, text, None);
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// From now on received files are told of and not there.
    pub fn lose_attachments(&self) {
        self.state().change(|state| state.loses_attachments = true);
    }

    /// Receives a file, and says what signal-cli says of it.
    fn attach(&self, (name, mimetype, bytes): (&str, &str, &[u8])) -> Value {
        let id = format!("{}.{}", crate::stamp::hex(32), name.rsplit('.').next().unwrap_or("bin"));
        let lost = self.state().read(|state| state.loses_attachments);
        if let Some(folder) = self.options().attachments.as_ref().filter(|_| !lost) {
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(&id), bytes));
            assert!(written.is_ok(), "the folder of attachments takes files");
        }
        let name = (!name.is_empty()).then_some(name);
        json!({
            "contentType": mimetype, "filename": name, "id": id, "size": bytes.len(),
            "width": null, "height": null, "caption": null, "uploadTimestamp": null,
        })
    }

    /// The owner shares something that is no text: what it is called in a message, and what stands there.
    pub fn owner_shares(&self, group: Option<&str>, name: &str, what: Value) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = json!({ "timestamp": timestamp, "message": null, "expiresInSeconds": 0, "viewOnce": false });
        insert(&mut message, name, what);
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        self.remember(timestamp, group, "", None);
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner answers a message in a group.
    pub fn owner_quotes(&self, group_id: &str, text: &str, quoted_timestamp: i64, quoted_author_aci: &str) -> i64 {
        self.owner_sends(Some(group_id), text, Some((quoted_timestamp, quoted_author_aci)))
    }

    /// The owner answers a message in the chat with the bridge's account itself.
    pub fn owner_quotes_direct(&self, text: &str, quoted_timestamp: i64, quoted_author_aci: &str) -> i64 {
        self.owner_sends(None, text, Some((quoted_timestamp, quoted_author_aci)))
    }

    /// The owner changes an earlier message of theirs; returns the timestamp of the edit, by which it can be named too.
    pub fn owner_edits(&self, group: Option<&str>, target: i64, text: &str) -> i64 {
        self.owner_edits_with(group, target, text, &[])
    }

    /// The same, with more fields of signal-cli's data message.
    pub fn owner_edits_with(&self, group: Option<&str>, target: i64, text: &str, more: &[(&str, Value)]) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        for (key, value) in more {
            insert(&mut message, key, value.clone());
        }
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        self.state().change(|state| state.edit(target, timestamp, text));
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "editMessage", json!({ "targetSentTimestamp": target, "dataMessage": message }));
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner deletes an earlier message of theirs for everybody.
    pub fn owner_deletes(&self, group: Option<&str>, target: i64) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = json!({ "timestamp": timestamp, "message": null, "expiresInSeconds": 0, "viewOnce": false });
        insert(&mut message, "remoteDelete", json!({ "timestamp": target }));
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        self.state().change(|state| state.outbox.retain(|own| !own.is(target)));
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner reacts to a message of anybody; nothing takes the reaction back.
    pub fn owner_reacts(&self, group: Option<&str>, target: i64, emoji: Option<&str>) -> i64 {
        let timestamp = self.next_timestamp();
        let (author, was) = self.state().change(|state| state.owner_reacts(target, emoji));
        let options = self.options();
        let aci = if author == Author::Owner { &options.owner_aci } else { &options.account_aci };
        let mut message = json!({ "timestamp": timestamp, "message": null, "expiresInSeconds": 0, "viewOnce": false });
        // What is taken back is named, too.
        let named = emoji.map(str::to_owned).or(was).unwrap_or_else(|| "👍".to_owned());
        let reaction = json!({
            "emoji": named, "targetAuthor": aci, "targetAuthorNumber": null, "targetAuthorUuid": aci,
            "targetSentTimestamp": target, "isRemove": emoji.is_none(),
        });
        insert(&mut message, "reaction", reaction);
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// Somebody other than the owner writes.
    pub fn stranger_says(&self, aci: &str, group_id: Option<&str>, text: &str) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        if let Some(id) = group_id {
            insert(&mut message, "groupInfo", self.group_info(id));
        }
        // The number of somebody who wrote for the first time isn't known.
        let mut envelope = envelope((aci, None, "Stranger"), timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_envelope(envelope);
        timestamp
    }

    /// Another device of the bridge's own account sent a text to a group.
    pub fn owner_sync(&self, group_id: &str, text: &str) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        for key in ["destination", "destinationNumber", "destinationUuid"] {
            insert(&mut message, key, Value::Null);
        }
        insert(&mut message, "groupInfo", self.group_info(group_id));
        let options = self.options();
        let account = (options.account_aci.as_str(), Some(options.account.as_str()), "Bridge");
        let mut envelope = envelope(account, timestamp);
        insert(&mut envelope, "syncMessage", json!({ "sentMessage": message }));
        self.push_envelope(envelope);
        timestamp
    }

    /// The owner reads messages of the bridge.
    pub fn owner_reads(&self, timestamps: &[i64]) {
        self.receipt("isRead", timestamps);
    }

    /// The owner types in a group, or in the chat with the bridge's account; or has stopped.
    pub fn owner_types(&self, group: Option<&str>, types: bool) {
        let timestamp = self.next_timestamp();
        let mut typing = json!({ "action": if types { "STARTED" } else { "STOPPED" }, "timestamp": timestamp });
        if let Some(group) = group {
            insert(&mut typing, "groupId", json!(group));
        }
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "typingMessage", typing);
        self.push_envelope(envelope);
    }

    /// The owner calls the bridge's account, and hangs up.
    pub fn owner_calls(&self) {
        for call in [
            json!({ "offerMessage": { "id": 77, "type": "AUDIO_CALL", "opaque": "YWJj" } }),
            json!({ "hangupMessage": { "id": 77 } }),
        ] {
            let mut envelope = self.owner_envelope(self.next_timestamp());
            insert(&mut envelope, "callMessage", call);
            self.push_envelope(envelope);
        }
    }

    /// The owner's phone receives messages of the bridge.
    pub fn owner_device_delivered(&self, timestamps: &[i64]) {
        self.receipt("isDelivery", timestamps);
    }

    fn receipt(&self, kind: &str, timestamps: &[i64]) {
        let when = self.next_timestamp();
        let mut receipt = json!({
            "when": when, "isDelivery": false, "isRead": false, "isViewed": false,
            "timestamps": timestamps,
        });
        insert(&mut receipt, kind, json!(true));
        let mut envelope = self.owner_envelope(when);
        insert(&mut envelope, "receiptMessage", receipt);
        self.push_envelope(envelope);
    }

    /// Adds a group, as somebody else would create it; returns its id.
    pub fn add_group(&self, group: Group) -> String {
        self.state().change(|state| state.add_group(group))
    }

    /// Changes a group behind the bridge's back.
    pub fn change_group(&self, id: &str, change: impl FnOnce(&mut Group)) {
        self.state().change(|state| {
            if let Some(group) = state.group_mut(id) {
                change(group);
            }
        });
    }

    /// Queues any envelope, to be written to whoever is subscribed.
    pub fn push_envelope(&self, envelope: Value) {
        let timestamp = envelope.get("timestamp").and_then(Value::as_i64);
        let queued = Queued { timestamp: timestamp.unwrap_or_default(), envelope, exception: None };
        self.state().change(|state| state.queue.push_back(queued));
    }

    fn owner_sends(&self, group: Option<&str>, text: &str, quote: Option<(i64, &str)>) -> i64 {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        if let Some(group) = group {
            insert(&mut message, "groupInfo", self.group_info(group));
        }
        if let Some((quoted, author)) = quote {
            insert(&mut message, "quote", self.quote(quoted, author));
        }
        self.remember(timestamp, group, text, quote.map(|(quoted, _)| quoted));
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_or_hold_back(envelope);
        timestamp
    }

    /// The owner (or somebody else) changes something about a group, and everybody in it is told.
    pub fn updates_group(&self, aci: &str, group_id: &str) {
        let timestamp = self.next_timestamp();
        let mut message = json!({ "timestamp": timestamp, "message": null, "expiresInSeconds": 0, "viewOnce": false });
        let mut info = self.group_info(group_id);
        insert(&mut info, "type", json!("UPDATE"));
        insert(&mut message, "groupInfo", info);
        let mut envelope = envelope((aci, None, "Somebody"), timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_envelope(envelope);
    }

    fn remember(&self, timestamp: i64, group: Option<&str>, text: &str, quoted: Option<i64>) {
        let (group, text) = (group.map(str::to_owned), text.to_owned());
        let (files, edits, reactions) = (Vec::new(), Vec::new(), Reactions::default());
        let own = OwnMessage { timestamp, group, text, quoted, files, edits, reactions };
        self.state().change(|state| state.outbox.push(own));
    }

    pub(super) fn owner_envelope(&self, timestamp: i64) -> Value {
        let options = self.options();
        let number = Some(options.owner_number.as_str());
        envelope((&options.owner_aci, number, "Owner"), timestamp)
    }

    pub(super) fn group_info(&self, id: &str) -> Value {
        let (name, revision) = self.state().read(|state| {
            let group = state.group(id);
            group.map_or((None, 0), |group| (Some(group.name.clone()), group.revision))
        });
        json!({ "groupId": id, "groupName": name, "revision": revision, "type": "DELIVER" })
    }

    fn quote(&self, timestamp: i64, author: &str) -> Value {
        let options = self.options();
        let ours = author == options.account_aci;
        let number = if ours { &options.account } else { &options.owner_number };
        let text = self.state().read(|state| state.text_of(timestamp).map(str::to_owned));
        json!({
            "id": timestamp, "author": number, "authorNumber": number, "authorUuid": author,
            "text": text.unwrap_or_default(), "attachments": [],
        })
    }
}

pub(super) fn data(timestamp: i64, text: &str) -> Value {
    json!({ "timestamp": timestamp, "message": text, "expiresInSeconds": 0, "viewOnce": false })
}

fn envelope((aci, number, name): (&str, Option<&str>, &str), timestamp: i64) -> Value {
    json!({
        "source": number.unwrap_or(aci), "sourceNumber": number, "sourceUuid": aci,
        "sourceName": name, "sourceDevice": 1, "timestamp": timestamp,
        "serverReceivedTimestamp": timestamp, "serverDeliveredTimestamp": timestamp,
    })
}

pub(super) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
