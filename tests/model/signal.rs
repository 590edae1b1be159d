//! signal-cli, Signal behind it, and the owner's phone. As with the real one, a message is forgotten as soon as the
//! socket has taken its line.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use rialto::signal::{Dial, Sink, Source};
use serde_json::{Value, json};

use crate::pipe::{Pipe, SOCKET};
use crate::world::World;

pub(crate) const ACCOUNT: &str = "+15550100100";
pub(crate) const BRIDGE: &str = "b0b0b0b0-0000-4000-8000-000000000001";
pub(crate) const OWNER: &str = "c0fc311c-3c80-4784-87c1-3bc35b187d7a";
const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A call of the bridge that waits for its answer.
pub(crate) struct Request {
    pipe: usize,
    id: Value,
    pub(crate) method: String,
    params: Value,
    /// What came of it, where it was worked on and not answered yet.
    pub(crate) worked: Option<Result<Value, Value>>,
}

/// What the owner's phone shows.
#[derive(Clone)]
pub(crate) struct Shown {
    /// Nothing: in the chat with the bridge.
    pub(crate) group: Option<usize>,
    pub(crate) text: String,
    pub(crate) timestamp: i64,
    pub(crate) quotes: Option<i64>,
    /// Whether somebody else could read it too.
    exposed: bool,
    /// Whether the bridge was told so.
    pub(crate) known_exposed: bool,
}

#[derive(Clone)]
pub(crate) struct Group {
    members: Vec<&'static str>,
    link: bool,
    only_admins_add: bool,
}

/// What the owner typed.
#[derive(Clone)]
pub(crate) struct Typed {
    pub(crate) timestamp: i64,
    /// The chat it is meant for; nothing for a word to the bridge.
    pub(crate) chat: Option<usize>,
    pub(crate) text: String,
    /// Where.
    pub(crate) group: Option<usize>,
    /// The text of the message it answers.
    pub(crate) answers: Option<String>,
    /// What it was changed to.
    pub(crate) edits: Vec<String>,
    pub(crate) deleted: bool,
    /// Whether the owner asked for it to be sent again.
    pub(crate) retried: bool,
    /// In which life of the bridge its line went into the socket.
    pub(crate) written: Option<usize>,
}

pub(crate) struct Signal {
    pub(crate) up: bool,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) requests: Vec<Request>,
    /// The pipes with a subscription: each gets every message.
    subscribed: Vec<usize>,
    pub(crate) queue: VecDeque<(i64, Value)>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) groups: Vec<Group>,
    pub(crate) typed: Vec<Typed>,
    profile: bool,
    opened: usize,
    last: i64,
}

/// Opens connections into the world.
pub(crate) struct Phone(pub(crate) Arc<Mutex<World>>);

impl Dial for Phone {
    fn dial(&self) -> BoxFuture<'_, io::Result<(Source, Sink)>> {
        Box::pin(async {
            let signal = &mut self.0.lock().unwrap().signal;
            if !signal.up {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (bridge, daemon) = tokio::io::duplex(SOCKET);
            signal.opened += 1;
            signal.pipes.push(Pipe::new(signal.opened, daemon));
            let (source, sink) = tokio::io::split(bridge);
            Ok((Box::new(source) as Source, Box::new(sink) as Sink))
        })
    }
}

impl Signal {
    pub(crate) fn new() -> Self {
        Self {
            up: true,
            pipes: Vec::new(),
            requests: Vec::new(),
            subscribed: Vec::new(),
            queue: VecDeque::new(),
            shown: Vec::new(),
            groups: Vec::new(),
            typed: Vec::new(),
            profile: false,
            opened: 0,
            last: 0,
        }
    }

    /// No two messages of an account have the same time.
    pub(crate) fn stamp(&mut self, now: i64) -> i64 {
        self.last = now.max(self.last + 1);
        self.last
    }

    /// Takes in what the bridge has written, and writes on where a socket was full. True if one took more.
    pub(crate) fn listen(&mut self) -> bool {
        let mut more = false;
        for pipe in &mut self.pipes {
            more |= pipe.writes_on();
            for line in pipe.lines() {
                let request: Value = serde_json::from_str(&line).unwrap();
                let (method, params) = (request["method"].as_str().unwrap().to_owned(), request["params"].clone());
                self.requests.push(Request { pipe: pipe.id, id: request["id"].clone(), method, params, worked: None });
            }
        }
        self.pipes.retain(|pipe| !pipe.is_over());
        self.subscribed.retain(|id| self.pipes.iter().any(|pipe| pipe.id == *id));
        more
    }

    /// Closes connections, as the daemon does when it ends; what it had written can still be read.
    pub(crate) fn hang_up(&mut self) {
        let _ = self.listen();
        self.pipes.clear();
        self.subscribed.clear();
    }

    pub(crate) fn close(&mut self, request: &Request) {
        self.pipes.retain(|pipe| pipe.id != request.pipe);
        self.subscribed.retain(|id| *id != request.pipe);
    }

    pub(crate) fn answer(&mut self, request: &Request, outcome: Result<Value, Value>) {
        let name = if outcome.is_ok() { "result" } else { "error" };
        let (Ok(value) | Err(value)) = outcome;
        let told = self.pipes.iter().any(|pipe| pipe.id == request.pipe);
        for shown in self.shown.iter_mut().filter(|shown| told && value["timestamp"] == shown.timestamp) {
            shown.known_exposed = shown.exposed;
        }
        let line = json!({"jsonrpc": "2.0", "id": request.id, name: value}).to_string();
        if let Some(pipe) = self.pipes.iter_mut().find(|pipe| pipe.id == request.pipe) {
            pipe.write(&line);
        }
    }

    /// Writes the first of what has arrived, if the socket has room. It is forgotten when the socket has all of it.
    pub(crate) fn hand_out(&mut self, life: usize) -> bool {
        let mut pipes: Vec<_> = self.pipes.iter_mut().filter(|pipe| self.subscribed.contains(&pipe.id)).collect();
        // One that does not read makes everybody wait.
        if self.queue.is_empty() || pipes.is_empty() || !pipes.iter_mut().all(|pipe| pipe.is_free()) {
            return false;
        }
        let (timestamp, envelope) = self.queue.pop_front().unwrap();
        let result = json!({"envelope": envelope, "account": ACCOUNT});
        let params = json!({"subscription": 7, "result": result});
        let text = json!({"jsonrpc": "2.0", "method": "receive", "params": params}).to_string();
        for pipe in &mut pipes {
            pipe.write(&text);
        }
        for typed in self.typed.iter_mut().filter(|typed| typed.timestamp == timestamp) {
            typed.written = Some(life);
        }
        true
    }

    /// Does what a request asks for.
    pub(crate) fn work(&mut self, request: &Request, now: i64) -> Result<Value, Value> {
        match request.method.as_str() {
            "version" => Ok(json!({"version": "0.14.6"})),
            "listAccounts" => Ok(json!([{"number": ACCOUNT}])),
            "listDevices" => Ok(json!([{"id": 1, "name": "bridge"}])),
            "subscribeReceive" => {
                self.subscribed.push(request.pipe);
                self.subscribed.retain(|id| self.pipes.iter().any(|pipe| pipe.id == *id));
                Ok(json!(7))
            }
            "unsubscribeReceive" => {
                self.subscribed.retain(|id| *id != request.pipe);
                Ok(json!({}))
            }
            "updateProfile" => {
                self.profile = true;
                Ok(json!({}))
            }
            "listIdentities" => Ok(json!([{"uuid": OWNER, "trustLevel": "TRUSTED_UNVERIFIED", "addedTimestamp": 1}])),
            "listGroups" => Ok(self.list(&request.params)),
            "updateGroup" => self.update(&request.params, now),
            "quitGroup" => Ok(json!({"timestamp": self.stamp(now), "results": []})),
            "send" => Ok(self.send(&request.params, now)),
            other => panic!("{other} is not played here"),
        }
    }

    fn list(&self, params: &Value) -> Value {
        let one = params["groupId"].as_array().and_then(|ids| ids.first()).or(params.get("groupId"));
        let wanted = one.and_then(Value::as_str).map(group_of);
        let groups = self.groups.iter().enumerate().filter(|(place, _)| wanted.is_none_or(|wanted| wanted == *place));
        groups.map(|(place, group)| group.listed(place)).collect()
    }

    fn update(&mut self, params: &Value, now: i64) -> Result<Value, Value> {
        if !self.profile {
            return Err(json!({"code": -32603, "message": "", "data": null}));
        }
        let timestamp = self.stamp(now);
        let Some(id) = params["groupId"].as_str() else {
            self.groups.push(Group { members: vec![BRIDGE, OWNER], link: false, only_admins_add: false });
            let id = group_id(self.groups.len() - 1);
            return Ok(json!({"groupId": id, "timestamp": timestamp, "results": []}));
        };
        let group = &mut self.groups[group_of(id)];
        (group.link, group.only_admins_add) = (false, true);
        Ok(json!({"timestamp": timestamp, "results": []}))
    }

    fn send(&mut self, params: &Value, now: i64) -> Value {
        let timestamp = self.stamp(now);
        let group = params["groupId"].as_str().map(group_of);
        let recipients = match group {
            Some(group) => self.groups[group].others(),
            None => params["recipient"].as_array().unwrap().iter().map(|aci| aci.as_str().unwrap()).collect(),
        };
        let reached = recipients.contains(&OWNER);
        let exposed = recipients.iter().any(|aci| *aci != OWNER);
        if reached || exposed {
            let text = params["message"].as_str().unwrap().to_owned();
            let quotes = params["quoteTimestamp"].as_i64();
            self.shown.push(Shown { group, text, timestamp, quotes, exposed, known_exposed: false });
        }
        let result = |aci: &&str| json!({"recipientAddress": {"uuid": aci, "number": null}, "type": "SUCCESS"});
        json!({"timestamp": timestamp, "results": recipients.iter().map(result).collect::<Vec<_>>()})
    }

    /// The owner writes: in a group, or to the bridge itself.
    pub(crate) fn types(
        &mut self,
        group: Option<usize>,
        (chat, text, file): (Option<usize>, &str, bool),
        quote: Option<&Shown>,
        now: i64,
    ) {
        let timestamp = self.stamp(now);
        let mut message = json!({"timestamp": timestamp, "message": text, "expiresInSeconds": 0, "viewOnce": false});
        if let Some(group) = group {
            message["groupInfo"] =
                json!({"groupId": group_id(group), "groupName": "Alex (WhatsApp)", "type": "DELIVER"});
        }
        if file {
            message["attachments"] = json!([{"contentType": "image/jpeg", "id": "a.jpg", "size": 7}]);
        }
        if let Some(quote) = quote {
            message["quote"] = json!({"id": quote.timestamp, "authorUuid": BRIDGE, "text": quote.text});
        }
        self.arrives(timestamp, "dataMessage", &message);
        let (text, answers) = (text.to_owned(), quote.map(|quote| quote.text.clone()));
        let (edits, deleted, retried) = (Vec::new(), false, false);
        self.typed.push(Typed { timestamp, chat, text, group, answers, edits, deleted, retried, written: None });
    }

    /// The owner changes what was typed, or takes it back.
    pub(crate) fn changes(&mut self, place: usize, edit: Option<&str>, now: i64) {
        let timestamp = self.stamp(now);
        let typed = &mut self.typed[place];
        let mut message = json!({"timestamp": timestamp, "message": edit, "expiresInSeconds": 0, "viewOnce": false});
        if let Some(group) = typed.group {
            message["groupInfo"] = json!({"groupId": group_id(group), "type": "DELIVER"});
        }
        let target = typed.timestamp;
        if let Some(edit) = edit {
            typed.edits.push(edit.to_owned());
            let edit = json!({"targetSentTimestamp": target, "dataMessage": message});
            return self.arrives(timestamp, "editMessage", &edit);
        }
        typed.deleted = true;
        message["remoteDelete"] = json!({"timestamp": target});
        self.arrives(timestamp, "dataMessage", &message);
    }

    /// The owner's phone says that it has what it shows.
    pub(crate) fn confirms(&mut self, timestamps: &[i64], now: i64) {
        let timestamp = self.stamp(now);
        let receipt = json!({"when": timestamp, "isDelivery": true, "isRead": false, "timestamps": timestamps});
        self.arrives(timestamp, "receiptMessage", &receipt);
    }

    fn arrives(&mut self, timestamp: i64, kind: &str, content: &Value) {
        let envelope = json!({"sourceUuid": OWNER, "sourceDevice": 1, "timestamp": timestamp, kind: content});
        self.queue.push_back((timestamp, envelope));
    }

    /// Somebody else comes into a group, or goes.
    pub(crate) fn stranger(&mut self, group: usize, comes: bool) {
        let members = &mut self.groups[group].members;
        members.retain(|member| *member != STRANGER);
        if comes {
            members.push(STRANGER);
        }
    }

    /// The owner leaves a group for good.
    pub(crate) fn leaves(&mut self, group: usize) {
        self.groups[group].members.retain(|member| *member != OWNER);
    }

    /// Whether the owner is in a group, and nobody else but the bridge.
    pub(crate) fn is_private(&self, group: usize) -> bool {
        self.groups[group].others() == [OWNER]
    }
}

impl Typed {
    /// Whether a text is one that it had.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text || self.edits.iter().any(|edit| edit == text)
    }
}

impl Group {
    fn others(&self) -> Vec<&'static str> {
        self.members.iter().copied().filter(|member| *member != BRIDGE).collect()
    }

    fn listed(&self, place: usize) -> Value {
        let people =
            |acis: &[&str]| acis.iter().map(|aci| json!({"uuid": aci, "number": number(aci)})).collect::<Vec<_>>();
        json!({
            "id": group_id(place), "name": "Alex (WhatsApp)", "isMember": true, "members": people(&self.members),
            "pendingMembers": [], "requestingMembers": [], "admins": people(&[BRIDGE]),
            "permissionAddMember": if self.only_admins_add { "ONLY_ADMINS" } else { "EVERY_MEMBER" },
            "groupInviteLink": if self.link { json!("https://signal.group/#x") } else { Value::Null },
        })
    }
}

fn number(aci: &str) -> Option<&'static str> {
    (aci == BRIDGE).then_some(ACCOUNT)
}

/// 32 bytes in base64, as signal-cli names groups.
fn group_id(place: usize) -> String {
    format!("{place:042}A=")
}

fn group_of(id: &str) -> usize {
    id[..42].parse().unwrap()
}
