//! `send` and its relatives, and all the ways in which they go wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SignalCli;
use super::account::Standing;
use super::changes::Deed;
use super::model::{Attached, InboxMessage, Reactions, SignalFault};
use super::rpc::{Failure, Outcome, list, text};
use super::state::State;

/// Where a message goes.
struct Target {
    group: Option<String>,
    /// The ACIs or numbers it is sent to, the bridge's own account excluded.
    recipients: Vec<String>,
}

impl SignalCli {
    /// `send`.
    pub(crate) async fn send(&self, params: Value) -> Outcome {
        let target = self.target(&params)?;
        check_content(&params)?;
        let outcome = self.attempt(&target, params, Deed::Send);
        self.answer_held().await;
        outcome
    }

    /// `sendReaction` and its relatives, to the same targets.
    pub(crate) async fn send_other(&self, method: &str, params: Value) -> Outcome {
        let target = self.target(&params)?;
        check_target(method, &params)?;
        let deed = Deed::of(method);
        if deed == Deed::Nothing {
            self.turned_away()?;
            let fails =
                |fault: &SignalFault| method == "sendReceipt" && matches!(fault, SignalFault::ReceiptFails { .. });
            if let Some(SignalFault::ReceiptFails { code, .. }) = self.take(fails) {
                return Err(failed(code, self.next_timestamp(), &[]));
            }
            let timestamp = self.next_timestamp();
            return Ok(json!({ "timestamp": timestamp, "results": self.results(&target) }));
        }
        let outcome = self.attempt(&target, params, deed);
        self.answer_held().await;
        outcome
    }

    /// Waits while answers are held back.
    async fn answer_held(&self) {
        let held = |state: &mut State| state.held_answers.as_mut().map(|held| *held += 1).is_some();
        if self.state().change(held) {
            self.state().wait_for(|| self.state().read(|state| state.held_answers.is_none())).await;
        }
    }

    fn target(&self, params: &Value) -> Result<Target, Failure> {
        if let Some(id) = list(params, "groupId").first() {
            let recipients = self.others(id)?;
            let group = Some(id.clone());
            return Ok(Target { group, recipients });
        }
        let recipients = list(params, "recipient");
        if recipients.is_empty() {
            return Err(Failure::user("No recipients given"));
        }
        Ok(Target { group: None, recipients })
    }

    /// The members of a group without the bridge itself.
    pub(crate) fn others(&self, id: &str) -> Result<Vec<String>, Failure> {
        check_group_id(id)?;
        self.state().read(|state| {
            let group = state.group(id);
            let missing = || Failure::user(format!("Group not found: {id}"));
            let mut others = group.ok_or_else(missing)?.members.clone();
            others.retain(|aci| *aci != self.options().account_aci);
            Ok(others)
        })
    }

    fn attempt(&self, target: &Target, params: Value, deed: Deed) -> Outcome {
        self.turned_away()?;
        let timestamp = self.next_timestamp();
        if self.standing() == Standing::Unreachable {
            let results = self.failures(target, "NETWORK_FAILURE", None, None);
            return Err(failed(-1, timestamp, &results));
        }
        let fault = self.take(SignalFault::hits_send);
        match fault {
            Some(SignalFault::NoAnswer { .. }) => return Err(Failure::Silence),
            Some(SignalFault::EmptyResults { .. }) => {
                return Ok(json!({ "timestamp": timestamp, "results": [] }));
            }
            Some(SignalFault::ErrorOnSend { code, kind, retry_after, .. }) => {
                let results = self.failures(target, kind, retry_after, None);
                return Err(failed(code, timestamp, &results));
            }
            _ => {}
        }
        if let Some(limit) = self.state().read(|state| state.limit.clone()) {
            let results = self.failures(target, "RATE_LIMIT_FAILURE", limit.retry_after, limit.token.as_deref());
            return Err(failed(-5, timestamp, &results));
        }
        if self.state().read(|state| state.untrusted) {
            let results = self.failures(target, "IDENTITY_FAILURE", None, None);
            return Err(failed(-4, timestamp, &results));
        }
        if target.group.is_none() && !target.recipients.iter().any(|to| self.is_owner(to)) {
            let results = self.failures(target, "UNREGISTERED_FAILURE", None, None);
            return Err(failed(-1, timestamp, &results));
        }
        let files = attached(&params)?;
        self.deliver(target, timestamp, params, (deed, files));
        self.sent(target, timestamp, fault)
    }

    /// Puts the message on the owner's phone, if the owner is among the recipients.
    fn deliver(&self, target: &Target, timestamp: i64, params: Value, (deed, files): (Deed, Vec<Attached>)) {
        if !target.recipients.iter().any(|to| self.is_owner(to)) {
            return;
        }
        match deed {
            Deed::Send => self.show(target, timestamp, params, files),
            Deed::Delete => self.state().change(|state| state.deleted(&params)),
            Deed::React => {
                let owner = &self.options().owner_aci;
                self.state().change(|state| state.reacted(&params, owner));
            }
            Deed::Nothing => {}
        }
        if self.options().auto_receipts {
            self.owner_device_delivered(&[timestamp]);
        }
    }

    fn show(&self, target: &Target, timestamp: i64, params: Value, files: Vec<Attached>) {
        let message = InboxMessage {
            timestamp,
            group_id: target.group.clone(),
            text: text(&params, "message").unwrap_or_default().to_owned(),
            quote_timestamp: params.get("quoteTimestamp").and_then(Value::as_i64),
            quote_author: text(&params, "quoteAuthor").map(str::to_owned),
            text_styles: list(&params, "textStyle"),
            urgent: params.get("noUrgent") != Some(&json!(true)),
            files,
            edits: Vec::new(),
            deleted: false,
            reactions: Reactions::default(),
            params,
        };
        let edited = message.params.get("editTimestamp").and_then(Value::as_i64);
        self.state().change(|state| match edited {
            Some(edited) => state.edited(edited, message),
            None => state.inbox.push(message),
        });
    }

    fn sent(&self, target: &Target, timestamp: i64, fault: Option<SignalFault>) -> Outcome {
        let mut results = self.results(target);
        match fault {
            Some(SignalFault::SendThenNoAnswer { .. }) => return Err(Failure::Silence),
            Some(SignalFault::SendThenDrop { .. }) => return Err(Failure::Close),
            Some(SignalFault::AfterUpload { .. }) => {
                let message = "Failed to send message (UnexpectedErrorException)";
                return Err(Failure::new(-32603, message));
            }
            Some(SignalFault::ForeignRecipient { aci, .. }) => {
                results.push(self.result(&aci, target.group.as_deref(), "SUCCESS"));
            }
            _ => {}
        }
        Ok(json!({ "timestamp": timestamp, "results": results }))
    }

    fn results(&self, target: &Target) -> Vec<Value> {
        let kind = |to: &str| {
            if target.group.is_some() || self.is_owner(to) { "SUCCESS" } else { "UNREGISTERED_FAILURE" }
        };
        let recipients = target.recipients.iter();
        recipients.map(|to| self.result(to, target.group.as_deref(), kind(to))).collect()
    }

    fn failures(&self, target: &Target, kind: &str, retry_after: Option<u64>, token: Option<&str>) -> Vec<Value> {
        let recipients = target.recipients.iter();
        recipients
            .map(|to| {
                let mut result = self.result(to, target.group.as_deref(), kind);
                let extras = [
                    ("retryAfterSeconds", retry_after.map(|after| json!(after))),
                    ("token", token.map(|token| json!(token))),
                ];
                if let Some(result) = result.as_object_mut() {
                    let known = extras.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
                    result.extend(known);
                }
                result
            })
            .collect()
    }

    /// One entry of the results.
    pub(crate) fn result(&self, to: &str, group: Option<&str>, kind: &str) -> Value {
        let address = self.address(to);
        match group {
            Some(group) => json!({ "recipientAddress": address, "groupId": group, "type": kind }),
            None => json!({ "recipientAddress": address, "type": kind }),
        }
    }

    fn address(&self, to: &str) -> Value {
        let options = self.options();
        if self.is_owner(to) {
            return json!({
                "uuid": options.owner_aci, "number": options.owner_number, "username": null,
            });
        }
        let number = to.starts_with('+').then_some(to);
        let uuid = number.is_none().then_some(to);
        json!({ "uuid": uuid, "number": number, "username": null })
    }

    fn is_owner(&self, recipient: &str) -> bool {
        let options = self.options();
        recipient == options.owner_aci || recipient == options.owner_number
    }

    pub(crate) fn take(&self, fits: impl Fn(&SignalFault) -> bool) -> Option<SignalFault> {
        self.state().change(|state| state.faults.take(fits))
    }

    pub(crate) fn next_timestamp(&self) -> i64 {
        self.state().change(|state| state.clock.next())
    }
}

impl SignalFault {
    /// Whether it strikes a call of `send`.
    fn hits_send(&self) -> bool {
        !matches!(self, Self::CreateThenDrop { .. } | Self::CreateFails { .. } | Self::ReceiptFails { .. })
    }
}

/// Reads the files that a call names by their paths.
fn attached(params: &Value) -> Result<Vec<Attached>, Failure> {
    let read = |path: String| {
        if path.starts_with("data:") {
            return inline(&path)
                .ok_or_else(|| Failure::new(-32603, "Failed to add attachment (AttachmentInvalidException)"));
        }
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let unread = |_| Failure::new(-32603, "Failed to add attachment (AttachmentInvalidException)");
        std::fs::read(&path).map(|bytes| Attached { name, bytes }).map_err(unread)
    };
    list(params, "attachment").into_iter().map(read).collect()
}

/// A file that stands in the call itself; one that does not is taken for a path.
fn inline(uri: &str) -> Option<Attached> {
    let (head, content) = uri.strip_prefix("data:")?.split_once(";base64,")?;
    let name = head.split(';').find_map(|part| part.strip_prefix("filename=")).unwrap_or_default().to_owned();
    Some(Attached { name, bytes: STANDARD.decode(content).ok()? })
}

/// An error that names what became of each recipient.
fn failed(code: i32, timestamp: i64, results: &[Value]) -> Failure {
    let why = match code {
        -4 => " due to untrusted identities",
        -5 => " due to rate limiting",
        _ => "",
    };
    Failure::Error {
        code,
        message: format!("Failed to send message{why}"),
        data: json!({ "response": { "timestamp": timestamp, "results": results } }),
    }
}

fn check_group_id(id: &str) -> Result<(), Failure> {
    let size = STANDARD.decode(id).map_or(0, |bytes| bytes.len());
    if size == 32 {
        return Ok(());
    }
    Err(Failure::user(format!(
        "Invalid group id: Failed to decode groupId (must be base64) \"{id}\": \
         Invalid group id of size {size}"
    )))
}

/// A number that is given as a text, or left out, is a failure of signal-cli's own.
fn check_target(method: &str, params: &Value) -> Result<(), Failure> {
    let named = params.get("targetTimestamp");
    if method == "sendReaction" && text(params, "targetAuthor").is_none() {
        return Err(Failure::user("No target author given"));
    }
    match named {
        Some(Value::Number(_) | Value::Array(_)) => Ok(()),
        None if method == "sendTyping" => Ok(()),
        _ => Err(Failure::new(-32603, "targetTimestamp (NullPointerException)")),
    }
}

fn check_content(params: &Value) -> Result<(), Failure> {
    if params.get("quoteTimestamp").is_some_and(Value::is_string) {
        let message = "class java.lang.String cannot be cast to class java.lang.Long \
                       (ClassCastException)";
        return Err(Failure::new(-32603, message));
    }
    let empty = text(params, "message").is_none_or(str::is_empty);
    if empty && list(params, "attachment").is_empty() && text(params, "sticker").is_none() {
        let message = "Sending empty message is not allowed, either a message, attachment or \
                       sticker must be given.";
        return Err(Failure::user(message));
    }
    Ok(())
}
